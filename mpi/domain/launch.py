"""A link by which a hospital's patient record opens one person's imaging history here, signed and short-lived."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import astuple, dataclass, field

_FORM = "mpi-launch-1"


@dataclass(frozen=True, slots=True)
class Launcher:
    """A system that may open the timeline: `secret` is shared with it, `organisation` is whose patients and users
    they are, `frame_ancestors` are the origins that may show the page in a frame."""

    id: str
    organisation: str
    secret: str = field(repr=False)
    frame_ancestors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Launch:
    """Who opens whose history: `user` as the launcher knows them, `issuer` and `patient` as it numbers its patients.
    `expires` in seconds since 1970; `nonce` is new for every link."""

    launcher: str
    issuer: str
    patient: str
    user: str
    expires: int
    nonce: str

    def canonical(self) -> str:
        """What is signed: the form's name and the six values, a line feed between each two."""
        return "\n".join([_FORM, *map(str, astuple(self))])


def signature(launch: Launch, secret: str) -> str:
    """HMAC-SHA256 of the canonical text in UTF-8 under the secret in UTF-8; 64 hexadecimal digits."""
    return hmac.new(secret.encode(), launch.canonical().encode(), hashlib.sha256).hexdigest()


def is_signed(launch: Launch, secret: str, given: str) -> bool:
    """Whether `given` is the launch's signature; takes the same time however near it is."""
    if launch.canonical().count("\n") != len(astuple(launch)):
        return False  # a line feed inside a value: the same text would be signed for other values as well
    return hmac.compare_digest(signature(launch, secret).encode(), given.lower().encode())

"""The OpenID provider that people sign in at, and who has done so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from mpi.domain.access import Role
from mpi.domain.provider import Ended, Person, Visit


@dataclass(frozen=True, slots=True)
class Leaving:
    """What is remembered of a browser on its way to the provider; `verifier` is PKCE's (RFC 7636). `strong`: for a
    sensitive act."""

    state: str
    nonce: str
    verifier: str
    strong: bool = False


class SignInService(Protocol):
    """All methods but `keys` may ask the provider, and raise `SignInRefused`."""

    def door(self, leaving: Leaving) -> str:
        """Where the browser is sent to sign in."""

    def person(self, code: str, issuer: str, leaving: Leaving) -> Person:
        """Who has come back with this code; `issuer` is who says so in the answer, "" when it does not."""

    def ended(self, logout_token: str) -> Ended:
        """What a back-channel logout token says. `SignInRefused` when it is not the provider's."""

    def keys(self) -> dict[str, Any]:
        """Our public keys, as a JWK set."""


class SignedIn(Protocol):
    """People whom a provider has told us of, and their sessions."""

    def name(self, person: Person, user: str, role: Role, now: datetime) -> str:
        """What they are called here: `user`, unless they have come before."""

    def begin(self, session: str, visit: Visit, until: datetime, now: datetime) -> None:
        """Keep a session; those that hold no longer `now` are let go."""

    def find(self, session: str, now: datetime) -> Visit | None:
        """Whose session it is; None when it is over."""

    def end(self, session: str) -> None:
        """Nobody is signed in by it any more."""

    def end_all(self, ended: Ended) -> list[Visit]:
        """The same for what a provider has ended; returns those."""

    def seen(self, roles: Collection[Role], since: datetime) -> frozenset[str]:
        """Who has come in one of these roles since then."""

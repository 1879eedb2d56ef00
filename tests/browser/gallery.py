"""Every page there is, made once with something in it: for layout and access, and for `make screenshots`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mpi.domain.access import Role
from tests.browser.served import Served


@dataclass(frozen=True, slots=True)
class Picture:
    """A page: `path` gives its address, after putting what it shows into the index. No role: not signed in."""

    name: str
    path: Callable[[Served], str]
    role: Role | None = Role.ADMINISTRATOR


PICTURES = [
    Picture("sign-in", lambda served: "/review/sign-in", None),
    Picture("start", lambda served: "/review"),
    Picture("find", lambda served: "/review/find"),
    Picture("find-nobody", lambda served: "/review/find?issuer=BOL&number=0"),
    Picture("not-found", lambda served: "/review/nothing-here"),
]

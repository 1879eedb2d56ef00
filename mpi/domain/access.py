"""Who asks, and what each role may do. The one place that decides permission (promise 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mpi.errors import Forbidden, StrongerNeeded


class Role(StrEnum):
    """Roles of SEC-5, with the two kinds of system client."""

    FEED = "feed"
    ARCHIVE = "archive"
    VIEWER = "viewer"
    REVIEWER = "reviewer"
    SENIOR_REVIEWER = "senior-reviewer"
    PRIVACY_OFFICER = "privacy-officer"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """One right for each kind of use case."""

    FEED = "feed"  # assert what a PAS knows
    RESOLVE = "resolve"  # identifiers in, identifiers out
    READ_PERSON = "read-person"  # demographics
    READ_IMAGING = "read-imaging"
    WRITE_IMAGING = "write-imaging"
    REVIEW = "review"  # list, claim, decide, undo one's own; dashboards, what models would change
    UNDO_ANY = "undo-any"  # undo what others decided; approve models, and changes of high impact
    MEASURE = "measure"  # draw blind samples
    PRIVACY = "privacy"  # do-not-link for privacy, restricted people
    SUBSCRIBE = "subscribe"
    MEND = "mend"  # refused messages, of the own trust: read, mend, send again
    OPERATE = "operate"  # metrics of people, deliveries, verify; and no bounds of a trust


_RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.FEED: frozenset({Right.FEED}),
    Role.ARCHIVE: frozenset(
        {Right.RESOLVE, Right.READ_IMAGING, Right.WRITE_IMAGING, Right.SUBSCRIBE},
    ),
    Role.VIEWER: frozenset({Right.RESOLVE, Right.READ_PERSON, Right.READ_IMAGING}),
    Role.REVIEWER: frozenset({Right.RESOLVE, Right.READ_PERSON, Right.READ_IMAGING, Right.REVIEW}),
    Role.SENIOR_REVIEWER: frozenset(
        {
            *(Right.RESOLVE, Right.READ_PERSON, Right.READ_IMAGING),
            *(Right.REVIEW, Right.UNDO_ANY, Right.MEND, Right.MEASURE),
        },
    ),
    Role.PRIVACY_OFFICER: frozenset({Right.RESOLVE, Right.READ_PERSON, Right.READ_IMAGING, Right.PRIVACY}),
    Role.ADMINISTRATOR: frozenset(Right),
}


_WORDS: Mapping[Right, str] = {
    Right.FEED: "send what a hospital's patient system knows",
    Right.RESOLVE: "look up whose a number is",
    Right.READ_PERSON: "see people's details",
    Right.READ_IMAGING: "see imaging histories",
    Right.WRITE_IMAGING: "register studies",
    Right.REVIEW: "see or do what is for reviewers",
    Right.UNDO_ANY: "decide what is left to senior reviewers",
    Right.MEASURE: "draw blind samples",
    Right.PRIVACY: "keep records apart for privacy or see what is kept back",
    Right.SUBSCRIBE: "subscribe to changes",
    Right.MEND: "see or mend refused messages",
    Right.OPERATE: "operate the network",
}


def roles_with(right: Right) -> frozenset[Role]:
    """The roles that carry a right."""
    return frozenset(role for role in Role if right in _RIGHTS[role])


def _one(role: Role) -> str:
    article = "an" if role.value[0] in "aeiou" else "a"
    return f"{article} {role.value.replace('-', ' ')}"


def _holders(right: Right) -> str:
    """Whom to ask: the roles with a right, as words of a sentence."""
    told = [_one(role) for role in sorted(roles_with(right), key=list(Role).index)]
    return " or ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks (`user` is a person or system id), as what, from where and why; written to every audit row.

    `feed` is the id of the one feed a system caller may speak for; "" for everyone else. `reason` is why they need to
    see a restricted person, where they have been asked. Not `strong` is who has signed in, but less surely than a
    sensitive act asks (SEC-5).
    """

    user: str
    role: Role
    organisation: str
    purpose: str = "direct-care"
    feed: str = ""
    reason: str = ""
    strong: bool = True

    def may(self, right: Right) -> bool:
        """Whether this caller's role carries `right`."""
        return right in _RIGHTS[self.role]

    @property
    def bounds(self) -> str | None:
        """The organisation whose own queues alone this caller works on; None for one who operates the network."""
        return None if self.may(Right.OPERATE) else self.organisation

    def require(self, right: Right) -> None:
        """Raise `Forbidden` unless the caller's role carries `right`."""
        if not self.may(right):
            raise Forbidden(f"{_one(self.role)} may not {_WORDS[right]}; {_holders(right)} may")

    def require_strong(self) -> None:
        """Raise `StrongerNeeded` unless the caller has signed in surely enough for a sensitive act."""
        if not self.strong:
            raise StrongerNeeded("this asks for a stronger sign-in")

"""Whom an OpenID provider says somebody is, and which of our roles that gives them (SEC-5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mpi.domain.access import Role
from mpi.domain.network import Network
from mpi.errors import SignInRefused

LONGEST_NAME = 80  # characters
LEEWAY = timedelta(seconds=60)  # by which the provider's clock and ours may differ
_SUBJECT = re.compile(r"[!-'*-~]{1,255}")  # without a space or parentheses, in which it will stand


@dataclass(frozen=True, slots=True)
class Held:
    """A role that the provider says somebody holds: `codes` are all the names it goes by, `organisation` the ODS code
    it is held at and `urid` its number for NHS services (`NHSD-Session-URID`), "" where the provider has none."""

    codes: frozenset[str]
    organisation: str = ""
    urid: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Who holds a role called `code` has `role` here, at `organisation`; "" stands for the one it is held at."""

    code: str
    role: Role
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Granted:
    """The role and organisation somebody has here, and the role they hold that gives it."""

    role: Role
    organisation: str
    held: Held


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID provider, and what it knows us by.

    `address` is where browsers reach us. `key` is the PEM of the private key that we sign with, `secret` the
    alternative. `acr` are the levels of assurance asked for at every sign-in, `strong_acr` those of a sensitive act,
    which must have been proved within `strong_seconds`; without `strong_acr` nothing more is asked.
    """

    name: str
    issuer: str
    client_id: str
    address: str
    grants: tuple[Grant, ...]
    secret: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    key_id: str = ""
    key_algorithm: str = "RS512"
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256")
    scopes: tuple[str, ...] = ("openid", "profile")
    roles_claim: str = "nhsid_nrbac_roles"
    acr: tuple[str, ...] = ()
    strong_acr: tuple[str, ...] = ()
    strong_seconds: int = 900
    sign_out: bool = True
    ca: str = ""  # the path of who signs its certificate; "" for whom the system trusts

    @property
    def asks_role(self) -> bool:
        """Whether people choose there the one role they work in."""
        return "selectedrole" in self.scopes


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the provider has told of them. `selected` is the `urid` of the role they work in, "" when they were
    not asked; `session` is the provider's own session; `id_token` is its word, for signing out there."""

    issuer: str
    subject: str
    name: str
    held: tuple[Held, ...]
    selected: str = ""
    session: str = ""
    acr: str = ""
    authenticated: datetime | None = None
    id_token: str = field(default="", repr=False)
    end_session: str = ""  # where signing out continues


@dataclass(frozen=True, slots=True)
class Visit:
    """A session of somebody called `user` here; `urid` is of the role they were let in by."""

    user: str
    person: Person
    urid: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that the provider has ended, or when it names none, all of one subject's. At `expires` its word is no
    longer taken, however the clocks differ."""

    issuer: str
    token_id: str
    session: str
    subject: str
    expires: datetime


def named(person: Person) -> str:
    """How the audit and colleagues call somebody: the name they first came with, and the subject, which is theirs for
    good. Raises `SignInRefused` for a subject that could be taken for another's."""
    subject = person.subject
    if not _SUBJECT.fullmatch(subject):
        raise SignInRefused("The sign-in service names you in a way that this service cannot keep apart from others.")
    name = "".join(letter for letter in person.name if letter.isprintable())[:LONGEST_NAME].strip()
    return f"{name} ({subject})" if name else subject


def granted(person: Person, provider: Provider, network: Network) -> Granted | None:
    """What somebody has here by what they hold, None when nothing. Of several the grant that stands first counts;
    where the provider asks for the role they work in, no other does, and without one none."""
    chosen = person.selected or provider.asks_role
    held = [one for one in person.held if not chosen or (one.urid and one.urid == person.selected)]
    for grant in provider.grants:
        for one in held:
            organisation = grant.organisation or one.organisation
            elsewhere = one.organisation and one.organisation != organisation
            if grant.code in one.codes and not elsewhere and organisation in network.organisation_by_code:
                return Granted(grant.role, organisation, one)
    return None


def is_strong(provider: Provider, acr: str, authenticated: datetime | None, now: datetime) -> bool:
    """Whether somebody has proved who they are well enough, and lately enough, for a sensitive act."""
    if not provider.strong_acr:
        return True
    if authenticated is None or acr not in provider.strong_acr:
        return False
    return -LEEWAY <= now - authenticated <= timedelta(seconds=provider.strong_seconds)


def held_in(claims: Mapping[str, Any], roles_claim: str) -> tuple[Held, ...]:
    """The roles in a provider's claims: NHS roles as CIS2 lists them, or plain names of roles or groups."""
    listed = claims.get(roles_claim)
    if isinstance(listed, str):
        listed = [listed]
    if not isinstance(listed, list):
        return ()
    return tuple(_nhs_role(one) if isinstance(one, Mapping) else Held(frozenset({str(one)})) for one in listed)


def _nhs_role(told: Mapping[str, Any]) -> Held:
    """CIS2 writes a role_code as "S0080:G0450:R5080"; its last part is the job role."""
    code = str(told.get("role_code", ""))
    activities = told.get("activity_codes")
    codes = {code, code.rpartition(":")[2], *map(str, activities if isinstance(activities, list) else ())}
    return Held(frozenset(codes - {""}), str(told.get("org_code", "")), str(told.get("person_roleid", "")))

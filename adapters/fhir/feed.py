"""ITI-104, the Patient Identity Feed: conditional PUT and DELETE of a Patient as commands (IHE-42).

    PUT    Patient?identifier=system|value   create or revise; with active false and a replaced-by link: merge
    DELETE Patient?identifier=system|value   tombstone

The envelope keeps a request line before the body, so that `read_commands` can replay a quarantined message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from adapters.fhir.exchange import Addresses
from adapters.fhir.patient import nhs_numbers, read_patch
from adapters.fhir.resource import Resource, parse
from mpi.domain.access import Caller
from mpi.domain.commands import Command, Delete, Envelope, Merge, Rank, Register, Stamp
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Feed
from mpi.errors import Fault, Forbidden, Refused

EVENTS = {"PUT": "ITI-104 PUT", "DELETE": "ITI-104 DELETE"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a feed message says: the commands in order, and data-quality remarks without demographics."""

    commands: Sequence[Command]
    flags: tuple[str, ...] = ()


def feed_of(caller: Caller, addresses: Addresses) -> Feed:
    """The feed that an authenticated caller speaks for; raises `Forbidden` when there is none (SEC-4)."""
    feed = addresses.network.feed_by_id.get(caller.feed)
    if feed is None:
        raise Forbidden("the caller speaks for no feed of this network")
    return feed


def envelope(method: str, query: str, body: bytes, feed: Feed, request_id: str) -> Envelope:
    """The message as it came, keyed by its X-Request-Id (none: no key, every delivery is new)."""
    return Envelope(
        feed=feed.id,
        application=feed.application,
        facility=feed.facility,
        control_id=request_id,
        event=EVENTS[method],
        raw=f"{method} Patient?{query}\n".encode() + body,
    )


def read_commands(raw: bytes, feed: Feed, addresses: Addresses, now: datetime) -> Told:
    """The commands of an envelope's bytes.

    Raises `Refused`; FOREIGN_AUTHORITY when the feed may not assert the identifier (promise 8, V2-49).
    """
    line, _, body = raw.partition(b"\n")
    method, _, target = line.decode().partition(" ")
    identifier = _target(target.partition("?")[2], addresses)
    _require_own(identifier, feed, addresses, "identifier")
    if method == "DELETE":
        return Told((Delete(identifier, Stamp(Rank.FEED, now, now)),))
    return _read_put(identifier, parse(body, "Patient"), feed, addresses, now)


def query_of(pairs: Sequence[tuple[str, str]]) -> str:
    """The search parameters of a conditional request, as the envelope keeps them."""
    return urlencode(pairs)


def _target(query: str, addresses: Addresses) -> Identifier:
    pairs = [(name, value) for name, value in parse_qsl(query) if name != "_format"]
    if [name for name, _ in pairs] != ["identifier"]:
        raise Refused(Fault.MALFORMED, "the condition is exactly one identifier=system|value")
    try:
        return addresses.parse(pairs[0][1])
    except Refused as error:
        fault = Fault.MALFORMED if error.fault is Fault.BAD_VALUE else error.fault
        raise Refused(fault, error.text) from error


def _read_put(identifier: Identifier, patient: Resource, feed: Feed, addresses: Addresses, now: datetime) -> Told:
    identifiers, flags = _own_identifiers(identifier, patient, feed, addresses)
    stamp = Stamp(Rank.FEED, _occurred(patient, now), now)
    survivor = _survivor(patient, feed, addresses)
    if survivor is not None:
        # The demographics of a merge are not applied: they may be either patient's (V2-44).
        return Told((Merge(survivor, identifier, stamp),), flags)
    others = [link for link in patient.get("link") or () if link.get("type") != "replaced-by"]
    if others:
        flags = (*flags, "Patient.link other than replaced-by is not applied")
    if len(nhs_numbers(patient, addresses)) > 1:
        flags = (*flags, "the message holds two different NHS numbers, the first was taken")
    return Told((Register(identifiers, read_patch(patient, addresses, now), stamp),), flags)


def _own_identifiers(
    main: Identifier, patient: Resource, feed: Feed, addresses: Addresses
) -> tuple[tuple[Identifier, ...], tuple[str, ...]]:
    own: list[Identifier] = []
    flags: list[str] = []
    for one in patient.get("identifier") or ():
        system, value = one.get("system") or "", (one.get("value") or "").strip()
        if addresses.is_nhs(system) or not value:
            continue
        try:
            found = Identifier(addresses.authority(system).id, value)
        except Refused:
            flags.append("an identifier of a system outside this network was left out")
            continue
        if found.authority not in feed.authorities:
            flags.append("an identifier of another source's authority was left out")
        elif found == main or one.get("use") != "old":
            own.append(found)
    if main not in own:
        raise Refused(Fault.MALFORMED, "the identifier in the condition is not in the resource", "Patient.identifier")
    return tuple(dict.fromkeys([main, *own])), tuple(dict.fromkeys(flags))


def _survivor(patient: Resource, feed: Feed, addresses: Addresses) -> Identifier | None:
    links = [link for link in patient.get("link") or () if link.get("type") == "replaced-by"]
    if not links:
        return None
    if len(links) > 1:
        raise Refused(Fault.BAD_VALUE, "a patient is replaced by one other at most", "Patient.link")
    if patient.get("active") is not False:
        raise Refused(Fault.BAD_VALUE, "a replaced patient is inactive (ITI-104)", "Patient.active")
    other = (links[0].get("other") or {}).get("identifier") or {}
    if not (other.get("system") and other.get("value")):
        raise Refused(
            Fault.MISSING_FIELD,
            "the surviving patient is named by system and value",
            "Patient.link[0].other.identifier",
        )
    survivor = addresses.parse(f"{other['system']}|{other['value']}")
    _require_own(survivor, feed, addresses, "Patient.link[0].other.identifier")
    return survivor


def _require_own(identifier: Identifier, feed: Feed, addresses: Addresses, location: str) -> None:
    if identifier.authority not in feed.authorities:
        name = addresses.network.authority_by_id[identifier.authority].name
        raise Refused(Fault.FOREIGN_AUTHORITY, f"this feed may not assert identifiers of {name}", location)


def _occurred(patient: Resource, now: datetime) -> datetime:
    updated = (patient.get("meta") or {}).get("lastUpdated")
    if not updated:
        return now
    try:
        occurred = datetime.fromisoformat(updated)
        if occurred.tzinfo is None:
            raise ValueError("naive")
        # A fact is not told before it is true: a fast clock must not outrank tomorrow's corrections (V2-60).
        return min(occurred.astimezone(UTC), now)
    except (ValueError, OverflowError) as error:
        raise Refused(
            Fault.BAD_VALUE, "an instant has a date, a time and a zone", "Patient.meta.lastUpdated"
        ) from error

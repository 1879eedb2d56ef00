"""What a network file must mean: every reference, date and name in it holds. Yields problems, raises nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from mpi.domain.identifiers import NHS_AUTHORITY
from mpi.networks.charset import charset_fault
from mpi.networks.nhs import NHS_NAMES
from mpi.networks.positions import Path
from mpi.networks.problem import Problem, suggest
from mpi.networks.shape import AuthorityTable, FeedTable, NetworkTable, OrganisationTable

_TRUST_CODE = re.compile(r"[A-Z0-9]{3}")
_SITE_CODE = re.compile(r"[A-Z0-9]{5}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
_NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,19}")
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_URI = re.compile(r"(https?://[^\s|/]+/[^\s|]*|urn:[a-z0-9][a-z0-9-]+:[^\s|]+)")
_HL7_TEXT = re.compile(r"[^|^~\\&\x00-\x1f]+")
_CERTIFICATE_NAME = re.compile(r"(?!sha\d*:)(?![0-9a-f:]{40,}$)[^*\x00-\x1f]+")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_ORDERS = frozenset({"O01", "O19", "O23", "R01"})
_MLLP_ONLY = (
    *("nhs_number_fields", "charset", "versions", "processing_id", "sex_codes", "options", "moves"),
    *("certificates", "mllp_release", "sequence_numbers", "identity"),
    *("strictness", "validate_one_in"),
)


def problems(network: NetworkTable) -> Iterator[Problem]:
    """Everything wrong in `network`, in the order of its tables."""
    yield from _organisations(network)
    yield from _authorities(network)
    yield from _feeds(network)


def _organisations(network: NetworkTable) -> Iterator[Problem]:
    codes: set[str] = set()
    sites: set[str] = set()
    for number, table in enumerate(network.organisations):
        here: Path = ("organisations", number)
        if not _TRUST_CODE.fullmatch(table.code):
            yield Problem(
                (*here, "code"), f"'{table.code}' is no ODS code; write three capitals or digits, as in R0A"
            )
        yield from _repeated(table.code, codes, (*here, "code"), "organisation")
        yield from _sites(table, here, sites)
        yield from _dates(here, "joined", table.joined, "closed", table.closed)


def _sites(table: OrganisationTable, here: Path, seen: set[str]) -> Iterator[Problem]:
    for number, site in enumerate(table.sites):
        where = (*here, "sites", number, "code")
        if not _SITE_CODE.fullmatch(site.code) or not site.code.startswith(table.code):
            yield Problem(
                where, f"'{site.code}' is no site code of {table.code}; write {table.code} and two more characters"
            )
        yield from _repeated(site.code, seen, where, "site")


def _authorities(network: NetworkTable) -> Iterator[Problem]:
    names = dict.fromkeys(NHS_NAMES, NHS_AUTHORITY)
    for number, table in enumerate(network.authorities):
        here: Path = ("authorities", number)
        yield from _names(table, here, names)
        if not (table.oid or table.system):
            yield Problem(here, f"authority '{table.id}' has neither 'oid' nor 'system'; write at least one")
        yield from _dates(here, "valid_from", table.valid_from, "valid_to", table.valid_to)
        yield from _successors(network, table, here)


def _names(table: AuthorityTable, here: Path, taken: dict[str, str]) -> Iterator[Problem]:
    """Whatever a message may call an authority must mean that one only: ids, namespaces, OIDs and systems alike."""
    spelt = [((*here, "id"), table.id, _ID, "letters, digits and hyphens")]
    spelt += [
        ((*here, "namespaces", n), name, _NAMESPACE, "at most 20 letters, digits, '_', '.' and '-'")
        for n, name in enumerate(table.namespaces)
    ]
    spelt += [((*here, "oid"), table.oid, _OID, "numbers separated by dots, as in 2.25.1234")]
    spelt += [((*here, "system"), table.system, _URI, "a URI, as in https://fhir.trust.example/Id/patient")]
    own: set[str] = set()
    for path, name, form, words in spelt:
        if not name or name in own:
            continue
        if not form.fullmatch(name):
            yield Problem(path, f"'{path[2]}' is '{name}'; write {words}")
        elif taken.get(name) == NHS_AUTHORITY:
            yield Problem(path, f"'{name}' belongs to the NHS number, which is always there; leave it out")
        elif name in taken:
            yield Problem(
                path, f"'{name}' already names authority '{taken[name]}'; every name must mean one authority"
            )
        own.add(name)
    taken.update({name: table.id for name in own if name not in taken})


def _successors(network: NetworkTable, table: AuthorityTable, here: Path) -> Iterator[Problem]:
    """ORG-3: one predecessor may be split between several successors, so a successor belongs to a site."""
    organisations = {o.code: o for o in network.organisations}
    owner = organisations.get(table.owner)
    if owner is None:
        yield _unknown((*here, "owner"), "organisation", table.owner, organisations)
        return
    sites = {site.code for site in owner.sites}
    covered: set[str] = set()
    for number, successor in enumerate(table.successors):
        where = (*here, "successors", number)
        if successor.site not in sites:
            hint = suggest(successor.site, sites, "its sites are")
            yield Problem((*where, "site"), f"'{successor.site}' is no site of {owner.code}; {hint}")
        yield from _repeated(successor.site, covered, (*where, "site"), "successor site")
        heir = organisations.get(successor.organisation)
        if heir is None:
            yield _unknown((*where, "organisation"), "organisation", successor.organisation, organisations)
        elif heir is owner or heir.closed:
            why = "is the owner itself" if heir is owner else f"closed on {heir.closed}"
            yield Problem(
                (*where, "organisation"), f"{heir.code} {why}; name the organisation that took {successor.site}"
            )
        if owner.closed and successor.since > owner.closed:
            yield Problem(
                (*where, "since"), f"{owner.code} closed on {owner.closed}; write that date or an earlier one"
            )
    if owner.closed and (orphans := ", ".join(sorted(sites - covered)) or ("" if sites else "any site")):
        yield Problem(
            here, f"{owner.code} closed on {owner.closed}, but nobody succeeds it at {orphans}; add successors"
        )


def _feeds(network: NetworkTable) -> Iterator[Problem]:
    ids: set[str] = set()
    doors: dict[tuple[str, str, str], str] = {}
    sources: dict[str, FeedTable] = {}
    for number, table in enumerate(network.feeds):
        here: Path = ("feeds", number)
        if not _ID.fullmatch(table.id):
            yield Problem((*here, "id"), f"'{table.id}' is no id; write letters, digits and hyphens")
        yield from _repeated(table.id, ids, (*here, "id"), "feed")
        for key in ("application", "facility"):
            if not _HL7_TEXT.fullmatch(getattr(table, key)):
                yield Problem((*here, key), f"'{key}' holds an HL7 delimiter or control character; leave it out")
        door = (table.protocol, table.application, table.facility)
        if door in doors:
            text = f"feed '{doors[door]}' already is {table.application} at {table.facility} by {table.protocol}"
            yield Problem((*here, "application"), f"{text}; change one of the three")
        doors.setdefault(door, table.id)
        yield from _feed_sender(network, table, here)
        yield from _feed_authorities(network, table, here, sources)
        yield from _feed_encoding(table, here)
        yield from _feed_certificates(table, here)
        if not table.identity and table.protocol == "mllp" and _ORDERS.isdisjoint(table.options):
            text = f"a feed without identity orders or reports; name some of {', '.join(sorted(_ORDERS))}"
            yield Problem((*here, "identity"), text)
        if table.strictness == "strict" and "validate_one_in" in table.model_fields_set:
            text = "of a strict feed every message is validated; leave 'validate_one_in' out"
            yield Problem((*here, "validate_one_in"), text)


def certificate_name(written: str) -> str:
    """A certificate as `Feed.certificates` holds it: lower case, a fingerprint without its colons."""
    plain = written.strip().lower()
    digits = plain.removeprefix("sha256:").replace(":", "")
    return digits if _FINGERPRINT.fullmatch(digits) else plain


def _feed_certificates(table: FeedTable, here: Path) -> Iterator[Problem]:
    """SEC-4: a wildcard would let one certificate speak for many; two spellings of one are a slip."""
    seen: set[str] = set()
    for number, written in enumerate(table.certificates):
        name, where = certificate_name(written), (*here, "certificates", number)
        if not (_FINGERPRINT.fullmatch(name) or _CERTIFICATE_NAME.fullmatch(name)):
            text = f"'{written}' names no certificate; write its DNS name, or its SHA-256 as 64 hexadecimal digits"
            yield Problem(where, text)
        yield from _repeated(name, seen, where, "certificate")


def _feed_sender(network: NetworkTable, table: FeedTable, here: Path) -> Iterator[Problem]:
    organisations = {o.code: o for o in network.organisations}
    sender = organisations.get(table.organisation)
    if sender is None:
        yield _unknown((*here, "organisation"), "organisation", table.organisation, organisations)
    elif sender.closed:
        text = (
            f"{sender.code} closed on {sender.closed} and sends nothing; name the organisation that runs this PAS now"
        )
        yield Problem((*here, "organisation"), text)
    else:
        yield from _dates(here, f"joined of {sender.code}", sender.joined, "go_live", table.go_live, equal=True)


def _feed_authorities(
    network: NetworkTable, table: FeedTable, here: Path, sources: dict[str, FeedTable]
) -> Iterator[Problem]:
    """Promise 8: a feed asserts its own trust's namespaces, or those it has succeeded to (ORG-2, ORG-3)."""
    known = {a.id: a for a in network.authorities}
    trusts = {o.code for o in network.organisations}
    for number, name in enumerate(table.authorities):
        where = (*here, "authorities", number)
        authority = known.get(name)
        if name in NHS_NAMES:
            yield Problem(where, "no feed asserts the NHS number's authority; leave it out (see nhs_number_fields)")
        elif authority is None:
            yield _unknown(where, "authority", name, known)
        else:
            if authority.owner in trusts and table.organisation in trusts:
                yield from _right_to_assert(table, authority, where)
            yield from _one_source(table, name, where, sources)


def _right_to_assert(table: FeedTable, authority: AuthorityTable, where: Path) -> Iterator[Problem]:
    entitled = {authority.owner, *(s.organisation for s in authority.successors)}
    if table.organisation not in entitled:
        words = " or ".join(sorted(entitled))
        yield Problem(
            where, f"{table.organisation} may not assert '{authority.id}', which is {words}'s; leave it out"
        )
    if authority.valid_to and table.go_live and authority.valid_to <= table.go_live:
        yield Problem(
            where, f"'{authority.id}' ended on {authority.valid_to}, before this feed goes live; leave it out"
        )


def _one_source(table: FeedTable, name: str, where: Path, sources: dict[str, FeedTable]) -> Iterator[Problem]:
    """V2-49: exactly one identity source per domain; the same PAS may speak both protocols. A RIS that orders and
    reports is none."""
    if not table.identity:
        return
    first = sources.setdefault(name, table)
    if first is not table and (first.protocol == table.protocol or first.organisation != table.organisation):
        yield Problem(
            where, f"feed '{first.id}' already asserts '{name}'; an authority has one source, leave one out"
        )


def _feed_encoding(table: FeedTable, here: Path) -> Iterator[Problem]:
    if fault := charset_fault(table.charset):
        yield Problem((*here, "charset"), fault)
    if table.protocol == "fhir":
        for key in sorted(table.model_fields_set.intersection(_MLLP_ONLY)):
            yield Problem((*here, key), f"'{key}' means nothing for a FHIR feed; leave it out")


def _dates(
    here: Path, early: str, first: date | None, late: str, second: date | None, equal: bool = False
) -> Iterator[Problem]:
    if first and second and (second < first or (second == first and not equal)):
        yield Problem((*here, late), f"'{late}' {second} is not after '{early}' {first}; correct one of the dates")


def _repeated(value: str, seen: set[str], path: Path, what: str) -> Iterator[Problem]:
    if value in seen:
        yield Problem(path, f"{what} '{value}' is there twice; remove or rename one")
    seen.add(value)


def _unknown(path: Path, what: str, name: str, known: Iterable[str]) -> Problem:
    return Problem(path, f"{what} '{name}' is not in this file; {suggest(name, known)}")

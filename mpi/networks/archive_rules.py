"""What the archives of a network file, and the index as an issuer in images, must mean."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpi.domain.identifiers import NHS_AUTHORITY
from mpi.networks.charset import charset_fault
from mpi.networks.nhs import NHS_NAMES
from mpi.networks.positions import Path
from mpi.networks.problem import Problem
from mpi.networks.rules import _NAMESPACE, _OID, _repeated, _unknown
from mpi.networks.shape import ArchiveTable, NetworkTable

_ADDRESS = re.compile(r"https?://[^\s|]+[^\s|/]")
_AE_TITLE = re.compile(r"(?! )[^\\\x00-\x1f\x7f-\uffff]{1,16}(?<! )")


def archive_problems(network: NetworkTable) -> Iterator[Problem]:
    """Everything wrong with the archives of `network`, in their order."""
    ids: set[str] = set()
    organisations = {o.code: o for o in network.organisations}
    known = {NHS_AUTHORITY, *(a.id for a in network.authorities)}
    for number, table in enumerate(network.archives):
        here: Path = ("archives", number)
        yield from _repeated(table.id, ids, (*here, "id"), "archive")
        if table.retrieve and not _ADDRESS.fullmatch(table.retrieve):
            words = "write the address of its DICOMweb service, as in https://archive.example/dicom-web"
            yield Problem((*here, "retrieve"), f"'retrieve' is '{table.retrieve}'; {words}")
        if table.organisation not in organisations:
            yield _unknown((*here, "organisation"), "organisation", table.organisation, organisations)
        for key, names in (("issuers", table.issuers), ("ae_titles", table.ae_titles)):
            for name, authority in names.items():
                if authority not in known:
                    yield _unknown((*here, key, name), "authority", authority, known)
        yield from _entities(table, here)
        if table.charset and (fault := charset_fault(table.charset)):
            yield Problem((*here, "charset"), fault)


def issuer_problems(network: NetworkTable) -> Iterator[Problem]:
    """A golden id must never be taken for a trust's patient id: its issuer has names of its own."""
    if network.issuer is None:
        return
    taken = dict.fromkeys(NHS_NAMES, "the NHS number")
    for authority in network.authorities:
        names = (authority.id, *authority.namespaces, authority.oid, authority.system)
        taken |= {name: f"authority '{authority.id}'" for name in names if name}
    for archive in network.archives:
        taken = dict.fromkeys(archive.issuers, f"an issuer of archive '{archive.id}'") | taken
    forms = (
        ("namespace", _NAMESPACE, "at most 20 letters, digits, '_', '.' and '-'"),
        ("oid", _OID, "numbers separated by dots, as in 2.25.1234"),
    )
    for key, form, words in forms:
        name = getattr(network.issuer, key)
        if not form.fullmatch(name):
            yield Problem(("issuer", key), f"'{key}' is '{name}'; write {words}")
        elif name in taken:
            yield Problem(
                ("issuer", key), f"'{name}' already names {taken[name]}; golden ids need a name of their own"
            )


def _entities(table: ArchiveTable, here: Path) -> Iterator[Problem]:
    """AE titles are 1 to 16 characters of the default repertoire (PS3.5 6.2)."""
    places = {(*here, "ae_titles", name): name for name in table.ae_titles}
    places |= {(*here, "senders", number): name for number, name in enumerate(table.senders)}
    for path, name in places.items():
        if not _AE_TITLE.fullmatch(name):
            yield Problem(path, f"'{name}' is no AE title; write 1 to 16 ASCII characters, no backslash")
    for number, name in enumerate(table.senders):
        if name in table.ae_titles:
            yield Problem((*here, "senders", number), f"'{name}' is one of 'ae_titles' already; leave one out")

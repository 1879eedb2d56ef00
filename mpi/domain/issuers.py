"""Which assigning authority issued an image's patient id: configured or refused, never guessed (IHE-60)."""

from __future__ import annotations

from collections.abc import Iterator

from mpi.domain.network import Archive, Network
from mpi.errors import Fault, Refused


def _archives(network: Network, archive: str) -> tuple[Archive, ...]:
    if not archive:
        return network.archives
    found = tuple(a for a in network.archives if a.id == archive)
    if not found:
        raise Refused(Fault.BAD_VALUE, f"archive '{archive}' is not in this network", "archive")
    return found


def _named_by_issuer(network: Network, archives: tuple[Archive, ...], issuer: str) -> Iterator[str]:
    for archive in archives:
        if issuer in archive.issuers:
            yield archive.issuers[issuer]
    try:
        yield network.authority(issuer).id
    except Refused:
        return


def _only(found: set[str], kind: str, name: str, location: str) -> str:
    if len(found) == 1:
        return found.pop()
    if found:
        text = f"{kind} '{name}' means different assigning authorities at different archives; say which archive"
    else:
        text = f"{kind} '{name}' is not mapped to an assigning authority in this network"
    raise Refused(Fault.UNKNOWN_AUTHORITY, text, location)


def find_issuer(network: Network, issuer: str = "", ae_title: str = "", archive: str = "") -> str:
    """The id of the authority that issued an image's patient id.

    The issuer in the image wins; only an image without one is judged by the AE title it came from. An issuer that
    is stated but unknown is never replaced by what the AE title suggests. `archive`, when given, speaks first.
    Raises Refused: UNKNOWN_AUTHORITY (none, or more than one), MISSING_FIELD, BAD_VALUE (no such archive).
    """
    archives = _archives(network, archive)
    if issuer:
        said = {a.issuers[issuer] for a in archives if archive and issuer in a.issuers}
        return _only(said or set(_named_by_issuer(network, archives, issuer)), "issuer", issuer, "issuer")
    if ae_title:
        mapped = {a.ae_titles[ae_title] for a in archives if ae_title in a.ae_titles}
        return _only(mapped, "AE title", ae_title, "ae_title")
    raise Refused(Fault.MISSING_FIELD, "give the issuer of the patient id, or the AE title it came from", "issuer")

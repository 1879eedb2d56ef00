"""Read an imaging network from its file: who issues identifiers, who sends feeds, which archives hold images.

A file is TOML. Two are shipped, `greater-manchester` and `surrey-sussex`; read one to learn the format.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from mpi.domain.conformance import Strictness
from mpi.domain.consumer import Consumer, Transaction
from mpi.domain.network import (
    Archive,
    Authority,
    Feed,
    Issuer,
    Moves,
    Network,
    Organisation,
    Overlays,
    Protocol,
    Site,
)
from mpi.errors import NetworkFileError
from mpi.networks import positions, wording
from mpi.networks.archive_rules import archive_problems, issuer_problems
from mpi.networks.consumer_rules import consumer_problems
from mpi.networks.nhs import NHS
from mpi.networks.problem import Problem, suggest
from mpi.networks.rules import certificate_name, problems
from mpi.networks.shape import ArchiveTable, AuthorityTable, ConsumerTable, FeedTable, NetworkTable, OrganisationTable

_SHIPPED = Path(__file__).parent


def shipped_networks() -> tuple[str, ...]:
    """Names of the networks that come with the index."""
    return tuple(sorted(file.stem for file in _SHIPPED.glob("*.toml")))


def load_network(name_or_path: str) -> Network:
    """The checked network of a shipped name, or of the file at a path (anything with a slash or ending in .toml).

    Raises `NetworkFileError`: one line for each thing that is wrong, `file:line: what; what to write instead`.
    """
    file = _find(name_or_path)
    try:
        text = file.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except OSError as failure:
        raise NetworkFileError(f"{file}:1: cannot be read ({failure.strerror}); check `network`") from failure
    except UnicodeDecodeError as failure:
        line = failure.object.count(b"\n", 0, failure.start) + 1
        raise NetworkFileError(f"{file}:{line}: not UTF-8; save the file as UTF-8") from failure
    return _network(_checked(text, file))


def _find(name_or_path: str) -> Path:
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        return Path(name_or_path).expanduser()
    if name_or_path not in shipped_networks():
        hint = suggest(name_or_path, shipped_networks(), "shipped are").rstrip(".")
        raise NetworkFileError(f"network '{name_or_path}' is not shipped; {hint}. Or write the path of a .toml file")
    return _SHIPPED / f"{name_or_path}.toml"


def _checked(text: str, file: Path) -> NetworkTable:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        line, words = wording.syntax(str(failure), text)
        raise NetworkFileError(f"{file}:{line}: {words}") from failure
    try:
        table = NetworkTable.model_validate(document)
    except ValidationError as failure:
        raise _wrong(file, text, map(wording.explain, failure.errors())) from None
    if found := [*problems(table), *archive_problems(table), *issuer_problems(table), *consumer_problems(table)]:
        raise _wrong(file, text, found)
    return table


def _wrong(file: Path, text: str, found: Iterable[Problem]) -> NetworkFileError:
    lines = positions.locate(text)

    def line(path: positions.Path) -> int:
        while path and path not in lines:
            path = path[:-1]
        return lines.get(path, 1)

    places = sorted({(line(problem.path), problem.text) for problem in found})
    return NetworkFileError("\n".join(f"{file}:{number}: {words}" for number, words in places))


def _network(table: NetworkTable) -> Network:
    return Network(
        id=table.id,
        name=table.name,
        organisations=tuple(map(_organisation, table.organisations)),
        authorities=(NHS, *map(_authority, table.authorities)),
        feeds=tuple(map(_feed, table.feeds)),
        archives=tuple(map(_archive, table.archives)),
        population=table.population,
        ask_reason=table.ask_reason,
        judged_changes=table.judged_changes,
        consumers=tuple(map(_consumer, table.consumers)),
        issuer=None if table.issuer is None else Issuer(table.issuer.namespace, table.issuer.oid),
    )


def _organisation(table: OrganisationTable) -> Organisation:
    sites = tuple(Site(site.code, site.name) for site in table.sites)
    return Organisation(table.code, table.name, sites, table.joined, table.closed)


def _authority(table: AuthorityTable) -> Authority:
    return Authority(
        id=table.id,
        name=table.name,
        owner=table.owner,
        namespaces=tuple(table.namespaces),
        oid=table.oid,
        system=table.system,
        valid_from=table.valid_from,
        valid_to=table.valid_to,
        successors={successor.site: successor.organisation for successor in table.successors},
        linkage=table.linkage,
    )


def _feed(table: FeedTable) -> Feed:
    return Feed(
        id=table.id,
        organisation=table.organisation,
        protocol=Protocol(table.protocol),
        application=table.application,
        facility=table.facility,
        authorities=tuple(table.authorities),
        nhs_number_fields=tuple(table.nhs_number_fields),
        charset=table.charset,
        versions=tuple(table.versions),
        processing_id=table.processing_id,
        sex_codes=dict(table.sex_codes),
        options=frozenset(table.options),
        moves=Moves(table.moves),
        strictness=Strictness(table.strictness),
        validate_one_in=table.validate_one_in,
        go_live=table.go_live,
        overlays=Overlays(table.overlays),
        identity=table.identity,
        auto_link=table.auto_link,
        certificates=frozenset(map(certificate_name, table.certificates)),
        mllp_release=table.mllp_release,
        sequence_numbers=table.sequence_numbers,
    )


def _archive(table: ArchiveTable) -> Archive:
    return Archive(
        id=table.id,
        name=table.name,
        organisation=table.organisation,
        issuers=dict(table.issuers),
        ae_titles=dict(table.ae_titles),
        senders=frozenset(table.senders),
        charset=table.charset,
        retrieve=table.retrieve,
    )


def _consumer(table: ConsumerTable) -> Consumer:
    return Consumer(
        id=table.id,
        organisation=table.organisation,
        application=table.application,
        facility=table.facility,
        transactions=frozenset(map(Transaction, table.transactions)),
        authorities=tuple(table.authorities),
        processing_id=table.processing_id,
        host=table.host,
        port=table.port,
        tls=table.tls,
        xad_oid=table.xad_oid,
        certificates=frozenset(map(certificate_name, table.certificates)),
    )

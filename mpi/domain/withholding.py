"""What of a restricted person and their examinations would tell where they live or are treated, and who may know
(NHS-57)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from linkage.record import Demographics
from mpi.domain.access import Caller, Right
from mpi.domain.coding import without_local
from mpi.domain.identifiers import NHS_AUTHORITY, WITHHELD, Identifier
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.views import PersonView, RecordView, Study

_URGENT = frozenset({"emergency", "break-glass"})


def may_know_whereabouts(caller: Caller) -> bool:
    """Archives, who hold it all, and privacy officers; anybody else who says that it is urgent, which the audit
    keeps."""
    return caller.may(Right.PRIVACY) or caller.may(Right.WRITE_IMAGING) or caller.purpose in _URGENT


def is_protected(person: PersonView) -> bool:
    """Whether the person or any of their records, merged away ones too, is restricted."""
    return person.restricted or any(record.restricted for record in person.records)


def identifiers_told(
    identifiers: Iterable[Identifier], caller: Caller, *, restricted: bool, known: Collection[Identifier] = ()
) -> tuple[Identifier, ...]:
    """Those that the caller is told of a person: of a restricted one the NHS number, and those `known` to the caller,
    who asked by them; all of them to those who `may_know_whereabouts`."""
    if not restricted or may_know_whereabouts(caller):
        return tuple(identifiers)
    return tuple(one for one in identifiers if one.authority == NHS_AUTHORITY or one in known)


def person_told(person: PersonView, caller: Caller, known: Collection[Identifier] = ()) -> PersonView:
    """The person as the caller may see them: a restricted one without addresses, contacts, practice and the numbers
    of trusts, but those `known` to the caller."""
    if person.withheld or not is_protected(person) or may_know_whereabouts(caller):
        return person
    return replace(
        person,
        records=tuple(_record_withheld(record, known) for record in person.records),
        demographics=_without_whereabouts(person.demographics),
        restricted=True,
        withheld=True,
    )


def _record_withheld(record: RecordView, known: Collection[Identifier]) -> RecordView:
    return replace(
        record,
        identifier=record.identifier if record.identifier in known else WITHHELD,
        demographics=_without_whereabouts(record.demographics),
        subsumed_by=None,
        pending=_without_whereabouts(record.pending) if record.pending else None,
    )


def _without_whereabouts(told: Demographics) -> Demographics:
    return replace(told, addresses=(), previous_addresses=(), phones=(), emails=(), gp_practice="")


def study_withheld(study: Study) -> Study:
    """The study without the trust's number for the patient, without trust, accession and archive, and without codes
    that only one trust uses."""
    return replace(
        study,
        patient=WITHHELD,
        organisation="",
        accession="",
        archive="",
        holding=None,
        order_codes=without_local(study.order_codes),
        procedures=without_local(study.procedures),
        anatomy=without_local(study.anatomy),
    )


def order_withheld(order: ImagingOrder) -> ImagingOrder:
    """The order without the trust, and without every number and code of the trust's own."""
    bare = replace(order, patient=WITHHELD, organisation="", accession="", filler="", placer="", procedure="")
    return replace(bare, codes=without_local(order.codes))

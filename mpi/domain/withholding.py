"""What of a restricted person's examinations would tell where they live or are treated, and who may know (NHS-57)."""

from __future__ import annotations

from dataclasses import replace

from mpi.domain.access import Caller, Right
from mpi.domain.coding import without_local
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ImagingOrder
from mpi.domain.views import Study

WITHHELD = Identifier("", "")
"""Stands for a patient id that is not told."""

_URGENT = frozenset({"emergency", "break-glass"})


def may_know_whereabouts(caller: Caller) -> bool:
    """Archives, who hold it all, and privacy officers; anybody else who says that it is urgent, which the audit
    keeps."""
    return caller.may(Right.PRIVACY) or caller.may(Right.WRITE_IMAGING) or caller.purpose in _URGENT


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

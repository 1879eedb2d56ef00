"""What of a restricted person's examinations would tell where they live or are treated, and who may know (NHS-57)."""

from __future__ import annotations

from dataclasses import replace

from mpi.domain.access import Caller, Right
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
    """The study without the trust's number for the patient, and without trust, accession and archive."""
    return replace(study, patient=WITHHELD, organisation="", accession="", archive="", holding=None)


def order_withheld(order: ImagingOrder) -> ImagingOrder:
    """The order without the trust, and without every number the trust gave."""
    return replace(order, patient=WITHHELD, organisation="", accession="", filler="", placer="", procedure="")

"""The codes of orders and results, and what each is taken for (HL7 tables 0119, 0038, 0123 and 0074)."""

from __future__ import annotations

from collections.abc import Mapping

from mpi.domain.orders import OrderStatus, ReportStatus

ENDS: Mapping[str, OrderStatus] = {
    "CA": OrderStatus.CANCELLED,
    "OC": OrderStatus.CANCELLED,
    "CR": OrderStatus.CANCELLED,
    "UA": OrderStatus.CANCELLED,  # unable to accept
    "RP": OrderStatus.CANCELLED,  # replaced: RO brings its replacement
    "RQ": OrderStatus.CANCELLED,
    "RU": OrderStatus.CANCELLED,
    "DC": OrderStatus.DISCONTINUED,
    "OD": OrderStatus.DISCONTINUED,
    "DR": OrderStatus.DISCONTINUED,
}
"""ORC-1 by which an order ends, whatever else the message says."""

BEGINS = frozenset({"NW", "RO", "SN"})
"""ORC-1 of a new order: ordered, unless another field says more."""

TELLS: Mapping[str, str] = {
    "SC": "status changed",
    "SR": "response to a request for the status",
    "XO": "order changed",
    "XX": "order changed, unasked",
    "XR": "changed as requested",
    "NA": "number assigned",
    "OK": "order accepted",
    "HD": "hold",
    "RL": "release from hold",
    "RE": "results to follow",
    "UC": "unable to cancel",
    "UD": "unable to discontinue",
    "UX": "unable to change",
}
"""ORC-1 that says nothing of the status by itself: the other fields count."""

ORDER_STATUSES: Mapping[str, OrderStatus] = {
    "HD": OrderStatus.ORDERED,
    "SC": OrderStatus.SCHEDULED,
    "IP": OrderStatus.IN_PROGRESS,
    "A": OrderStatus.IN_PROGRESS,
    "CM": OrderStatus.COMPLETED,
    "CA": OrderStatus.CANCELLED,
    "RP": OrderStatus.CANCELLED,
    "DC": OrderStatus.DISCONTINUED,
}
"""ORC-5."""

REPORTS: Mapping[str, ReportStatus] = {
    "A": ReportStatus.PRELIMINARY,  # some results
    "P": ReportStatus.PRELIMINARY,
    "R": ReportStatus.PRELIMINARY,  # stored, not yet verified
    "F": ReportStatus.FINAL,
    "C": ReportStatus.CORRECTED,
    "X": ReportStatus.CANCELLED,
}
"""OBR-25, and OBX-11 where a result leaves that empty: where the report stands. Any other: nothing is said of it."""

RESULT_STATUSES: Mapping[str, OrderStatus] = {
    "O": OrderStatus.ORDERED,
    "S": OrderStatus.SCHEDULED,
    "I": OrderStatus.IN_PROGRESS,
    "X": OrderStatus.CANCELLED,
    **dict.fromkeys("APRFC", OrderStatus.COMPLETED),
}
"""OBR-25: where the examination stands; with a report it has been made, whatever ORC-5 says."""

MODALITIES: Mapping[str, str] = {
    "NMR": "MR",
    "NMS": "NM",
    "RUS": "US",
    "CUS": "US",
    "OUS": "US",
    "VUS": "US",
    "RX": "DX",
    "RAD": "",
    "IMG": "",
    "XRC": "",
}
"""OBR-24 as a DICOM modality; "" where it names no single one. Any other is taken as it is sent."""

NOT_IMAGING = frozenset(
    (
        *("AU", "BG", "BLB", "CH", "CP", "EC", "EN", "HM", "ICU", "IMM", "LAB", "MB", "MCB", "MYC", "NRS", "OSL"),
        *("OTH", "PAR", "PAT", "PF", "PHR", "PHY", "RC", "RT", "SP", "TX", "URN", "VR"),
    )
)
"""OBR-24 of departments that make no images: such an order is left out."""

STUDY_UID_CODES = frozenset({"110180", "113014"})
"""OBX-3 of an observation whose value is the Study Instance UID (DICOM PS3.16 annex D)."""


def status_of(control: str, order_status: str, result_status: str) -> OrderStatus | None:
    """Where the examination stands by ORC-1, ORC-5 and OBR-25; None when none of them says."""
    made = RESULT_STATUSES.get(result_status)
    return (
        ENDS.get(control)
        or (made if made is OrderStatus.COMPLETED else None)
        or ORDER_STATUSES.get(order_status)
        or made
        or (OrderStatus.ORDERED if control in BEGINS else None)
    )

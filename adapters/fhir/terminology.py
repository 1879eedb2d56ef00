"""The systems, profiles and code tables of FHIR R4 and UK Core that this adapter reads and writes.

Sources: HL7 FHIR R4 (4.0.1) value sets; HL7 UK Core (UKCore-Patient, NHSNumberVerificationStatusEngland and Wales);
IHE PDQm (match-grade). `fhir.resources` does not check required bindings, so the tables below do.
"""

from __future__ import annotations

from collections.abc import Mapping

from linkage.record import AddressUse, NameUse
from mpi.domain.identifiers import NHS_OID, NHS_SYSTEM
from mpi.domain.orders import OrderStatus, ReportStatus
from mpi.errors import Fault

UK_CORE = "https://fhir.hl7.org.uk"
HL7 = "http://hl7.org/fhir/StructureDefinition"

PATIENT_PROFILE = f"{UK_CORE}/StructureDefinition/UKCore-Patient"
NHS_STATUS_EXTENSION = f"{UK_CORE}/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
NHS_STATUS_ENGLAND = f"{UK_CORE}/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
ETHNIC_CATEGORY_EXTENSION = f"{UK_CORE}/StructureDefinition/Extension-UKCore-EthnicCategory"
MOTHERS_MAIDEN_NAME_EXTENSION = f"{HL7}/patient-mothersMaidenName"
DEATH_NOTIFICATION_EXTENSION = f"{UK_CORE}/StructureDefinition/Extension-UKCore-DeathNotificationStatus"
BIRTH_PLACE_EXTENSION = f"{HL7}/patient-birthPlace"
DATA_ABSENT_REASON = f"{HL7}/data-absent-reason"
MATCH_GRADE_EXTENSION = f"{HL7}/match-grade"

ODS_ORGANISATION = "https://fhir.nhs.uk/Id/ods-organization-code"
DICOM_UID = "urn:dicom:uid"
DICOM_MODALITY = "http://dicom.nema.org/resources/ontology/DCM"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
URI = "urn:ietf:rfc:3986"
LOINC, SNOMED_CT = "http://loinc.org", "http://snomed.info/sct"
IMAGING_STUDY = {"system": LOINC, "code": "18748-4", "display": "Diagnostic imaging study"}
OWN_NAMESPACE = "urn:x-mpi:authority:"  # for an authority whose network file gives it neither system nor OID

NHS_SYSTEMS = frozenset(
    {
        NHS_SYSTEM,
        f"urn:oid:{NHS_OID}",
        # NHS-6: what older systems still send.
        "http://fhir.nhs.net/Id/nhs-number",
        "https://fhir.nhs.net/Id/nhs-number",
        "http://fhir.nhs.uk/Id/nhs-number",
    }
)

NHS_STATUS_DISPLAY: Mapping[str, str] = {
    "01": "Number present and verified",
    "02": "Number present but not traced",
    "03": "Trace required",
    "04": "Trace attempted - No match or multiple match found",
    "05": "Trace needs to be resolved - (NHS number or patient detail conflict)",
    "06": "Trace in progress",
    "07": "Number not present and trace not required",
    "08": "Trace postponed (baby under six weeks old)",
}

NHS_STATUS_CODES: Mapping[str, str] = {
    **{code: code for code in NHS_STATUS_DISPLAY},
    # NHS-9: Wales traces "nn" in its own register, which is not a PDS trace; only 01 is strong evidence (NHS-8).
    "nn": "02",
}
# The text codes of the older UK Core system, by how they begin (NHS-9).
NHS_STATUS_TEXTS: Mapping[str, str] = {
    "number-present-and-verified": "01",
    "number-present-but-not-traced": "02",
    "trace-required": "03",
    "trace-attempted": "04",
    "trace-needs-to-be-resolved": "05",
    "trace-in-progress": "06",
    "number-not-present": "07",
    "trace-postponed": "08",
}

# NHS Data Dictionary, as the UK Core ethnic category of England; for bias monitoring only.
ETHNIC_CATEGORIES = frozenset("ABCDEFGHJKLMNPRSZ") | {"99"}

# NHS-57: V and PDS's REDACTED count as R.
RESTRICTED_CODES = frozenset({"R", "V", "REDACTED"})
UNRESTRICTED_CODES = frozenset({"U", "L", "M", "N"})

# The reasons that say there is no value, as `""` does in HL7 v2. The others (masked, error, unsupported ...) say
# that the sender will not or cannot tell: that deletes nothing (NHS-57).
EMPTYING_REASONS = frozenset({"unknown", "asked-unknown", "asked-declined", "not-applicable"})

NAME_USES: Mapping[str, NameUse] = {
    "usual": NameUse.USUAL,
    "official": NameUse.OFFICIAL,
    "temp": NameUse.TEMP,
    "nickname": NameUse.NICKNAME,
    "anonymous": NameUse.ALIAS,
    "old": NameUse.OLD,
    "maiden": NameUse.MAIDEN,
}
NAME_USE_CODES: Mapping[NameUse, str] = {
    **{use: code for code, use in NAME_USES.items()},
    NameUse.ALIAS: "nickname",  # FHIR R4 has no alias; "anonymous" would say the name hides the person
}
ADDRESS_USES: Mapping[str, AddressUse] = {
    "home": AddressUse.HOME,
    "temp": AddressUse.TEMP,
    "old": AddressUse.OLD,
    "work": AddressUse.WORK,
}

GENDERS = frozenset({"male", "female", "other", "unknown"})
_CONTACT_SYSTEMS = frozenset({"phone", "fax", "email", "pager", "url", "sms", "other"})
_CONTACT_USES = frozenset({"home", "work", "temp", "old", "mobile"})
_IDENTIFIER_USES = frozenset({"usual", "official", "temp", "secondary", "old"})
_LINK_TYPES = frozenset({"replaced-by", "replaces", "refer", "seealso"})
_STUDY_STATUSES = frozenset({"registered", "available", "cancelled", "entered-in-error", "unknown"})

# Required binding request-status; FHIR has no code for what is planned, under way, or stopped half-way.
REQUEST_STATUSES: Mapping[OrderStatus, str] = {
    OrderStatus.ORDERED: "active",
    OrderStatus.SCHEDULED: "active",
    OrderStatus.IN_PROGRESS: "active",
    OrderStatus.COMPLETED: "completed",
    OrderStatus.CANCELLED: "revoked",
    OrderStatus.DISCONTINUED: "revoked",
}
# Required binding diagnostic-report-status.
REPORT_STATUSES: Mapping[ReportStatus, str] = {
    ReportStatus.PRELIMINARY: "preliminary",
    ReportStatus.FINAL: "final",
    ReportStatus.CORRECTED: "corrected",
    ReportStatus.CANCELLED: "cancelled",
}
# Required binding composition-status: of a report that will not be written nothing is said.
DOCUMENT_STATUSES: Mapping[ReportStatus, str] = {
    ReportStatus.PRELIMINARY: "preliminary",
    ReportStatus.FINAL: "final",
    ReportStatus.CORRECTED: "amended",
}

BINDINGS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "Patient": {
        "gender": GENDERS,
        "identifier.use": _IDENTIFIER_USES,
        "name.use": frozenset(NAME_USES),
        "telecom.system": _CONTACT_SYSTEMS,
        "telecom.use": _CONTACT_USES,
        "address.use": frozenset({*ADDRESS_USES, "billing"}),
        "address.type": frozenset({"postal", "physical", "both"}),
        "contact.gender": GENDERS,
        "link.type": _LINK_TYPES,
    },
    "ImagingStudy": {"status": _STUDY_STATUSES, "identifier.use": _IDENTIFIER_USES},
    "Parameters": {},
}
"""Required bindings of the resources we read: element path to its codes."""

FAULTS: Mapping[Fault, tuple[int, str]] = {
    Fault.MALFORMED: (400, "structure"),
    Fault.ENCODING: (400, "structure"),
    Fault.OVERSIZED: (413, "too-long"),
    Fault.UNKNOWN_FEED: (403, "forbidden"),
    Fault.FOREIGN_FEED: (403, "forbidden"),
    Fault.COUNT_MISMATCH: (422, "invalid"),
    Fault.OUT_OF_SEQUENCE: (409, "conflict"),
    Fault.UNSUPPORTED_TYPE: (422, "not-supported"),
    Fault.UNSUPPORTED_EVENT: (422, "not-supported"),
    Fault.WRONG_PROCESSING_ID: (422, "business-rule"),
    Fault.UNSUPPORTED_VERSION: (422, "not-supported"),
    Fault.MISSING_FIELD: (422, "required"),
    Fault.BAD_VALUE: (422, "value"),
    Fault.UNKNOWN_AUTHORITY: (422, "code-invalid"),
    Fault.FOREIGN_AUTHORITY: (403, "forbidden"),
    Fault.SELF_MERGE: (422, "business-rule"),
    Fault.ALREADY_SUBSUMED: (409, "conflict"),
    Fault.MERGE_CYCLE: (409, "conflict"),
    Fault.IDENTIFIER_IN_USE: (409, "duplicate"),
    Fault.OVERLAY: (409, "conflict"),
    Fault.UNKNOWN_IDENTIFIER: (404, "not-found"),
    Fault.CONFLICT: (409, "conflict"),
}
"""HTTP status and FHIR issue type (required binding issue-type) of every fault."""

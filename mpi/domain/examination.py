"""What a study shows and how it was made: regions of the body and kinds of imaging, as coarse as reading needs."""

from __future__ import annotations

import re
from enum import StrEnum

from mpi.domain.coding import Scheme, national
from mpi.domain.orders import Coded
from mpi.domain.views import Study


class Region(StrEnum):
    """A region of the body that one examination shows."""

    HEAD = "head"
    NECK = "neck"
    CHEST = "chest"
    BREAST = "breast"
    ABDOMEN = "abdomen"
    PELVIS = "pelvis"
    SPINE = "spine"
    UPPER_LIMB = "upper limb"
    LOWER_LIMB = "lower limb"


# Defined terms of Body Part Examined (DICOM PS3.16 annex L) without their blanks, and what reports call them besides.
_TERMS = {
    Region.HEAD: """HEAD BRAIN SKULL ORBIT EYE FACE FACIALBONES SINUS PARANASALSINUS JAW MANDIBLE MAXILLA TMJ IAC EAR
        PITUITARY NASALBONE ZYGOMA""",
    Region.NECK: "NECK CAROTID THYROID LARYNX PHARYNX PAROTID",
    Region.CHEST: """CHEST THORAX LUNG HEART CARDIAC CORONARYARTERY RIB RIBS STERNUM MEDIASTINUM AORTICARCH
        THORACICAORTA""",
    Region.BREAST: "BREAST",
    Region.ABDOMEN: """ABDOMEN LIVER KIDNEY PANCREAS SPLEEN GALLBLADDER BILEDUCT COLON STOMACH ESOPHAGUS DUODENUM
        SMALLBOWEL RENAL ADRENAL URINARYTRACT ABDOMINALAORTA APPENDIX""",
    Region.PELVIS: """PELVIS PROSTATE BLADDER UTERUS OVARY RECTUM TESTIS SCROTUM PENIS FETUS SACROILIACJOINT
        SIJOINT""",
    Region.SPINE: "SPINE CSPINE TSPINE LSPINE SSPINE CTSPINE TLSPINE LSSPINE SACRUM COCCYX WHOLESPINE",
    Region.UPPER_LIMB: """SHOULDER CLAVICLE SCAPULA ARM UPPERARM HUMERUS ELBOW FOREARM RADIUS ULNA WRIST SCAPHOID HAND
        FINGER THUMB ACJOINT SCJOINT EXTREMITY""",
    Region.LOWER_LIMB: "HIP LEG THIGH FEMUR KNEE PATELLA TIBIA FIBULA LOWERLEG ANKLE CALCANEUS FOOT TOE EXTREMITY",
}
_SEVERAL = {
    "ABDOMENPELVIS": {Region.ABDOMEN, Region.PELVIS},
    "CHESTABDOMEN": {Region.CHEST, Region.ABDOMEN},
    "CHESTABDPELVIS": {Region.CHEST, Region.ABDOMEN, Region.PELVIS},
    "CHESTABDOMENPELVIS": {Region.CHEST, Region.ABDOMEN, Region.PELVIS},
    "HEADNECK": {Region.HEAD, Region.NECK},
    "NECKCHEST": {Region.NECK, Region.CHEST},
    "NECKCHESTABDOMEN": {Region.NECK, Region.CHEST, Region.ABDOMEN},
    "NECKCHESTABDPELV": {Region.NECK, Region.CHEST, Region.ABDOMEN, Region.PELVIS},
    "WHOLEBODY": set(Region),
    "TRUNK": {Region.CHEST, Region.ABDOMEN, Region.PELVIS},
}
_REGIONS: dict[str, frozenset[Region]] = {term: frozenset(regions) for term, regions in _SEVERAL.items()}
for _region, _words in _TERMS.items():
    for _word in _words.split():
        _REGIONS[_word] = _REGIONS.get(_word, frozenset()) | {_region}

# Modalities that make the same kind of picture (DICOM PS3.3 C.7.3.1.1.1); any other stands for itself.
_KINDS = {
    "plain film": "CR DX RG PX IO",
    "mammography": "MG",
    "fluoroscopy": "RF XA",
    "CT": "CT",
    "MR": "MR",
    "ultrasound": "US IVUS",
    "nuclear medicine": "NM PT ST",
}
_KIND_OF = {code: kind for kind, codes in _KINDS.items() for code in codes.split()}
_NO_PICTURES = frozenset(["SR", "PR", "KO", "DOC", "OT", "AU", "REG", "SEG", "ECG", "HD"])
_NOT_LETTERS = re.compile(r"[^A-Z]")


# SNOMED CT codes of parts of the body, by the defined terms of Body Part Examined (DICOM PS3.16 CID 4 and annex L);
# the older codes of chest, abdomen and pelvis are in images still.
SITE_CODES = {
    "69536005": "HEAD",
    "12738006": "BRAIN",
    "89546000": "SKULL",
    "363654007": "ORBIT",
    "91609006": "MANDIBLE",
    "45048000": "NECK",
    "69105007": "CAROTID",
    "69748006": "THYROID",
    "774007": "HEADNECK",
    "816094009": "CHEST",
    "51185008": "CHEST",
    "39607008": "LUNG",
    "80891009": "HEART",
    "76752008": "BREAST",
    "818981001": "ABDOMEN",
    "113345001": "ABDOMEN",
    "10200004": "LIVER",
    "64033007": "KIDNEY",
    "15776009": "PANCREAS",
    "71854001": "COLON",
    "816092008": "PELVIS",
    "12921003": "PELVIS",
    "41216001": "PROSTATE",
    "89837001": "BLADDER",
    "35039007": "UTERUS",
    "818982008": "ABDOMENPELVIS",
    "416550000": "CHESTABDOMEN",
    "416775004": "CHESTABDPELVIS",
    "417437006": "NECKCHEST",
    "416152001": "NECKCHESTABDOMEN",
    "416319003": "NECKCHESTABDPELV",
    "38266002": "WHOLEBODY",
    "421060004": "SPINE",
    "122494005": "CSPINE",
    "122495006": "TSPINE",
    "122496007": "LSPINE",
    "54735007": "SACRUM",
    "16982005": "SHOULDER",
    "40983000": "UPPERARM",
    "16953009": "ELBOW",
    "14975008": "FOREARM",
    "74670003": "WRIST",
    "85562004": "HAND",
    "7569003": "FINGER",
    "29836001": "HIP",
    "24136001": "HIP",
    "71341001": "FEMUR",
    "72696002": "KNEE",
    "49076000": "KNEE",
    "30021000": "LOWERLEG",
    "70258002": "ANKLE",
    "56459004": "FOOT",
    "29707007": "TOE",
}
"""SNOMED CT codes of parts of the body and the defined terms they stand for."""


def site_of(study: Study) -> str:
    """The part of the body by its name, in one spelling; "" when it is not said."""
    return _NOT_LETTERS.sub("", study.body_site.upper())


def sites_of(study: Study) -> frozenset[str]:
    """The parts of the body in one spelling, by their name and by their SNOMED CT codes; none when none is said."""
    coded = (SITE_CODES.get(code, code) for scheme, code in national(study.anatomy) if scheme is Scheme.SNOMED_CT)
    return frozenset((site_of(study), *coded)) - {""}


def regions_of(study: Study) -> frozenset[Region]:
    """The regions shown; none when the part of the body is not said or its name is not known: nothing is guessed."""
    return frozenset(region for site in sites_of(study) for region in _REGIONS.get(site, ()))


def kinds_of(study: Study) -> frozenset[str]:
    """How it was made, reports and the like left out."""
    return frozenset(_KIND_OF.get(code, code) for code in study.modalities if code not in _NO_PICTURES)


def procedures_of(study: Study) -> tuple[Coded, ...]:
    """What was examined, by the codes of its images and by those of its order."""
    given = (*study.procedures, *study.order_codes)
    return tuple(dict.fromkeys(given)) if given else ()


def examinations_of(study: Study) -> frozenset[tuple[str, str]]:
    """What it is an examination of, in ways that can be compared: one that is shared makes two the same examination.

    The kind of imaging with the part of the body, and each SNOMED CT or NICIP code. Other codes do not make two
    examinations of one part of the body different ones: with contrast or without, they may answer one question.
    """
    pictures = {(kind, site) for kind in kinds_of(study) for site in sites_of(study)}
    return frozenset(pictures | {(str(scheme), code) for scheme, code in national(procedures_of(study))})

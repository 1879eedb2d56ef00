"""What a study shows and how it was made: regions of the body and kinds of imaging, as coarse as reading needs."""

from __future__ import annotations

import re
from enum import StrEnum

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


def site_of(study: Study) -> str:
    """The part of the body in one spelling, "" when it is not said."""
    return _NOT_LETTERS.sub("", study.body_site.upper())


def regions_of(study: Study) -> frozenset[Region]:
    """The regions shown; none when the part of the body is not said or its name is not known: nothing is guessed."""
    return _REGIONS.get(site_of(study), frozenset())


def kinds_of(study: Study) -> frozenset[str]:
    """How it was made, reports and the like left out."""
    return frozenset(_KIND_OF.get(code, code) for code in study.modalities if code not in _NO_PICTURES)

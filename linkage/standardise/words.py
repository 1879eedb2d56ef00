"""The words that stand in name fields without being names. Compared after `squash`: letters only, no spaces."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TITLES = _set(
    "MR MRS MS MISS MX MASTER DR DOCTOR PROF PROFESSOR REV REVD REVEREND SIR DAME LADY LORD CAPT COL SGT CLLR"
)
FAMILY_TITLES = _set("MR MRS MS MISS MX DR")
SUFFIXES = _set("JR JNR SR SNR II III IV ESQ OBE MBE CBE")

# What joins the name after it. A name with one of the first kind is also known without it (EL SAYED, SAYED).
PARTICLES = _set(
    "AL EL UL BIN BINT IBN BEN ABU ABDUL ABDEL ABD DA DAS DE DEL DELLA DEN DER DES DI DO DOS DU LA LAS LE LOS "
    "SAN SANTA TEN TER VAN VON ZU ZUM ZUR"
)
PREFIXES = _set("MC MAC O FITZ ST AP NI NIC")
CONNECTORS = _set("E Y I AND")

# Part of the given names when another family name follows; a family name when it stands alone (NHS-60).
RELIGIOUS = _set("SINGH KAUR BEGUM BIBI KHATUN KHATOON BANO")

# So often the first of two given names that the second is the one in daily use.
HONORIFIC_FORENAMES = _set(
    "MOHAMMED MOHAMED MUHAMMAD MOHAMMAD MUHAMMED MUHAMAD MOHAMAD MOHD MUHD MD MOHAMUD SYED SAYED SHEIKH"
)
SERVANT_FORENAMES = _set("ABDUL ABDEL ABD ABDAL")  # "servant of": half a name without the next word

# A parent's "formerly": what follows is an earlier surname.
FORMERLY = _set("NEE FORMERLY AKA ALIAS")

# No name known, and no more said than that.
MISSING = _set("FNU LNU NFN NLN NMN NK NONE NIL NULL NOFORENAME NOSURNAME NOFAMILYNAME NOGIVENNAME")

# Test and clean-up markers (NHS-60); ZZ and XX prefixes are matched by `is_junk`.
JUNK = _set(
    "TEST TESTING TESTPATIENT TESTRECORD PATIENTTEST DUMMY DECEASED DECD DUPLICATE DUPLICATED DUPLICATERECORD MERGED "
    "DONOTUSE DELETED DELETE INVALID VOID RECORD DIED ERROR"
)

# Nobody knows who this is (NHS-53). The first kind says so wherever it stands, the second only in a family name
# or when the family name says no more.
INCIDENT = _set("UNIDENTIFIED TRAUMA MAJORINCIDENT MAJAX UNKNOWNMALE UNKNOWNFEMALE UNKNOWNPATIENT")
MAJOR_INCIDENT = _set("MAJOR INCIDENT")
UNKNOWN = _set("UNKNOWN UNK UNKNOWNNAME NOTKNOWN NAMEUNKNOWN NOTGIVEN NONAME UNNAMED ANONYMOUS")
UNKNOWN_PERSON = _set(
    "MALE FEMALE MAN WOMAN PATIENT PERSON ADULT CHILD BABY UNKNOWN UNK NK ADULTMALE ADULTFEMALE PAEDIATRIC"
)

# The spelling alphabet, from which random names for unidentified patients are drawn (NHS-53).
PHONETIC_ALPHABET = _set(
    "ALFA ALPHA BRAVO CHARLIE DELTA ECHO FOXTROT GOLF HOTEL INDIA JULIET JULIETT JULIETTE KILO LIMA MIKE NOVEMBER "
    "OSCAR PAPA QUEBEC ROMEO SIERRA TANGO UNIFORM VICTOR WHISKEY WHISKY XRAY YANKEE ZULU"
)

# A newborn not yet named (NHS-54). The first kind always; the second only when every given name is such a word.
NEWBORN = _set(
    "BABY BABE BABYOF BABYBOY BABYGIRL BABYMALE BABYFEMALE INFANT INFANTOF NEWBORN NEONATE BOYOF GIRLOF SONOF "
    "DAUGHTEROF MALEINFANT FEMALEINFANT MALEBABY FEMALEBABY BOYBABY GIRLBABY MALETWIN FEMALETWIN"
)
NEWBORN_PLAIN = _set("BOY GIRL MALE FEMALE CHILD FETUS FOETUS OF ONE TWO THREE FOUR")
BIRTH_ORDERS = {
    "1": 1,
    "2": 2,
    "3": 3,
    "4": 4,
    "A": 1,
    "B": 2,
    "C": 3,
    "D": 4,
    "I": 1,
    "II": 2,
    "III": 3,
    "IV": 4,
    "ONE": 1,
    "TWO": 2,
    "THREE": 3,
    "FOUR": 4,
}


def is_junk(word: str) -> bool:
    """Whether a squashed word is a test or clean-up marker; no name begins with ZZ or XX."""
    return word in JUNK or word.startswith(("ZZ", "XX"))


def is_nobody(word: str) -> bool:
    """Whether a squashed word says in a family name that the person is not known."""
    return word in UNKNOWN or word in INCIDENT


def is_name(word: str) -> bool:
    """Whether a squashed word may be kept as a name."""
    return bool(word) and not (is_junk(word) or is_nobody(word) or word in MISSING)

"""A wrong network file is refused at start with its line, what is wrong, and what to write (design 6, ORG-1 to 4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpi import networks
from mpi.domain.network import Moves, Overlays
from mpi.errors import NetworkFileError
from mpi.networks import load_network

TEXT = Path(networks.__path__[0], "greater-manchester.toml").read_text()


def complaints(tmp_path: Path, text: str | bytes) -> list[tuple[int, str]]:
    """The lines and words of every complaint about a file with this text; [] when it loads."""
    file = tmp_path / "network.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        load_network(str(file))
    except NetworkFileError as error:
        found = []
        for row in str(error).split("\n"):
            assert row.startswith(f"{file}:"), row
            line, words = row.removeprefix(f"{file}:").split(": ", 1)
            found.append((int(line), words))
        return found
    return []


def edited(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1, f"the shipped file no longer holds {old!r}"
    return TEXT.replace(old, new, 1)


def line_of(text: str, needle: str) -> int:
    return text[: text.index(needle)].count("\n") + 1


# what is wrong: (text to replace, its replacement, text on the line that must be named, words that must be said)
WRONG = {
    "a quote is missing": ('id = "BOLTON"', 'id = "BOLTON', 'id = "BOLTON', ["not TOML"]),
    "the same key twice": ('code = "RMC"', 'code = "RMC"\ncode = "RMC"', 'code = "RMC"\nname', ["not TOML"]),
    "an unknown key": ('facility = "RMC"', 'facilty = "RMC"', "facilty", ["unknown key 'facilty'", "'facility'"]),
    "an unknown key nothing is near to": ('id = "bolton"', 'id = "bolton"\nzzz = 1', "zzz", ["'zzz'", "charset"]),
    "an unknown key of a site": (
        'name = "Royal Bolton',
        'nmae = "Royal Bolton',
        "Royal Bolton",
        ["did you mean 'name'"],
    ),
    "an unknown table": ("[[archives]]", "[[archive]]", "[[archive]]", ["unknown key 'archive'", "'archives'"]),
    "a certificate for many": (
        'versions = ["2.4"]',
        'versions = ["2.4"]\ncertificates = ["*.bolton.example"]',
        "certificates",
        ["'*.bolton.example' names no certificate", "64 hexadecimal digits"],
    ),
    "half a fingerprint": (
        'versions = ["2.4"]',
        f'versions = ["2.4"]\ncertificates = ["{"ab" * 30}"]',
        "certificates",
        ["names no certificate"],
    ),
    "one certificate in two spellings": (
        'versions = ["2.4"]',
        f'versions = ["2.4"]\ncertificates = ["{"ab" * 32}", "SHA256:{":".join(["AB"] * 32)}"]',
        "certificates",
        ["certificate", "is there twice"],
    ),
    "MLLP of an unknown release": (
        'versions = ["2.4"]',
        'versions = ["2.4"]\nmllp_release = 3',
        "mllp_release",
        ["1 or 2"],
    ),
    "a feed of orders that names no order": (
        'options = ["O01", "R01"]',
        'options = ["A18"]',
        "identity = false",
        ["orders or reports", "O01, O19, O23, R01"],
    ),
    "a second source of an authority, by its RIS": (
        "identity = false",
        "identity = true",
        'authorities = ["BOLTON"]\nidentity',
        ["feed 'bolton' already asserts 'BOLTON'"],
    ),
    "a FHIR feed of orders": (
        'application = "CHRISTIE-FHIR"',
        'application = "CHRISTIE-FHIR"\nidentity = false',
        'identity = false\nfacility = "RBV"',
        ["'identity' means nothing for a FHIR feed"],
    ),
    "a move that means nothing known": (
        'versions = ["2.4"]',
        'versions = ["2.4"]\nmoves = "merge"',
        "moves",
        ["'merge'", "'review', 'note' or 'refuse'"],
    ),
    "a wrong type": (
        "linkage = false",
        'linkage = "no"',
        "linkage =",
        ["'linkage'", "true or false, without quotes"],
    ),
    "a date in quotes": (
        "closed = 2021-10-01",
        'closed = "2021-10-01"',
        "closed =",
        ["'closed'", "date without quotes"],
    ),
    "a date with a time": (
        "closed = 2021-10-01",
        "closed = 2021-10-01T10:00:00",
        "closed =",
        ["date without quotes"],
    ),
    "a text for a list": ('authorities = ["MFT"]', 'authorities = "MFT"', 'authorities = "MFT"', ["list in square"]),
    "a number for a text": ('code = "RRF"', "code = 17", "code = 17", ["'code'", "text in double quotes"]),
    "an empty text": ('name = "Bolton PAS"', 'name = ""', 'name = ""', ["'name'", "must not be empty"]),
    "no namespace at all": ('["RRF", "WWLHIS"]', "[]", "namespaces = []", ["must not be empty"]),
    "an unknown protocol": ('protocol = "fhir"', 'protocol = "hl7"', '"hl7"', ["'hl7'", "'mllp' or 'fhir'"]),
    "an unknown version": ('versions = ["2.3"]', 'versions = ["2.2"]', '"2.2"', ["'2.2'", "'2.5.1'"]),
    "an unknown place of the NHS number": ('"PID-3", "PID-2"', '"PID-3", "PID-5"', '"PID-5"', ["'PID-19'"]),
    "an unknown sex code": ('2 = "F"', '2 = "W"', '2 = "W"', ["'W'", "'M', 'F', 'O' or 'U'"]),
    "an unknown option": ('"A18", "A30"', '"A18", "A31"', '"A31"', ["'A31'", "'A39'"]),
    "a missing key": ('facility = "RBV"\n', "", '[[feeds]]\nid = "christie"', ["'facility' is missing", "MSH-4"]),
    "a missing owner": ('owner = "RW6"\n', "", '[[authorities]]\nid = "PENNINE"', ["'owner' is missing"]),
    "an owner that is not there": ('owner = "RW6"', 'owner = "RW7"', '"RW7"', ["'RW7' is not in this file", "'RW6'"]),
    "a feed's organisation that is not there": (
        'organisation = "RBV"',
        'organisation = "RVB"',
        '"RVB"',
        ["organisation 'RVB'", "did you mean 'RBV'"],
    ),
    "a feed's authority that is not there": (
        'authorities = ["BOLTON"]',
        'authorities = ["BOLTN"]',
        '"BOLTN"',
        ["authority 'BOLTN'", "'BOLTON'"],
    ),
    "an archive's authority that is not there": ('RW6 = "PENNINE"', 'RW6 = "PENINE"', '"PENINE"', ["'PENNINE'"]),
    "an archive's organisation that is not there": (
        'archive"\norganisation = "R0A"',
        'archive"\norganisation = "ZZZ"',
        '"ZZZ"',
        ["organisation 'ZZZ'"],
    ),
    "an AE title's authority that is not there": ('WWL_GW = "WWL"', 'WWL_GW = "WLW"', "WWL_GW", ["'WLW'"]),
    "golden ids by a trust's name": ('namespace = "GMMPI"', 'namespace = "RMC"', 'namespace = "RMC"', ["'BOLTON'"]),
    "golden ids by an archive's issuer": ('namespace = "GMMPI"', 'namespace = "RW3"', 'namespace = "RW3"', ["RW3"]),
    "golden ids by a name with a blank": ('namespace = "GMMPI"', 'namespace = "GM MPI"', "GM MPI", ["20 letters"]),
    "golden ids by the NHS number's OID": (
        'oid = "2.25.19986773054841756461175271937358851943"',
        'oid = "2.16.840.1.113883.2.1.4.1"',
        'oid = "2.16.840.1.113883.2.1.4.1"',
        ["the NHS number"],
    ),
    "a sender that is no AE title": (
        'id = "gm-vna"\nname',
        'senders = ["GM\\\\VNA"]\nid = "gm-vna"\nname',
        "senders",
        ["1 to 16 ASCII"],
    ),
    "a sender that is mapped as well": (
        'id = "gm-vna"\nname',
        'senders = ["WWL_GW"]\nid = "gm-vna"\nname',
        "senders",
        ["'ae_titles' already"],
    ),
    "an archive's character set that is none": (
        'id = "gm-vna"\nname',
        'charset = "utf-16"\nid = "gm-vna"\nname',
        'charset = "utf-16"',
        ["'utf-16' is not a character set"],
    ),
    "an AE title that is too long": ("WWL_GW", "WWL_GATEWAY_NUMBER_1", "WWL_GATEWAY", ["1 to 16 ASCII"]),
    "an organisation twice": (
        'code = "RWJ"',
        'code = "RMC"',
        'code = "RMC"\nname = "Stock',
        ["'RMC' is there twice"],
    ),
    "a site twice": ('"RW604"', '"RW603"', '"RW603", name = "Rochdale', ["site 'RW603' is there twice"]),
    "a feed id twice": ('id = "wwl"', 'id = "bolton"', 'id = "bolton"\norganisation = "RRF"', ["there twice"]),
    "two authorities with one id": (
        'id = "WWL"',
        'id = "TAMESIDE"',
        'id = "TAMESIDE"\nname = "Wigan',
        ["already names"],
    ),
    "two authorities with one namespace": (
        '["RRF", "WWLHIS"]',
        '["RRF", "RMP"]',
        '"RRF", "RMP"',
        ["'RMP' already names authority 'TAMESIDE'"],
    ),
    "two authorities with one OID": (
        "2.25.212780568413397245248520398580765958614",
        "2.25.222616786383257337614788654726702516605",
        'oid = "2.25.222616786383257337614788654726702516605"\nsystem = "https://fhir.wwl',
        ["already names", "TAMESIDE"],
    ),
    "two authorities with one FHIR system": (
        "fhir.wwl.example",
        "fhir.tameside.example",
        'system = "https://fhir.tameside.example/Id/patient-number"\n\n# ----',
        ["already names authority 'TAMESIDE'"],
    ),
    "the NHS number's OID for a local namespace": (
        "2.25.212780568413397245248520398580765958614",
        "2.16.840.1.113883.2.1.4.1",
        "2.16.840",
        ["belongs to the NHS number"],
    ),
    "the NHS number's old system for a local namespace": (
        "https://fhir.wwl.example/Id/patient-number",
        "http://fhir.nhs.net/Id/nhs-number",
        "nhs.net",
        ["NHS number"],
    ),
    "an authority called NHS": ('id = "WWL"', 'id = "NHS"', 'id = "NHS"', ["always there; leave it out"]),
    "a feed that asserts NHS": (
        'authorities = ["WWL"]',
        'authorities = ["WWL", "NHS"]',
        '"WWL", "NHS"',
        ["no feed asserts"],
    ),
    "an OID that is none": (
        "2.25.212780568413397245248520398580765958614",
        "urn:oid:2.25",
        "urn:oid",
        ["numbers separated"],
    ),
    "a system that is none": (
        "https://fhir.wwl.example/Id/patient-number",
        "wwl",
        'system = "wwl"',
        ["a URI, as in"],
    ),
    "a namespace with an HL7 delimiter": ('"WWLHIS"]', '"WWL^HIS"]', "WWL^HIS", ["'WWL^HIS'", "at most 20"]),
    "a namespace that is too long": ('"WWLHIS"]', '"WIGAN-HOSPITAL-RECORDS"]', "WIGAN-H", ["at most 20"]),
    "two feeds through one door": (
        'application = "STOPAS"\nfacility = "RWJ"',
        'application = "BOLPAS"\nfacility = "RMC"',
        'application = "BOLPAS"\nfacility = "RMC"\nauthorities = ["STOCK',
        ["feed 'bolton' already is BOLPAS at RMC"],
    ),
    "an HL7 delimiter in a facility": ('facility = "RBV"', 'facility = "R|V"', '"R|V"', ["HL7 delimiter"]),
    "two sources of one namespace (V2-49)": (
        'authorities = ["MFT-SEXUAL-HEALTH"]',
        'authorities = ["MFT-SEXUAL-HEALTH", "MFT"]',
        'authorities = ["MFT-SEXUAL-HEALTH", "MFT"]',
        ["feed 'mft' already asserts 'MFT'", "one source"],
    ),
    "another trust's namespace (V2-49)": (
        'authorities = ["WWL"]',
        'authorities = ["WWL", "MFT-CMFT"]',
        '"WWL", "MFT-CMFT"',
        ["RRF may not assert 'MFT-CMFT'"],
    ),
    "a namespace that ended before go-live": (
        'authorities = ["MFT"]',
        'authorities = ["MFT", "MFT-CMFT"]',
        '"MFT", "MFT-CMFT"',
        ["ended on 2022-09-08"],
    ),
    "closed before it joined": (
        "closed = 2021-10-01",
        "joined = 2022-01-01\nclosed = 2021-10-01",
        "closed = ",
        ["'closed' 2021-10-01 is not after"],
    ),
    "valid until before valid from": (
        "valid_from = 2022-09-08",
        "valid_from = 2022-09-08\nvalid_to = 2020-01-01",
        "valid_to = 2020",
        ["is not after"],
    ),
    "live before its trust joined": (
        "go_live = 2022-07-04",
        "go_live = 2020-07-04",
        "go_live = 2020",
        ["joined of RMC"],
    ),
    "a trust code of the wrong shape": (
        'code = "RWJ"',
        'code = "rwj"',
        'code = "rwj"',
        ["'rwj' is no ODS code", "R0A"],
    ),
    "a site of another trust": ('"RWJ09"', '"RMP09"', '"RMP09"', ["no site code of RWJ"]),
    "a site code of the wrong shape": ('"RWJ09"', '"RWJ"', 'code = "RWJ", name', ["RWJ and two more characters"]),
    "an unknown character set": (
        'charset = "iso8859-1"',
        'charset = "latin-99"',
        "latin-99",
        ["'latin-99'", "cp1252"],
    ),
    "a character set MLLP cannot carry (V2-4)": (
        'charset = "iso8859-1"',
        'charset = "utf-16"',
        "utf-16",
        ["keeps ASCII as it is"],
    ),
    "a successor at a site the owner has not": (
        'site = "RW602"',
        'site = "RW609"',
        '"RW609"',
        ["no site of RW6", "RW60"],
    ),
    "a successor that is not there": (
        'site = "RW602", organisation = "R0A"',
        'site = "RW602", organisation = "R0B"',
        '"R0B"',
        ["'R0B'", "'R0A'"],
    ),
    "a successor twice for one site": (
        'site = "RW602"',
        'site = "RW601"',
        'site = "RW601", organisation = "R0A"',
        ["'RW601' is there twice"],
    ),
    "its own successor": (
        'site = "RW602", organisation = "R0A"',
        'site = "RW602", organisation = "RW6"',
        'site = "RW602"',
        ["owner itself"],
    ),
    "a successor after the closing": (
        "since = 2021-04-01",
        "since = 2022-04-01",
        "since = 2022",
        ["RW6 closed on 2021-10-01"],
    ),
    "a closed trust's feed": (
        'organisation = "RM3"\nprotocol = "mllp"\napplication = "PENPAS"',
        'organisation = "RW6"\nprotocol = "mllp"\napplication = "PENPAS"',
        'organisation = "RW6"\nprotocol',
        ["RW6 closed on 2021-10-01 and sends nothing"],
    ),
    "an MLLP key for a FHIR feed": (
        'facility = "RBV"',
        'facility = "RBV"\ncharset = "utf-8"',
        'charset = "utf-8"',
        ["FHIR feed"],
    ),
    "a strictness there is not": (
        'facility = "RMC"',
        'facility = "RMC"\nstrictness = "harsh"',
        'strictness = "harsh"',
        ["'harsh'", "'lenient' or 'strict'"],
    ),
    "a sample of a strict feed": (
        'facility = "RMC"',
        'facility = "RMC"\nstrictness = "strict"\nvalidate_one_in = 10',
        "validate_one_in",
        ["every message is validated", "leave 'validate_one_in' out"],
    ),
    "a sample that is no number": (
        'facility = "RMC"',
        'facility = "RMC"\nvalidate_one_in = "all"',
        "validate_one_in",
        ["'validate_one_in'", "whole number"],
    ),
    "a sample below none": (
        'facility = "RMC"',
        'facility = "RMC"\nvalidate_one_in = -1',
        "validate_one_in",
        ["must not be less than 0"],
    ),
    "strictness of a FHIR feed": (
        'facility = "RBV"',
        'facility = "RBV"\nstrictness = "strict"',
        'strictness = "strict"',
        ["FHIR feed"],
    ),
    "neither OID nor system": (
        'oid = "2.25.212780568413397245248520398580765958614"\nsystem = "https://fhir.wwl.example/Id/patient-number"\n',
        "",
        '[[authorities]]\nid = "WWL"',
        ["neither 'oid' nor 'system'"],
    ),
}


@pytest.mark.parametrize(("old", "new", "place", "words"), WRONG.values(), ids=WRONG.keys())
def test_names_the_line_and_says_what_to_write(
    tmp_path: Path, old: str, new: str, place: str, words: list[str]
) -> None:
    text = edited(old, new)
    expected = line_of(text, place)
    said = [sentence for line, sentence in complaints(tmp_path, text) if line == expected]
    assert any(all(word in sentence for word in words) for sentence in said), complaints(tmp_path, text)


def test_a_blanket_alias_of_the_predecessor_is_refused(tmp_path: Path) -> None:
    """ORG-3: every site of a closed trust needs a successor of its own; no RW6 -> RM3 for all."""
    text = edited('    { site = "RW602", organisation = "R0A", since = 2021-04-01 },\n', "")
    ((line, words),) = complaints(tmp_path, text)
    assert line == line_of(text, '[[authorities]]\nid = "PENNINE"')
    assert "nobody succeeds it at RW602" in words


def test_all_complaints_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = edited('owner = "RBV"', 'owner = "RBX"').replace('"iso8859-1"', '"latin-99"').replace("RWJ09", "RWJ99999")
    lines = [line for line, _ in complaints(tmp_path, text)]
    assert lines == sorted(lines_of := [line_of(text, n) for n in ("RWJ99999", '"RBX"', "latin-99")])
    assert len(lines_of) == 3


def test_windows_line_ends_are_counted_once(tmp_path: Path) -> None:
    text = edited('owner = "RBV"', 'owner = "RBX"')
    ((line, _),) = complaints(tmp_path, text.replace("\n", "\r\n"))
    assert line == line_of(text, '"RBX"')


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    ((line, words),) = complaints(tmp_path, b'id = "a"\nname = "caf\xe9"\n')
    assert (line, words) == (2, "not UTF-8; save the file as UTF-8")


def test_an_empty_file_says_what_is_missing(tmp_path: Path) -> None:
    found = complaints(tmp_path, "")
    assert {line for line, _ in found} == {1}
    assert any("'organisations' is missing" in words for _, words in found)


def test_a_text_without_end_names_the_last_line(tmp_path: Path) -> None:
    ((line, words),) = complaints(tmp_path, 'id = "a"\nname = "b"\nsites = [')
    assert line == 3
    assert words.startswith("not TOML")


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(NetworkFileError, match=r"/nowhere/net\.toml:1: cannot be read"):
        load_network("/nowhere/net.toml")


def test_a_shipped_name_with_a_slip_is_corrected() -> None:
    with pytest.raises(NetworkFileError, match="did you mean 'greater-manchester'"):
        load_network("greater-manchestr")


def test_certificates_are_held_in_one_spelling(tmp_path: Path) -> None:
    """SEC-4: as `openssl x509 -fingerprint` writes it, or as a name in any case."""
    written = f'["PAS.Bolton.example", "{":".join(["AB"] * 32)}"]'
    file = tmp_path / "network.toml"
    file.write_text(edited('versions = ["2.4"]', f'versions = ["2.4"]\ncertificates = {written}\nmllp_release = 2'))
    feed = load_network(str(file)).feed_by_id["bolton"]
    assert feed.certificates == {"pas.bolton.example", "ab" * 32}
    assert (feed.mllp_release, feed.sequence_numbers, feed.moves) == (2, False, Moves.REVIEW)


def test_what_becomes_of_an_overlay_is_the_feeds_to_say(tmp_path: Path) -> None:
    file = tmp_path / "network.toml"
    file.write_text(edited('versions = ["2.4"]', 'versions = ["2.4"]\noverlays = "refuse"'))
    feeds = load_network(str(file)).feeds
    assert {feed.id for feed in feeds if feed.overlays is Overlays.REFUSE} == {"bolton"}
    ((_, words),) = complaints(tmp_path, edited('versions = ["2.4"]', 'versions = ["2.4"]\noverlays = "drop"'))
    assert "'hold' or 'refuse'" in words


@pytest.mark.parametrize("address", ["archive.example", "https://archive.example/dicom-web/"])
def test_where_an_archive_is_read_is_an_address_without_its_last_slash(tmp_path: Path, address: str) -> None:
    ((_, words),) = complaints(tmp_path, edited('id = "gm-vna"', f'id = "gm-vna"\nretrieve = "{address}"'))
    assert "https://archive.example/dicom-web" in words

"""An archive's studies are back-loaded by QIDO-RS, however its server pages (IHE-60, IHE-63; PS3.18 8.3.4, 10.6)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from adapters.dicom.harvest import Day
from adapters.dicom.listing import Listing, Span
from adapters.dicom.qido import WebPeer, search_studies
from mpi.errors import SettingsError, Unavailable
from mpi.main.harvest import Days, harvesting
from mpi.main.peers import Access, peer_of
from mpi.settings import Settings, load_settings
from tests.acceptance.index_state import count, rows
from tests.acceptance.service_process import mpi
from tests.certificates import Authority
from tests.integration.qido_stub import Manners, QidoStub

DAY, NEXT = date(2024, 3, 1), date(2024, 3, 2)


@pytest.fixture
def archive() -> Iterator[QidoStub]:
    stub = QidoStub()
    for number in range(120):
        stub.add(number, DAY)
    yield stub
    stub.stop()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return load_settings(database_url=database_url)


def run(settings: Settings, archive: QidoStub, *, undated: bool = False, access: Access = Access()) -> list[Day]:
    days = Days(DAY, NEXT, undated)
    return list(harvesting(settings, "gm-vna", archive.url, days, Path("progress"), 0, access))


def uids(archive: QidoStub, span: Span = Span(DAY), page: int = 50) -> list[str]:
    peer = WebPeer(archive.url, page=page)
    return [match.read()[0].StudyInstanceUID for match in search_studies(peer, span)]


def listed(archive: QidoStub) -> tuple[set[str], int]:
    """The studies of the day, and in how many parts they were read."""
    listing = Listing(lambda span: search_studies(WebPeer(archive.url, page=50), span), DAY)
    found = [answer.read()[0].StudyInstanceUID for answer in listing]
    assert len(found) == len(set(found)) == listing.looked
    return set(found), listing.parts


def test_every_study_once_and_the_counts_add_up(settings: Settings, archive: QidoStub) -> None:
    del archive.studies[5:]
    archive.add(6, NEXT, IssuerOfPatientID=None)
    archive.add(7, NEXT, PatientBirthDate="")
    archive.add(8, NEXT, PatientSex="WOMAN")
    archive.add(0, NEXT, PatientID="P1")
    archive.add(9, NEXT, {"00100020": {"vr": "LO", "Value": [["P9"]]}})
    archive.add(10, NEXT, {"00100021": {"vr": "LO", "Value": "RMC"}})
    archive.add(11, NEXT, StudyDate="", StudyTime="")
    days = run(settings, archive, undated=True)
    counts = [(d.listed, d.registered, d.new, d.quarantined, d.flawed) for d in days]
    assert counts == [(5, 5, 5, 0, 0), (6, 2, 2, 5, 1), (1, 1, 1, 0, 0)]
    assert all(day.listed == day.registered + day.quarantined - day.flawed for day in days)
    assert (days[2].day, days[2].looked) == (None, 12)
    assert count(settings.database_url, "select count(*) from study") == sum(day.new for day in days)
    faults = rows(settings.database_url, "select fault, event from message order by fault, id")
    names = ("bad-value", "conflict", "encoding", "encoding", "missing-field")
    assert faults == [(fault, "QIDO-RS") for fault in names]
    assert {"00100021", "00100024", "00101002"} <= set(archive.asked[0]["includefield"].split()), "IHE-63"
    assert run(settings, archive, undated=True) == []


def test_a_server_that_caps_its_pages_is_asked_on(archive: QidoStub) -> None:
    archive.manners = Manners(cap=7)
    assert len(uids(archive)) == 120
    archive.manners, archive.asked[:] = Manners(), []
    assert len(uids(archive)) == 120
    assert [asked.get("offset", "0") for asked in archive.asked] == ["0", "50", "100", "120"]


def test_a_server_that_ignores_offset_is_asked_for_parts_of_the_day(archive: QidoStub) -> None:
    archive.manners = Manners(offset=False)
    assert len(listed(archive)[0]) == 120
    archive.manners = Manners(offset=False, cap=30, warns=True)
    with pytest.raises(Unavailable, match="cannot be split further"):
        listed(archive)  # it says that there is more, however little is asked for
    archive.manners = Manners(offset=False, times=False)
    with pytest.raises(Unavailable, match="studies of other hours too"):
        listed(archive)


@pytest.mark.parametrize("offset", [True, False])
def test_a_server_that_tells_no_more_than_its_limit_and_says_nothing(archive: QidoStub, offset: bool) -> None:
    """Orthanc 1.10 does so. All of one morning, or of one hour, are behind the same limit."""
    archive.manners = Manners(most=55, offset=offset)
    found, parts = listed(archive)
    assert (len(found), parts > 1) == (120, True)
    for study in archive.studies:
        study["00080030"]["Value"] = [f"09{study['00080030']['Value'][0][:2]}00"]
    assert len(listed(archive)[0]) == 120


def test_a_list_that_is_whole_is_asked_for_twice_and_no_more(archive: QidoStub) -> None:
    assert listed(archive) == (set(uids(archive)), 1)
    assert [asked.get("StudyTime", "") for asked in archive.asked if "offset" not in asked][:3] == [
        "",
        "000000-115959.999999",
        "120000-235959.999999",
    ]
    del archive.studies[20:], archive.asked[:]
    assert len(listed(archive)[0]) == 20
    assert not any("StudyTime" in asked for asked in archive.asked), "nobody's limit is as low"


def test_tags_in_small_letters_are_read_too(archive: QidoStub) -> None:
    """PS3.18 F.2.2 wants capitals; a study is not taken for another because its archive writes otherwise."""
    archive.add(120, DAY, IssuerOfPatientID=None)
    archive.studies[:] = [{tag.lower(): told for tag, told in study.items()} for study in archive.studies]
    assert len(set(uids(archive))) == 121


def test_studies_without_a_date_are_not_said_to_be_all_behind_a_limit(settings: Settings, archive: QidoStub) -> None:
    del archive.studies[12:]
    archive.add(12, NEXT, StudyDate="")
    archive.manners = Manners(most=10)
    archive.studies[11]["00080020"]["Value"] = ["20240302"]
    archive.studies[10]["00080020"]["Value"] = ["20240302"]
    with pytest.raises(Unavailable, match="told 10 studies when asked for all, and 12 day by day"):
        run(settings, archive, undated=True)
    assert len(Path("progress").read_text().splitlines()) == 2


def test_a_search_that_is_too_broad_is_made_narrower(archive: QidoStub) -> None:
    """PS3.18 8.5: 413."""
    archive.manners = Manners(too_broad=30)
    found, parts = listed(archive)
    assert (len(found), parts > 3) == (120, True)


def test_no_studies_are_no_error(archive: QidoStub) -> None:
    """PS3.18 8.5: 204; others answer 200 with an empty list, or with nothing."""
    archive.studies.clear()
    assert uids(archive) == []
    archive.manners = Manners(body=b"[]")
    assert uids(archive) == []


@pytest.mark.parametrize(
    ("manners", "words"),
    [
        (Manners(dies_after=1), "cannot be asked for studies: RemoteProtocolError"),
        (Manners(content_type="application/dicom+xml"), "no application/dicom"),
        (Manners(content_type="text/html"), "is that the address of QIDO-RS"),
        (Manners(body=b'[{"0020000D": '), "no list of studies"),
        (Manners(body=b'{"00100020": {}}'), "no list of studies"),
        (Manners(body=b'["x"]'), "no list of studies"),
        (Manners(status=503), "answered 503"),
        (Manners(status=302), "answered 302"),
        (Manners(token="other"), "answered 401"),
    ],
)
def test_an_answer_that_is_none_ends_the_day(archive: QidoStub, manners: Manners, words: str) -> None:
    archive.manners = manners
    with pytest.raises(Unavailable, match=words):
        uids(archive)


def test_it_goes_on_where_the_server_died(settings: Settings, archive: QidoStub) -> None:
    del archive.studies[4:]
    archive.manners = Manners(cap=3, dies_after=1)
    with pytest.raises(Unavailable):
        run(settings, archive)
    assert not Path("progress").exists()
    archive.manners = Manners(cap=3)
    first, second = run(settings, archive)
    assert (first.listed, first.registered, first.new) == (4, 4, 4)
    assert second.listed == 0


def test_a_server_that_answers_for_all_days_is_not_believed(archive: QidoStub) -> None:
    peer = WebPeer(archive.url)
    everything = Listing(lambda span: search_studies(peer, Span(None)), NEXT)
    with pytest.raises(Unavailable, match="tells others too"):
        list(everything)


def test_over_tls_with_a_token(settings: Settings, tmp_path: Path) -> None:
    """SEC-4: nobody but the archive that the authority vouches for is told the token."""
    ours = Authority(tmp_path)
    key = ours.sign("archive", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(key.cert, key.key)
    archive = QidoStub(manners=Manners(token="secret.of.ours"), tls=context)
    archive.add(1, DAY)
    token = tmp_path / "token"
    token.write_text("secret.of.ours\n")
    try:
        with pytest.raises(Unavailable, match="ConnectError"):
            run(settings, archive, access=Access(token))
        assert archive.asked == []
        with pytest.raises(Unavailable, match="401"):
            run(settings, archive, access=Access(None, ours.ca))
        assert [day.new for day in run(settings, archive, access=Access(token, ours.ca))] == [1, 0]
    finally:
        archive.stop()


@pytest.mark.parametrize(
    ("peer", "words"),
    [
        ("http://vna.example/dicom-web", "over TLS only"),
        ("https://user:word@vna/dicom-web", "no password"),
        ("https://vna/dicom-web?x=1", "query"),
        ("ftp://vna/dicom-web", "is no peer"),
    ],
)
def test_an_address_that_cannot_be_is_told(peer: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        peer_of(peer, "MPI", Access())


def test_a_token_that_is_none_is_told_without_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("two words")
    with pytest.raises(SettingsError, match="cannot be used") as told:
        peer_of("https://vna/dicom-web", "MPI", Access(tmp_path / "token"))
    assert "two words" not in str(told.value)
    with pytest.raises(SettingsError, match="are for QIDO-RS"):
        peer_of("VNA@vna:104", "MPI", Access(tmp_path / "token"))


def test_the_title_said_maps_images_without_an_issuer(settings: Settings, archive: QidoStub) -> None:
    """IHE-60: by AE title only when somebody says which."""
    del archive.studies[:]
    archive.add(1, DAY, IssuerOfPatientID=None)
    archive.url = f"BOLTON_GW@{archive.url}"
    assert [day.registered for day in run(settings, archive)] == [1, 0]


def test_the_web_in_the_command(settings: Settings, archive: QidoStub, tmp_path: Path) -> None:
    del archive.studies[3:]
    days = ("--since", "2024-03-01", "--until", "2024-03-01", "--undated")
    arguments = ("harvest", "gm-vna", "--peer", archive.url, "--progress", "done", *days)
    told = mpi(*arguments, cwd=tmp_path, database_url=settings.database_url)
    assert told.returncode == 0, told.stderr
    assert "2024-03-01: 3 studies listed, 3 registered (3 new), 0 in quarantine" in told.stderr
    assert "without a date, of 3: 0 studies listed" in told.stderr

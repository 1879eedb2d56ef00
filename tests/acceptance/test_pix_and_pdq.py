"""PIX and PDQ over a real socket and a real database say what PIXm and PDQm say, and consumers hear of every change.

The querying client is python-hl7's, which nobody here wrote.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import hl7
import hl7apy.parser
import psycopg
import pytest
from hl7.client import MLLPClient
from hl7apy.consts import VALIDATION_LEVEL
from sqlalchemy.engine import make_url

from adapters.hl7v2.ack import code_of
from mpi.domain.network import Network
from tests.acceptance.archive_client import Region, ok
from tests.acceptance.conftest import StartService
from tests.acceptance.index_state import rows
from tests.acceptance.mllp_consumer import Receiver, field_of, listening, sets
from tests.acceptance.patients import AUTHORITIES, Patient, adt, control_id, nhs_number
from tests.acceptance.service_process import Service, mpi, wait_for
from tests.conformance.hl7v2.ihe_profiles import profiles

PERSON = Patient("TREVELYAN", "Morwenna", nhs=nhs_number(501))
ALIKE = Patient("TREVELYAN", "Morwena", line="1 Mersey Way", postcode="SK1 1AA", phone="")
CONSUMERS = """
[[consumers]]
id = "ris"
organisation = "RMC"
application = "RIS"
facility = "RMC"
transactions = ["ITI-9", "ITI-21", "ITI-10"]
host = "127.0.0.1"
port = {ris}

[[consumers]]
id = "registry"
organisation = "R0A"
application = "REGISTRY"
facility = "R0A"
transactions = ["ITI-64"]
host = "127.0.0.1"
port = {registry}
xad_oid = "2.25.4711"
"""
SHIPPED = Path(__file__).parents[2] / "mpi" / "networks" / "greater-manchester.toml"

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def ris() -> Iterator[Receiver]:
    receiver = Receiver()
    with listening(receiver):
        yield receiver


@pytest.fixture(scope="module")
def registry() -> Iterator[Receiver]:
    receiver = Receiver()
    with listening(receiver):
        yield receiver


@pytest.fixture(scope="module")
def network_file(ris: Receiver, registry: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("network") / "region.toml"
    file.write_text(SHIPPED.read_text() + CONSUMERS.format(ris=ris.port, registry=registry.port))
    return file


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def service(start_service: StartService, database: str, network_file: Path) -> Service:
    return start_service(database_url=database, workers=2, network=network_file)


@pytest.fixture(scope="module")
def region(service: Service, network: Network) -> Iterator[Region]:
    asked = Region(service, network)
    yield asked
    asked.close()


class Consumer:
    """A PIX and PDQ consumer that parses every answer with hl7apy, strictly, before it believes it."""

    def __init__(self, service: Service, network: Network) -> None:
        self._service = service
        self._network = network

    def ask(self, kind: str, *segments: str) -> hl7.Message:
        head = f"MSH|^~\\&|RIS|RMC|MPI|REGION|20260301120000||{kind}|{control_id()}|P|2.5"
        with MLLPClient(*self._service.target.mllp) as client:
            answer = client.send_message("\r".join((head, *segments)) + "\r").strip(b"\x0b\x1c\r").decode() + "\r"
        hl7apy.parser.parse_message(
            answer,
            validation_level=VALIDATION_LEVEL.STRICT,
            message_profile=profiles("2.5"),
            force_validation=True,
        )
        return hl7.parse(answer)

    def pix(self, identifier: str, *domains: str) -> tuple[str, set[str]]:
        """QAK-2 and the identifiers told."""
        targets = "~".join(f"^^^{self._namespace(domain)}" for domain in domains)
        qpd = f"QPD|IHE PIX Query|T{control_id()}|{self._cx(identifier)}|{targets}".rstrip("|")
        answer = self.ask("QBP^Q23^QBP_Q21", qpd, "RCP|I")
        told = set().union(*self._told(answer)) if "PID" in str(answer) else set()
        return str(answer.segment("QAK")[2]), told

    def pdq(self, *parameters: str, domains: str = "", page: str = "", dsc: str = "") -> tuple[list[set[str]], str]:
        """The identifiers of each person found, and DSC-1."""
        qpd = f"QPD|IHE PDQ Query|TAG1|{'~'.join(parameters)}|||||{domains}".rstrip("|")
        rest = [f"DSC|{dsc}|I"] if dsc else []
        answer = self.ask("QBP^Q22^QBP_Q21", qpd, f"RCP|I|{page}".rstrip("|"), *rest)
        assert str(answer.segment("MSA")[1]) == "AA", str(answer)
        pointer = str(answer.segment("DSC")[1]) if "\rDSC|" in str(answer) else ""
        return self._told(answer), pointer

    def _told(self, answer: hl7.Message) -> list[set[str]]:
        lines = str(answer).split("\r")
        people = [line.split("|")[3].split("~") for line in lines if line.startswith("PID")]
        return [{self._spell(cx) for cx in person} for person in people]

    def _spell(self, cx: str) -> str:
        parts = cx.split("^")
        namespace, oid, kind = parts[3].split("&")
        authority = self._network.authority(oid)
        assert (authority, kind) == (self._network.authority(namespace), "ISO")
        return f"{authority.id}|{parts[0]}"

    def _namespace(self, authority: str) -> str:
        return self._network.authority_by_id[authority].namespaces[0]

    def _cx(self, identifier: str) -> str:
        authority, value = identifier.split("|")
        return f"{value}^^^{self._namespace(authority)}"


@pytest.fixture(scope="module")
def consumer(service: Service, network: Network) -> Consumer:
    return Consumer(service, network)


def send(service: Service, *messages: bytes) -> None:
    with service.mllp() as client:
        for message in messages:
            assert code_of(client.send(message)) == "AA"


@pytest.fixture(scope="module")
def told(service: Service) -> set[str]:
    """One person at four trusts by one NHS number."""
    for feed, value in (("bolton", "T1"), ("stockport", "T2"), ("mft", "T3"), ("wwl", "T4")):
        send(service, adt(feed, "A28", value, PERSON))
    trusts = zip(("bolton", "stockport", "mft", "wwl"), ("T1", "T2", "T3", "T4"), strict=True)
    return {f"{AUTHORITIES[feed]}|{value}" for feed, value in trusts} | {f"NHS|{PERSON.nhs}"}


def test_ihe_1_pix_says_what_pixm_says(region: Region, consumer: Consumer, told: set[str]) -> None:
    for identifier in sorted(told):
        assert consumer.pix(identifier) == ("OK", told - {identifier})
        assert region.pixm(identifier)[1] == told - {identifier}
    assert consumer.pix("BOLTON|T1", "MFT", "NHS") == ("OK", {"MFT|T3", f"NHS|{PERSON.nhs}"})
    assert consumer.pix("BOLTON|T1", "PENNINE") == ("NF", set())
    assert consumer.pix("BOLTON|nobody") == ("AE", set())


def test_ihe_31_pdq_says_what_pdqm_says(region: Region, consumer: Consumer, told: set[str]) -> None:
    questions = (
        (["@PID.5.1.1^TREVELYAN"], {"family:exact": "TREVELYAN"}),
        (["@PID.5.1.1^TREV*", "@PID.5.2^Morwenna"], {"family": "TREV", "given:exact": "Morwenna"}),
        (["@PID.7^19540307", "@PID.8^F"], {"birthdate": "1954-03-07", "gender": "female"}),
        (["@PID.5.1.1^TREVELYAN", "@PID.11.5^BL1 4QT"], {"family": "TREVELYAN", "address-postalcode": "BL1 4QT"}),
        (["@PID.5.1.1^TREVELYAN", "@PID.13.1^07700900123"], {"family": "TREVELYAN", "telecom": "07700900123"}),
        (["@PID.5.1.1^TREVELYAN", "@PID.7^1955"], {"family": "TREVELYAN", "birthdate": "1955"}),
    )
    for parameters, query in questions:
        found = ok(region.as_("viewer").get("/fhir/Patient", params=query))
        patients = [entry["resource"] for entry in found.get("entry", []) if entry["search"]["mode"] == "match"]
        by_fhir = [{region._spell(one) for one in patient["identifier"]} for patient in patients]
        by_hl7, pointer = consumer.pdq(*parameters)
        assert (sorted(map(sorted, by_hl7)), pointer) == (sorted(map(sorted, by_fhir)), "")
    assert consumer.pdq("@PID.3.1^T2", "@PID.3.4.1^RWJ")[0] == [told] == [region.pdqm("STOCKPORT|T2")[1]]
    assert consumer.pdq("@PID.3.1^T2", "@PID.3.4.1^RWJ", domains="^^^RMC")[0] == [{"BOLTON|T1"}]


def test_ihe_9_a_possible_match_is_no_cross_reference(service: Service, region: Region, consumer: Consumer) -> None:
    send(service, adt("stockport", "A28", "T9", ALIKE))
    assert region.resolve("STOCKPORT|T9")["state"] == "ambiguous"
    assert consumer.pix("STOCKPORT|T9") == ("NF", set())
    assert "STOCKPORT|T9" not in consumer.pix("BOLTON|T1")[1]


def test_ihe_33_pages_over_two_workers_while_a_merge_comes_between(service: Service, consumer: Consumer) -> None:
    """Each page is asked for on a connection of its own, and so of either worker."""
    crowd = {f"T{n}" for n in range(100, 107)}
    for number, value in enumerate(sorted(crowd)):
        patient = Patient("PENHALIGON", f"Given{number}", f"19{40 + 5 * number}0{number + 1}11", "FM"[number % 2],
                          f"{number} Some Street", f"M{number + 1} 2BB", "")  # fmt: skip
        send(service, adt("bolton", "A28", value, patient))
    seen: list[str] = []
    pointer, pages = "", 0
    while pages == 0 or pointer:
        people, pointer = consumer.pdq("@PID.5.1.1^PENHALIGON", page="2^RD", dsc=pointer)
        seen += [one for person in people for one in person]
        pages += 1
        if pages == 1:
            kept, gone = sorted(crowd - {one.split("|")[1] for one in seen})[:2]
            send(service, adt("bolton", "A40", kept, Patient("", ""), prior=gone))
    assert (pages, sorted(seen)) == (4, sorted(f"BOLTON|{value}" for value in crowd))
    assert len(consumer.pdq("@PID.5.1.1^PENHALIGON")[0]) == 6


def test_ihe_33_a_cancelled_query_has_no_further_pages(consumer: Consumer, told: set[str]) -> None:
    _, pointer = consumer.pdq("@PID.5.1.1^TREV*", page="1^RD")
    assert pointer
    head = f"MSH|^~\\&|RIS|RMC|MPI|REGION|20260301120000||QCN^J01^QCN_J01|{control_id()}|P|2.5"
    with MLLPClient(*consumer._service.target.mllp) as client:
        answer = client.send_message(f"{head}\rQID|TAG1|IHE PDQ Query\r")
    assert code_of(answer) == "AA"
    qpd = "QPD|IHE PDQ Query|TAG1|@PID.5.1.1^TREV*"
    later = consumer.ask("QBP^Q22^QBP_Q21", qpd, "RCP|I|1^RD", f"DSC|{pointer}|I")
    assert str(later.segment("QAK")[2]) == "AE"


def test_ihe_10_queries_at_once_are_right_and_wait_for_no_merge(
    consumer: Consumer, told: set[str], database: str
) -> None:
    plain = make_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
    wrong: list[object] = []

    def ask(identifier: str) -> None:
        for _ in range(3):
            answer = consumer.pix(identifier)
            if answer != ("OK", told - {identifier}):
                wrong.append(answer)

    with psycopg.connect(plain) as merging:
        # What a merge in progress holds: the rows of the component, and their links rewritten.
        merging.execute("select 1 from source_record for update")
        merging.execute("update link set contested = contested where until is null")
        threads = [threading.Thread(target=ask, args=(one,)) for one in sorted(told)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads), "a query waited for the merge"
        merging.rollback()
    assert wrong == []


def test_aud_1_each_query_is_audited_with_who_asked_and_by_which_message(
    consumer: Consumer, told: set[str], database: str
) -> None:
    consumer.pix("BOLTON|T1")
    consumer.pdq("@PID.5.1.1^TREVELYAN", "@PID.5.2^Morwenna")
    found = rows(
        database,
        """select action, subjects, detail ->> 'transaction', detail ->> 'request_id' from audit
           where "user" = 'consumer/ris' and detail ? 'transaction' order by id desc limit 2""",
    )
    assert [row[0] for row in found] == ["search", "cross-references"]
    assert [row[2] for row in found] == ["ITI-21", "ITI-9"]
    assert found[1][1] == ["BOLTON|T1"]
    assert all(row[3].startswith("ACC") for row in found)


def told_once(receiver: Receiver, database: str) -> list[list[str]]:
    """The sets told when nothing more is owed; repetitions are known by their control ids, as V2-16 wants."""
    wait_for(lambda: not rows(database, "select 1 from delivery limit 1"), "everything is told")
    return sets(list({field_of(message, "MSH", 9): message for message in receiver.take()}.values()))


def test_ihe_24_consumers_hear_the_whole_story_though_they_and_the_service_were_away(
    service: Service, ris: Receiver, registry: Receiver, database: str, told: set[str]
) -> None:
    """Queued durably, in order, retried on AR: after kill -9 of the service nothing owed is lost."""
    wait_for(lambda: not rows(database, "select 1 from delivery limit 1"), "everything so far is told")
    ris.take()
    registry.take()
    ris.code = "AR"
    one = Patient("KESSELL", "Jory", "19600101", "M", "5 Quay", "BL1 5XX", "", nhs_number(777))
    number = f"NHS|{one.nhs}"
    send(service, adt("bolton", "A28", "K1", one), adt("mft", "A04", "K2", one))
    wait_for(lambda: ris.received, "a first attempt")
    service.kill()
    service.start()
    ris.take()
    ris.code = "AA"
    send(service, adt("wwl", "A28", "K4", one))
    story = told_once(ris, database)
    assert story == [
        ["RMC|K1", number],
        ["RMC|K1", "R0A|K2", number],
        ["RMC|K1", "R0A|K2", number, "RRF|K4"],
    ]
    send(service, adt("bolton", "A04", "K3", Patient("ZULU", "Tango", "19800101", "M", "", "", "")))
    assert told_once(ris, database) == [["RMC|K3"]]
    send(service, adt("bolton", "A40", "K1", Patient("", ""), prior="K3"))
    assert told_once(ris, database) == [["RMC|K1", "R0A|K2", number, "RRF|K4"]]
    (change,) = registry.take()
    assert field_of(change, "PID", 3).split("~")[1].startswith("K1^^^RMC&")
    assert field_of(change, "MRG", 1).split("~")[1].startswith("K3^^^RMC&")
    assert "&2.25.4711&ISO" in field_of(change, "MRG", 1)


def test_ihe_24_ae_stops_and_alarms_and_an_operator_goes_on(
    service: Service, ris: Receiver, database: str, network_file: Path, tmp_path: Path, told: set[str]
) -> None:
    ris.take()
    ris.code = "AE"
    send(service, adt("bolton", "A28", "L1", Patient("LOBB", "Tamsin", "19700101", "F", "6 Quay", "BL1 6XX", "")))
    wait_for(lambda: rows(database, "select 1 from subscription where stopped_at is not null"), "it is stopped")
    with service.http("") as client:
        health = client.get("/health/ready")
        assert health.status_code == 200, "an alarm does not take the service away"
        assert health.json()["warnings"][0].startswith("ris/ITI-10 is stopped with 1 events waiting")
        wait_for(
            lambda: 'mpi_subscriber_stopped{subscriber="ris/ITI-10"} 1.0' in client.get("/metrics").text, "a metric"
        )
    ris.code = "AA"
    done = mpi("consumers", "--resume", "ris", cwd=tmp_path, database_url=database, network=network_file)
    assert done.returncode == 0, done.stderr
    wait_for(lambda: not rows(database, "select 1 from delivery limit 1"), "it is told again")
    assert sets(ris.take())[-1] == ["RMC|L1"]

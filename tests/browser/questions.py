"""Questions for reviewers, each about people of its own, so that tests of one module do not meet."""

from __future__ import annotations

import pytest

from linkage.record import Name, Sex
from mpi.domain.commands import Field, Order
from mpi.domain.orders import OrderField
from mpi.domain.views import TaskKind, TaskView
from mpi.errors import Refused
from tests.browser.served import Served
from tests.integration.core.world import ARCHIVE, at, nhs, of, other_person, person, register, study

TWIN = {Field.MULTIPLE_BIRTH: True}


def _birth_date(number: int) -> str:
    return f"{2004 + number % 12}-{1 + number % 9:02}-{10 + number % 17:02}"


def perhaps_twins(served: Served, studies: int = 3, family: str = "Begum") -> TaskView:
    """Two girls of one birth date and address, Aisha at Bolton and Ayesha at the Christie, who has studies."""
    number = served.number()
    for authority, given in (("BOL", "Aisha"), ("CHR", "Ayesha")):
        told = person(
            f"{family}{'abcdefghijklmnopqrstuvwxyz'[number % 26]}",
            given,
            _birth_date(number),
            postcode=f"OL{1 + number % 9} {number % 10}AA",
            lines=(f"{number} Mill Row",),
            more=TWIN | {Field.PHONES: (f"0161 496 0{number % 1000:03}",)},
        )
        served.world.tell(register(f"{authority}|{number}", 1, told))
    for one in range(studies):
        served.world.imaging.register(study(f"1.{number}.{one}", f"CHR|{number}"), ARCHIVE)
    return _task(served, TaskKind.POSSIBLE_MATCH, number)


def overlaid(served: Served) -> TaskView:
    """A woman whom Bolton and the Christie know, of whom Bolton's record now says she is a man."""
    number = served.number()
    farah = person("Rahman", "Farah", "1990-07-21", number=nhs(100 + number))
    served.world.tell(register(f"BOL|{number}", 1, farah), register(f"CHR|{number}", 1, farah))
    served.world.imaging.register(study(f"1.{number}.1", f"BOL|{number}"), ARCHIVE)
    served.world.tell(register(f"BOL|{number}", 2, other_person()))
    return _task(served, TaskKind.OVERLAY, number)


def one_number_two_people(served: Served, tail: str = "") -> TaskView:
    """One NHS number at two trusts, of a man and of a woman who have nothing else in common; `tail` makes their local
    numbers longer."""
    number = served.number()
    rhys = person("Evans", "Rhys", "1944-02-29", Sex.MALE, nhs(100 + number))
    jana = person(
        "Novak", "Jana", "1999-12-03", Sex.FEMALE, nhs(100 + number), postcode="CF10 1AA", lines=("1 Quay",)
    )
    local = f"{number}{tail}"
    served.world.tell(register(f"BOL|{local}", 1, rhys), register(f"CHR|{local}", 1, jana))
    return _task(served, TaskKind.NHS_NUMBER_CONFUSION, local)


def order_of_two(served: Served) -> TaskView:
    """One order under two patients of Bolton, whose local numbers are as long as a feed may say them."""
    number = served.number()
    one, other = (f"{number}{'9' * 200}{end}" for end in "12")
    numbers = {OrderField.FILLER: f"F{number}", OrderField.ACCESSION: f"A{number}"}
    for local, told in ((one, person("Evans", "Rhys", "1944-02-29", Sex.MALE)), (other, other_person())):
        served.world.tell(register(f"BOL|{local}", 1, told), Order(of(f"BOL|{local}"), told, numbers, at(2)))
    return _task(served, TaskKind.ORDER_CONFLICT, one)


def study_of_two(served: Served) -> TaskView:
    """Two studies of a man at Bolton whose images came under somebody of the Christie too; a UID has up to 64
    characters (DICOM PS3.5 9)."""
    number = served.number()
    rhys = person("Evans", "Rhys", "1944-02-29", Sex.MALE, nhs(100 + number))
    served.world.tell(register(f"BOL|{number}", 1, rhys), register(f"CHR|{number}", 1, other_person()))
    for end in "12":
        uid = f"2.25.{number}{end}".ljust(64, "7")
        served.world.imaging.register(study(uid, f"BOL|{number}"), ARCHIVE)
        with pytest.raises(Refused):
            served.world.imaging.register(study(uid, f"CHR|{number}"), ARCHIVE)
    return _task(served, TaskKind.STUDY_CONFLICT, number)


def where_linking_is_stopped(served: Served) -> TaskView:
    """One woman at Bolton and at Stockport, whose feed may not link by itself."""
    number = served.number()
    for authority in ("BOL", "STO"):
        served.world.tell(register(f"{authority}|{number}", 1, person("Achebe", "Ngozi", _birth_date(number))))
    return _task(served, TaskKind.POSSIBLE_MATCH, number)


def with_odd_letters(served: Served, odd: str) -> TaskView:
    """Twins whose names and streets are what an attacker would write."""
    number = served.number()
    for authority, given in (("BOL", "Aisha"), ("CHR", "Ayesha")):
        told = person("Begum", given, _birth_date(number), lines=(odd,), more=TWIN)
        told |= {Field.NAMES: (Name("Begum", given, odd),), Field.EMAILS: (odd,), Field.GP_PRACTICE: odd}
        served.world.tell(register(f"{authority}|{number}", 1, told))
    return _task(served, TaskKind.POSSIBLE_MATCH, number)


def _task(served: Served, kind: TaskKind, number: int | str) -> TaskView:
    (found,) = [task for task in served.world.tasks(kind) if task.one.value == str(number)]
    return found

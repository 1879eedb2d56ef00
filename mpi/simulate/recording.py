"""What a PAS wrote down: the truth at the time of the last telling, seen through the record's slips.

One function serves the message stream and the bulk snapshot, so a benchmark and a feed describe the same people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mpi.simulate import typos
from mpi.simulate.forenames import NICKNAMES
from mpi.simulate.hospitals import Pas
from mpi.simulate.lives import Truth
from mpi.simulate.population import birth_years
from mpi.simulate.quality import Slip, slipped
from mpi.simulate.registration import Kind, Records
from mpi.simulate.sampling import Flags, Ints, Words, words


@dataclass(frozen=True, slots=True)
class Recorded:
    """Demographics as one PAS holds them; parallel arrays. Empty string means not held.

    `birth_date` ISO 8601; `sex` M, F or U; `nhs_status` two digits or "" when the system cannot tell it;
    `birth_order` 0 when not held; `unidentified` marks trauma registrations; `line` is the first address line.
    """

    title: Words
    forename: Words
    middle_names: Words
    surname: Words
    previous_surname: Words
    birth_date: Words
    sex: Words
    line: Words
    house: Words
    street: Words
    town: Words
    postcode: Words
    home_phone: Words
    mobile: Words
    email: Words
    nhs_number: Words
    nhs_status: Words
    practice: Words
    mothers_maiden_name: Words
    birth_order: Ints
    multiple_birth: Flags
    ethnic_category: Words
    unidentified: Flags


Columns = dict[str, npt.NDArray[Any]]
"""The columns of `Recorded` while they are being filled in."""


def _edit(texts: Words, where: Flags, change: Callable[[str, int], str], dice: Ints) -> None:
    for i in np.flatnonzero(where).tolist():
        if texts[i]:
            texts[i] = change(texts[i], int(dice[i]))


def _blank(texts: Words, where: Flags) -> Words:
    return np.where(where, "", texts)


def _names(truth: Truth, person: Ints, at: Ints, has: Callable[[Slip], Flags], into: Columns, dice: Ints) -> None:
    people = truth.people
    kept = has(Slip.MAIDEN_KEPT)
    surname = np.where(kept, people.birth_surname[person], truth.surname(person, at))
    changed = truth.married(person, at) & (people.birth_surname[person] != surname)
    into["previous_surname"] = np.where(changed & ~has(Slip.NO_PREVIOUS_NAME), people.birth_surname[person], "")
    named = truth.named(person, at)
    forename = np.where(named, people.forename[person], people.baby_name[person])
    middle = np.where(named, people.middle_names[person], "")
    nick = np.flatnonzero(has(Slip.NICKNAME) & named)
    forename[nick] = [NICKNAMES.get(name, name) for name in forename[nick].tolist()]
    second = np.flatnonzero(has(Slip.MIDDLE_AS_FIRST) & named & (middle != ""))
    for i in second.tolist():
        forename[i], middle[i] = middle[i].split(" ")[0], forename[i]
    middle = _blank(middle, has(Slip.MIDDLE_MISSING))
    initial = np.flatnonzero(has(Slip.MIDDLE_INITIAL) & (middle != ""))
    middle[initial] = [name[0] for name in middle[initial].tolist()]
    _edit(surname, has(Slip.SURNAME_TYPO), typos.mistype, dice)
    _edit(forename, has(Slip.FORENAME_TYPO) & named, typos.mistype, dice >> 2)
    swapped = has(Slip.NAMES_SWAPPED) & named
    into["forename"] = np.where(swapped, surname, forename)
    into["surname"] = np.where(swapped, forename, surname)
    into["middle_names"] = middle
    into["title"] = truth.title(person, at)


def _birth(truth: Truth, person: Ints, has: Callable[[Slip], Flags], into: Columns, dice: Ints) -> None:
    people = truth.people
    days = np.datetime_as_string(people.born[person].astype("datetime64[s]").astype("datetime64[D]"))
    dates = words(days.tolist())
    _edit(dates, has(Slip.DAY_MONTH_SWAPPED), lambda iso, _: typos.swap_day_month(iso), dice)
    _edit(dates, has(Slip.DOB_DIGIT) & ~has(Slip.DAY_MONTH_SWAPPED), typos.misdate, dice)
    _edit(dates, has(Slip.DOB_DEFAULT), typos.default_date, dice)
    into["birth_date"] = dates
    female = people.female[person] ^ has(Slip.SEX_WRONG)
    into["sex"] = np.where(has(Slip.SEX_MISSING), "U", np.where(female, "F", "M")).astype(object)
    order = people.birth_order[person]
    into["multiple_birth"] = (order > 0) & ~has(Slip.NO_BIRTH_ORDER)
    into["birth_order"] = np.where(into["multiple_birth"], order, 0)


def _contact(truth: Truth, person: Ints, at: Ints, has: Callable[[Slip], Flags], into: Columns, dice: Ints) -> None:
    people, stock = truth.people, truth.stock
    home = truth.dwelling(person, at)
    into["line"] = np.where(has(Slip.ADDRESS_SHORT), stock.short[home], stock.line[home])
    into["house"], into["street"], into["town"] = stock.house[home], stock.street[home], stock.town[home]
    postcode = _blank(stock.postcode[home], has(Slip.POSTCODE_MISSING))
    _edit(postcode, has(Slip.POSTCODE_TYPO), typos.mistype_postcode, dice)
    pseudo = has(Slip.PSEUDO_POSTCODE)
    into["postcode"] = np.where(pseudo, np.where(dice % 2 == 0, "ZZ99 3VZ", "ZZ99 3WZ"), postcode)
    for name, text in (("line", "No Fixed Abode"), ("house", ""), ("street", ""), ("town", "")):
        into[name] = np.where(pseudo, text, into[name])
    has_line = (people.landline[person] != "") & ~has(Slip.LANDLINE_MISSING)
    into["home_phone"] = np.where(has_line, stock.dialling[home] + people.landline[person], "")
    into["mobile"] = _blank(truth.mobile(person, at), has(Slip.MOBILE_MISSING))
    into["email"] = _blank(people.email[person], has(Slip.EMAIL_MISSING) | ~truth.grown(person, at, 16))
    into["practice"] = _blank(stock.practice[home], has(Slip.PRACTICE_MISSING))


def _nhs(truth: Truth, person: Ints, at: Ints, has: Callable[[Slip], Flags], into: Columns, dice: Ints) -> None:
    people = truth.people
    number = truth.nhs_number(person, at)
    spare = (people.second_nhs_number[person] != "") & (dice % 2 == 0)
    number = np.where(spare & (number != ""), people.second_nhs_number[person], number)
    wrong = has(Slip.NHS_WRONG) & (number != "")
    number = np.where(wrong, people.nhs_number[(person + 1 + dice % 97) % len(people)], number)
    number = _blank(number, has(Slip.NHS_MISSING))
    mistyped = has(Slip.NHS_MISTYPED)
    _edit(number, mistyped, typos.mistype_number, dice)
    doubtful = has(Slip.NHS_UNVERIFIED) | mistyped
    status = np.where(doubtful, words(("02", "02", "03", "04", "06"))[dice % 5], "01")
    absent = words(("03", "04", "07", "04"))[dice % 4]
    newborn = at - people.born[person] < 42 * 86_400
    into["nhs_number"] = number
    into["nhs_status"] = np.where(number != "", status, np.where(newborn, "08", absent))


def _unidentify(into: Columns, where: Ints, born: Ints, dice: Ints) -> None:
    """Make trauma registrations: alias, estimated year of birth, nothing else known (NHS-53)."""
    for i in where.tolist():
        into["forename"][i], into["surname"][i] = typos.alias(int(dice[i]))
    years = birth_years(born[where]) + dice[where] % 11 - 5
    into["birth_date"][where] = [f"{year}-01-01" for year in years.tolist()]
    for name in ("title", "middle_names", "previous_surname", "line", "house", "street", "town", "home_phone"):
        into[name][where] = ""
    for name in ("mobile", "email", "nhs_number", "practice", "mothers_maiden_name"):
        into[name][where] = ""
    into["postcode"][where] = "ZZ99 3WZ"
    into["nhs_status"][where] = "07"
    into["ethnic_category"][where] = "Z"
    into["birth_order"][where] = 0
    into["multiple_birth"][where] = False


def _dialects(into: Columns, systems: tuple[Pas, ...], system: Ints) -> None:
    """Systems that shout, that cannot say NHS number status, or that cannot say 'identity unknown'."""
    shouting = np.flatnonzero(np.array([pas.shouts for pas in systems])[system])
    for name in ("title", "forename", "middle_names", "surname", "previous_surname", "line", "street", "town"):
        column = into[name]
        column[shouting] = [text.upper() for text in column[shouting].tolist()]
    silent = ~np.array([pas.tells_status for pas in systems])[system]
    into["nhs_status"] = _blank(into["nhs_status"], silent)
    into["unidentified"] = into["unidentified"] & ~silent


def observe(truth: Truth, systems: tuple[Pas, ...], records: Records, rows: Ints, at: Ints, person: Ints) -> Recorded:
    """What each record (`rows`) says about `person` as last told at `at`; shapes (n,)."""
    people = truth.people
    dice = records.dice[rows]
    mask = np.where(records.corrected_at[rows] <= at, 0, records.slips[rows])
    habits = records.slips[rows] & sum(1 << int(s) for s in (Slip.MIDDLE_MISSING, Slip.ADDRESS_SHORT))
    mask = mask | habits | (records.slips[rows] & (1 << int(Slip.EMAIL_MISSING)))

    def has(slip: Slip) -> Flags:
        return slipped(mask, slip)

    into: Columns = {}
    _names(truth, person, at, has, into, dice)
    _birth(truth, person, has, into, dice)
    _contact(truth, person, at, has, into, dice)
    _nhs(truth, person, at, has, into, dice)
    into["mothers_maiden_name"] = _blank(people.mothers_maiden_name[person], has(Slip.MAIDEN_NAME_MISSING))
    into["ethnic_category"] = np.where(dice % 17 == 0, "Z", people.ethnic_category[person]).astype(object)
    into["unidentified"] = records.kind[rows] == Kind.TRAUMA
    _unidentify(into, np.flatnonzero(into["unidentified"]), people.born[person], dice)
    _dialects(into, systems, records.system[rows])
    return Recorded(**into)

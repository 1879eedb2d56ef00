"""The people of a region: who they really are, which no hospital ever sees entire."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from mpi.simulate import nhs_numbers
from mpi.simulate.households import Members, Role, form_households
from mpi.simulate.naming import ETHNIC_CATEGORY, MUSLIM, Origin, Registry, placeholder
from mpi.simulate.sampling import DAY, NEVER, YEAR, Flags, Ints, Words, words
from mpi.simulate.surnames import MUSLIM_WOMEN


@dataclass(frozen=True, slots=True)
class Population:
    """Parallel arrays, one row a person; the row number is the person's id in the truth.

    Times are seconds since 1970 UTC. `surname` is the one in the end, `birth_surname` the one until `married_at`
    (`NEVER` when it does not change). `nhs_number` is "" for
    the few who have none; before `nhs_from` it is not yet known to anybody. `second_nhs_number` is the duplicate
    that a person was given by mistake (NHS-11), usually "".
    """

    household: Ints
    role: Ints
    female: Flags
    origin: Ints
    born: Ints
    birth_order: Ints
    sibling: Ints
    surname: Words
    birth_surname: Words
    married_at: Ints
    forename: Words
    middle_names: Words
    baby_name: Words
    named_at: Ints
    mothers_maiden_name: Words
    guardian: Ints  # whose telephone a child's record carries; the person themself for an adult
    mobile: Words
    new_mobile: Words
    mobile_changed_at: Ints
    email: Words
    landline: Words  # the last seven digits or so; the dialling code belongs to the dwelling
    nhs_number: Words
    nhs_from: Ints
    second_nhs_number: Words
    ethnic_category: Words

    def __len__(self) -> int:
        return len(self.household)

    def frame(self) -> pd.DataFrame:
        """One row a person with a readable `birth_date`; the index is the person id."""
        made = pd.DataFrame({f.name: getattr(self, f.name) for f in fields(self)})
        made["birth_date"] = np.datetime_as_string(self.born.astype("datetime64[s]").astype("datetime64[D]"))
        made.index.name = "person_id"
        return made


def birth_years(born: Ints) -> Ints:
    """Calendar years of birth times."""
    years: Ints = born.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
    return years


def _household_value(members: Members, values: Words, of: Flags) -> Words:
    """For each person the value of the last member of their household where `of`; "" when there is none."""
    table = words([""] * (int(members.household.max()) + 1))
    table[members.household[of]] = values[of]
    shared: Words = table[members.household]
    return shared


def _surnames(rng: np.random.Generator, members: Members, registry: Registry) -> tuple[Words, Words]:
    """(current as if every marriage had happened, at birth)."""
    n = len(members.household)
    own = registry.draw_surnames(rng, members.origin)
    family = _household_value(members, own, members.role == Role.HEAD)
    current = np.where(np.isin(members.role, [Role.CHILD, Role.TWIN, Role.GRANDPARENT]), family, own)
    partner = members.role == Role.PARTNER
    keeps = np.where(members.origin == Origin.BRITISH, 0.25, 0.55)
    takes = partner & members.female & (rng.random(n) >= keeps)
    current = np.where(takes, family, current)
    # Women without a partner may be widowed or divorced: half of those over forty once had another name.
    birth = np.where(partner, own, current)
    once = members.female & (members.role == Role.HEAD) & (rng.random(n) < 0.4)
    birth = np.where(once, registry.draw_surnames(rng, members.origin), birth)
    muslim = np.isin(members.origin, [int(o) for o in MUSLIM]) & members.female & (rng.random(n) < 0.5)
    muslim &= ~np.isin(members.role, [Role.CHILD, Role.TWIN])  # their daughters mostly carry the family's name
    personal = words(MUSLIM_WOMEN)[rng.integers(0, len(MUSLIM_WOMEN), n)]
    current, birth = np.where(muslim, personal, current), np.where(muslim, personal, birth)
    return current, birth


def _join_names(rng: np.random.Generator, members: Members, current: Words, birth: Words) -> None:
    """Give one household in twenty-five double-barrelled children, in place."""
    mother = _household_value(members, birth, members.female & (members.role <= Role.PARTNER))
    households = rng.random(int(members.household.max()) + 1) < 0.04
    child = np.isin(members.role, [Role.CHILD, Role.TWIN]) & households[members.household]
    for i in np.flatnonzero(child).tolist():
        if mother[i] and mother[i] != current[i] and "-" not in mother[i] + current[i]:
            current[i] = birth[i] = f"{mother[i]}-{current[i]}"


def _forenames(rng: np.random.Generator, members: Members, registry: Registry) -> Words:
    year = birth_years(members.born)
    names = registry.draw_forenames(rng, members.origin, members.female, year)
    father = _household_value(members, names, (members.role == Role.HEAD) & ~members.female)
    eldest = (members.role == Role.CHILD) & ~members.female & (members.sibling == 0) & (father != "")
    junior = eldest & (rng.random(len(names)) < 0.02)
    names = np.where(junior, father, names)
    # A twin, and a sibling in general, does not carry a name that is already in the house.
    kin = pd.DataFrame({"home": members.household, "name": names, "female": members.female})
    again = kin.duplicated(["home", "name"]).to_numpy() & np.isin(members.role, [Role.CHILD, Role.TWIN]) & ~junior
    for _ in range(8):
        where = np.flatnonzero(again)
        if not len(where):
            break
        redrawn = registry.draw_forenames(rng, members.origin[where], members.female[where], year[where])
        names[where] = redrawn
        kin["name"] = names
        again = kin.duplicated(["home", "name"]).to_numpy() & again
    return names


def _middle_names(rng: np.random.Generator, members: Members, registry: Registry, forename: Words) -> Words:
    n = len(forename)
    year = birth_years(members.born)
    first = registry.draw_forenames(rng, members.origin, members.female, year)
    second = registry.draw_forenames(rng, members.origin, members.female, year)
    dice = rng.random(n)
    middle = np.where((dice < 0.72) & (first != forename), first, "")
    extra = (dice < 0.08) & (first != second) & (second != forename)
    for i in np.flatnonzero(extra).tolist():
        middle[i] = f"{first[i]} {second[i]}"
    return middle


def _marriages(rng: np.random.Generator, members: Members, current: Words, birth: Words) -> Ints:
    at: Ints = members.born + (np.clip(rng.normal(30, 5, len(current)), 19, 60) * YEAR).astype(np.int64)
    return np.where(current != birth, at - at % DAY, NEVER)


def _baby_names(rng: np.random.Generator, members: Members, forename: Words, start: int) -> tuple[Words, Ints]:
    made = words([""] * len(forename))
    infant = members.born >= start
    mother = _household_value(members, forename, members.female & (members.role <= Role.PARTNER))
    dice = rng.integers(0, 1 << 30, len(forename))
    for i in np.flatnonzero(infant).tolist():
        made[i] = placeholder(bool(members.female[i]), int(members.birth_order[i]), mother[i], int(dice[i]))
    # Registration is due within 42 days of birth (Births and Deaths Registration Act 1953 s2).
    named = members.born + rng.integers(3 * DAY, 45 * DAY, len(forename))
    return made, np.where(infant, named, np.int64(-(2**61)))


def _mobiles(rng: np.random.Generator, size: int) -> Words:
    # 072 is not an allocated mobile range in the national numbering plan, so none of these can ring.
    return words([f"072{n:08d}" for n in rng.integers(0, 10**8, size).tolist()])


def _emails(rng: np.random.Generator, forename: Words, surname: Words) -> Words:
    hosts = ("example.com", "example.org", "example.net")  # RFC 2606
    made = []
    dice = rng.integers(0, 900, len(forename)).tolist()
    for first, last, n in zip(forename.tolist(), surname.tolist(), dice, strict=True):
        plain = f"{first}.{last}".lower().replace("'", "").replace(" ", "")
        made.append(f"{plain.encode('ascii', 'ignore').decode()}{n if n % 3 else ''}@{hosts[n % 3]}")
    return words(made)


def _landlines(rng: np.random.Generator, members: Members) -> Words:
    homes = int(members.household.max()) + 1
    # A subscriber number never begins with 0 or 1, so these look right and cannot ring.
    local = [f"0{n:06d}" for n in rng.integers(0, 10**6, homes).tolist()]
    table = np.where(rng.random(homes) < 0.7, words(local), "")
    shared: Words = table[members.household]
    return shared


def _guardians(members: Members) -> Ints:
    """The woman of the house, else its head, for children; oneself for everybody else."""
    parent = np.zeros(int(members.household.max()) + 1, dtype=np.int64)
    everyone = np.arange(len(members.household))
    for of in (members.role == Role.HEAD, members.female & (members.role <= Role.PARTNER)):
        parent[members.household[of]] = everyone[of]
    child = np.isin(members.role, [Role.CHILD, Role.TWIN])
    return np.where(child, parent[members.household], everyone)


def _nhs_numbers(rng: np.random.Generator, members: Members, start: int, end: int) -> tuple[Words, Ints, Words]:
    n = len(members.household)
    first, second = nhs_numbers.allot(rng, n)
    twins = np.flatnonzero(members.role == Role.TWIN)
    siblings = pd.Series(np.arange(n)[members.role == Role.CHILD]).groupby(
        [members.household[members.role == Role.CHILD], members.sibling[members.role == Role.CHILD]]
    )
    elder = siblings.first()
    stems = first.copy()
    keys = pd.MultiIndex.from_arrays([members.household[twins], members.sibling[twins]])
    found = elder.reindex(keys).to_numpy()
    together = rng.random(len(twins)) < 0.6
    stems[twins[together]] = second[found[together].astype(np.int64)]
    numbers = nhs_numbers.render(stems)
    numbers[rng.random(n) < 0.004] = ""
    spare = words([""] * n)
    adults = np.flatnonzero((members.role != Role.CHILD) & (numbers != ""))  # a child's neighbour may be its twin's
    doubled = rng.choice(adults, min(len(adults), max(2, round(n * 0.0003))), replace=False)
    spare[doubled] = nhs_numbers.render(second[doubled])
    confused = rng.integers(0, n, max(1, round(n * 0.00005)))
    numbers[confused] = numbers[(confused + n // 2) % n]  # two people, one number (NHS-11)
    late = rng.random(n) < 0.015
    since = np.where(late, rng.integers(start, end, n), np.int64(-(2**61)))
    since = np.where(members.born >= start, np.maximum(since, members.born + rng.integers(0, 2 * DAY, n)), since)
    return numbers, since, spare


def people_region(rng: np.random.Generator, registry: Registry, people: int, start: int, end: int) -> Population:
    """Exactly `people` people, ages as at `end`; those born after `start` begin with a baby's placeholder name."""
    members = form_households(rng, people, end)
    current, birth = _surnames(rng, members, registry)
    _join_names(rng, members, current, birth)
    forename = _forenames(rng, members, registry)
    married = _marriages(rng, members, current, birth)
    baby, named = _baby_names(rng, members, forename, start)
    n = len(forename)
    mothers = _household_value(members, birth, members.female & (members.role <= Role.PARTNER))
    child = np.isin(members.role, [Role.CHILD, Role.TWIN]) & (mothers != "")
    maiden = np.where(child, mothers, registry.draw_surnames(rng, members.origin))
    numbers, since, spare = _nhs_numbers(rng, members, start, end)
    changed = rng.random(n) < 0.35
    return Population(
        household=members.household,
        role=members.role,
        female=members.female,
        origin=members.origin,
        born=members.born,
        birth_order=members.birth_order,
        sibling=members.sibling,
        surname=current,
        birth_surname=birth,
        married_at=married,
        forename=forename,
        middle_names=_middle_names(rng, members, registry, forename),
        baby_name=baby,
        named_at=named,
        mothers_maiden_name=maiden,
        guardian=_guardians(members),
        mobile=_mobiles(rng, n),
        new_mobile=_mobiles(rng, n),
        mobile_changed_at=np.where(changed, rng.integers(start, end, n), NEVER),
        email=_emails(rng, forename, current),
        landline=_landlines(rng, members),
        nhs_number=numbers,
        nhs_from=since,
        second_nhs_number=spare,
        ethnic_category=ETHNIC_CATEGORY[members.origin],
    )

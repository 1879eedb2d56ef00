"""Registers: per-field recency, deletion, memory of former values, exact storage (V2-22, V2-60, V2-61)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from linkage.record import Address, AddressUse, Name, NameUse, Reliability, Sex
from mpi.domain.codec import patch_from_json, patch_to_json, registers_from_json, registers_to_json
from mpi.domain.commands import Death, Field, NhsNumber, Patch, Rank, Stamp
from mpi.domain.registers import Registers

START = datetime(2024, 1, 1, tzinfo=UTC)


def at(minute: int, rank: Rank = Rank.FEED, arrival: int = 0) -> Stamp:
    moment = START + timedelta(minutes=minute)
    return Stamp(rank, moment, moment, arrival)


def written(*tellings: tuple[Patch, Stamp]) -> Registers:
    registers = Registers()
    for patch, stamp in tellings:
        registers = registers.write(patch, stamp)
    return registers


def named(family: str) -> Patch:
    return {Field.NAMES: (Name(family),)}


texts = st.text(max_size=6)
names = st.builds(Name, texts, texts, texts, use=st.sampled_from(NameUse))
addresses = st.builds(
    Address, st.lists(texts, max_size=2).map(tuple), texts, texts, texts, st.sampled_from(AddressUse)
)
VALUES = {
    Field.NAMES: st.lists(names, max_size=2).map(tuple),
    Field.BIRTH_DATE: st.sampled_from(["1954", "1954-03", "1954-03-07"]),
    Field.SEX: st.sampled_from(Sex),
    Field.ADDRESSES: st.lists(addresses, max_size=2).map(tuple),
    Field.PHONES: st.lists(texts, max_size=2).map(tuple),
    Field.NHS_NUMBER: st.builds(NhsNumber, texts, st.sampled_from(["", "01"])),
    Field.MULTIPLE_BIRTH: st.booleans(),
    Field.BIRTH_ORDER: st.integers(1, 7),
    Field.RELIABILITY: st.frozensets(st.sampled_from(Reliability)),
    Field.DEATH: st.builds(Death, st.sampled_from(["", "2024-01-01"])),
    Field.ACTIVE: st.booleans(),
}
patches = st.fixed_dictionaries({}, optional={f: st.none() | v for f, v in VALUES.items()})
moments = st.timedeltas().filter(lambda since: abs(since.days) < 40_000).map(START.__add__)
stamps = st.builds(Stamp, st.sampled_from(Rank), moments, moments, st.integers(0, 2**40))


@given(
    st.lists(st.tuples(st.sampled_from(["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", None])), max_size=16),
    st.randoms(use_true_random=False),
)
def test_v2_61_writing_is_commutative_also_beyond_what_is_remembered(letters, shuffle) -> None:  # type: ignore[no-untyped-def]
    """V2-61: with more former names than are kept, and deletions in between."""
    told = [({Field.NAMES: None if x is None else (Name(x),)}, at(n)) for n, (x,) in enumerate(letters)]
    in_order = written(*told)
    shuffle.shuffle(told)
    assert written(*told) == in_order


def test_the_cut_of_former_names_does_not_depend_on_when_a_deletion_came() -> None:
    """V2-61: nine names, a deletion, and the last name again; the deletion told last or in its place."""
    told = [(named(letter), at(n)) for n, letter in enumerate("ABCDEFGHI")]
    deletion, again = ({Field.NAMES: None}, at(10)), (named("I"), at(11))
    assert written(*told, deletion, again) == written(*told, again, deletion)


@given(st.lists(st.tuples(patches, stamps), max_size=6))
def test_registers_survive_storage(told: list[tuple[Patch, Stamp]]) -> None:
    """What is stored as JSON comes back equal, to the microsecond."""
    registers = written(*told)
    assert registers_from_json(json.loads(json.dumps(registers_to_json(registers)))) == registers


@given(patches)
def test_patches_survive_storage(patch: Patch) -> None:
    """Null deletes and absent keeps, after storage too (V2-22)."""
    assert patch_from_json(json.loads(json.dumps(patch_to_json(patch)))) == patch


def test_a_feed_outranks_an_archive_whenever_it_spoke() -> None:
    registers = written((named("Feed"), at(1)), (named("Header"), at(9, Rank.ARCHIVE)))
    assert registers.demographics.names == (Name("Feed"),)


def test_arrival_breaks_a_tie() -> None:
    """V2-60."""
    tellings = [(named("First"), at(1, arrival=1)), (named("Second"), at(1, arrival=2))]
    assert written(*tellings) == written(*reversed(tellings))
    assert written(*tellings).demographics.names == (Name("Second"),)


def test_only_names_and_addresses_remember() -> None:
    registers = written(
        ({Field.PHONES: ("1",), Field.NAMES: (Name("A"),)}, at(1)),
        ({Field.PHONES: ("2",), Field.NAMES: (Name("B"),)}, at(2)),
    )
    assert registers.cells[Field.PHONES].past == ()
    assert registers.demographics.previous_names == (Name("A"),)


def test_a_death_of_a_discharge_and_another_death_stand_apart() -> None:
    """Standards 1.4, A13."""
    both = written(({Field.DEATH: Death("2023")}, at(1)), ({Field.DISCHARGE_DEATH: Death("2024")}, at(2)))
    assert both.death == Death("2024")
    assert both.write({Field.DISCHARGE_DEATH: None}, at(3)).death == Death("2023")


def test_nothing_told_says_nothing() -> None:
    assert (Registers().active, Registers().deleted, Registers().death, Registers().restricted) == (
        False,
        False,
        None,
        False,
    )

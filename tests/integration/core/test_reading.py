"""Who reads is told of one moment, whatever changes meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from tests.integration.core.world import ADMINISTRATOR, World, of, other_person, register


def test_a_person_whose_identity_changes_is_told_whole(world: World) -> None:
    """Promise 5: everybody's records are read with the person they were of then."""
    world.tell(register("BOL|1", 1), register("BOL|2", 2, other_person()))
    done = Event()

    def read() -> int:
        looks = 0
        while not done.is_set():
            seen = world.query.person_of(of("BOL|2"), ADMINISTRATOR)
            assert of("BOL|2") in {record.identifier for record in seen.records}
            assert {record.golden_id for record in seen.records} == {seen.golden_id}
            looks += 1
        return looks

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        try:
            for _ in range(40):
                made = world.review.assert_pair(of("BOL|1"), of("BOL|2"), True, "", ADMINISTRATOR)
                world.review.withdraw(made, "", ADMINISTRATOR)
        finally:
            done.set()
        assert all(reader.result() > 0 for reader in readers)

"""People whom Bolton has under two of its own numbers."""

from __future__ import annotations

from linkage.record import Name
from mpi.domain.commands import Field, Link
from tests.browser.served import Served
from tests.integration.core.world import ARCHIVE, at, nhs, of, person, register, study


def two_numbers(served: Served, family: str = "Okonkwo", hidden: bool = False) -> tuple[str, str]:
    """Numbers of one woman: that to keep, and one whose record calls her Ada."""
    one, other = served.number(), served.number()
    born = f"19{20 + one % 70}-03-07"
    said = {Field.PHONES: (f"0161 496 0{one % 1000:03}",), Field.RESTRICTED: hidden}
    known = {"family": family, "born": born, "lines": (f"{one} Mill Row",)}
    served.world.tell(
        register(f"BOL|{one}", 1, person(**known, number=nhs(300 + one), more=said)),  # type: ignore[arg-type]
        register(f"BOL|{other}", 2, person(**known, more={Field.NAMES: (Name(family, "Ada"),)})),  # type: ignore[arg-type]
        Link(of(f"BOL|{one}"), of(f"BOL|{other}"), at(3)),
    )
    served.world.imaging.register(study(f"1.9.{other}", f"BOL|{other}"), ARCHIVE)
    return str(one), str(other)

"""People with imaging histories, for the pages to show. Each call makes somebody new."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from linkage.record import Name
from mpi.domain.commands import Field, Order, Patch, Register
from mpi.domain.orders import Coded, OrderField, OrderStatus, OrderValue, ReportStatus
from mpi.domain.views import Study
from tests.browser.served import Served
from tests.integration.core.world import ARCHIVE, REVIEWER, SENIOR, at, nhs, of, other_person, person, register

SITES = ("CHEST", "ABDOMEN", "HEAD", "KNEE", "LSPINE", "CHESTABDPELVIS", "")
MODALITIES = (("CT",), ("DX",), ("MR",), ("US",), ("MG",))
TRUSTS = ("RMC", "RBV", "RWJ")


def somebody(served: Served, **told: Any) -> tuple[int, Patch]:
    """A number of their own, and who they are."""
    number = served.number()
    born = f"19{40 + number % 50}-{1 + number % 12:02d}-{1 + number % 28:02d}"
    titled = {Field.NAMES: (Name(told.pop("family", "Okonkwo"), told.pop("given", "Adaeze"), title="Mrs"),)}
    return number, person(**({"born": born, "number": nhs(number)} | told)) | titled


def put(served: Served, studies: Iterable[Study]) -> None:
    for study in studies:
        served.world.imaging.register(study, ARCHIVE)


def examination(served: Served, patient: str, started_at: datetime | None, **told: Any) -> Study:
    """A study under a new UID."""
    usual = {"modalities": ("CT",), "body_site": "CHEST", "organisation": "RMC", "description": "CT chest"}
    return Study(f"1.2.826.0.1.{served.number()}", of(patient), started_at, **(usual | told))


def two_trusts(served: Served) -> tuple[str, UUID]:
    """A person known at Bolton and the Christie: a CT repeated within days, a knee, an undated one. Their number at
    Bolton and their golden id."""
    number, who = somebody(served)
    bolton, christie = f"BOL|B{number}", f"CHR|C{number}"
    served.world.tell(register(bolton, 1, who), register(christie, 2, who))
    put(
        served,
        [
            examination(served, bolton, datetime(2024, 3, 1, 12, tzinfo=UTC), accession=f"BOL{number}"),
            examination(
                served,
                christie,
                datetime(2024, 3, 9, 12, tzinfo=UTC),
                accession=f"CHR{number}",
                organisation="RBV",
                description="CT thorax with contrast",
            ),
            examination(
                served,
                bolton,
                datetime(2012, 7, 1, 9, tzinfo=UTC),
                modalities=("DX",),
                body_site="KNEE",
                description="XR knee right",
            ),
            examination(served, bolton, None, modalities=("US",), body_site="", description=""),
        ],
    )
    return bolton, served.world.golden(bolton)


def ordered(served: Served) -> tuple[str, UUID]:
    """A person with reported studies, and examinations planned, in progress and done elsewhere."""
    bolton, golden_id = two_trusts(served)
    first, *_ = served.world.imaging.history(of(bolton), ARCHIVE).studies
    christie = str(first.patient)

    def say(patient: str, minute: float, **said: OrderValue) -> None:
        number = f"RIS{served.number():06d}"
        told: dict[str, OrderValue] = {"filler": number, "organisation": "RMC" if "BOL" in patient else "RBV"}
        served.world.tell(Order(of(patient), {}, {OrderField(k): v for k, v in (told | said).items()}, at(minute)))

    say(christie, 10, study_uid=first.study_uid, status=OrderStatus.COMPLETED, report=ReportStatus.FINAL)
    say(
        bolton,
        11,
        codes=(Coded("CCHES", "CT thorax with contrast", "99BOL"),),
        modality="CT",
        body_site="CHEST",
        starts_at=datetime(2024, 3, 20, 9, 30, tzinfo=UTC),
        status=OrderStatus.SCHEDULED,
    )
    undated = {"starts_at": datetime(9999, 12, 31, tzinfo=UTC), "status": OrderStatus.ORDERED}
    say(christie, 12, codes=(Coded("MHEA", "MRI brain", "99CHR"),), modality="MR", **undated)
    say(
        christie,
        13,
        codes=(Coded("XHAN", "XR hand left", "99CHR"),),
        modality="DX",
        body_site="HAND",
        starts_at=datetime(2024, 3, 2, 15, tzinfo=UTC),
        status=OrderStatus.COMPLETED,
        report=ReportStatus.PRELIMINARY,
    )
    return bolton, golden_id


def unsure(served: Served) -> UUID:
    """A person with a contested study of Bolton's and a certain one of the Christie's."""
    number, who = somebody(served)
    bolton, christie = f"BOL|B{number}", f"CHR|C{number}"
    served.world.tell(register(bolton, 1, who), register(christie, 2, who))
    put(served, [examination(served, one, datetime(2024, 5, 2, 8, tzinfo=UTC)) for one in (bolton, christie)])
    served.world.tell(register(bolton, 3, other_person(number=nhs(served.number()))))
    return served.world.golden(christie)


def provisional(served: Served) -> UUID:
    """A study under a number that no hospital has told of."""
    bolton = f"BOL|B{served.number()}"
    put(served, [examination(served, bolton, datetime(2024, 5, 2, 8, tzinfo=UTC))])
    return served.world.golden(bolton)


def restricted(served: Served) -> tuple[str, UUID]:
    """A restricted person with studies of two trusts."""
    bolton, golden_id = two_trusts(served)
    served.world.tell(Register((of(bolton),), {Field.RESTRICTED: True}, at(9)))
    return bolton, golden_id


def many(served: Served, count: int) -> UUID:
    """A person with `count` studies over 15 years at three trusts, of all regions and kinds."""
    number, who = somebody(served)
    bolton = f"BOL|B{number}"
    served.world.tell(register(bolton, 1, who))
    first = datetime(2010, 1, 4, 10, tzinfo=UTC)
    put(
        served,
        [
            examination(
                served,
                bolton,
                first + timedelta(days=n * 5475 // count),
                modalities=MODALITIES[n % len(MODALITIES)],
                body_site=SITES[n % len(SITES)],
                organisation=TRUSTS[n % len(TRUSTS)],
                description=f"Examination {n}",
                accession=f"A{number}N{n}",
            )
            for n in range(count)
        ],
    )
    return served.world.golden(bolton)


def without_studies(served: Served) -> UUID:
    """A person of whom no image is known."""
    number, who = somebody(served)
    served.world.tell(register(f"BOL|B{number}", 1, who))
    return served.world.golden(f"BOL|B{number}")


def built(served: Served) -> UUID:
    """A person of three trusts: Bolton's and the Christie's records joined by themselves, Stockport's by a reviewer,
    and the Christie's was parted from Bolton's for a while."""
    number, who = somebody(served)
    bolton, christie, stockport = f"BOL|B{number}", f"CHR|C{number}", f"STO|S{number}"
    review = served.world.review
    served.world.tell(register(bolton, 1, who), register(christie, 2, who), register(stockport, 3, who))
    review.assert_pair(of(bolton), of(stockport), True, "Checked with the trust", REVIEWER)
    parted = review.assert_pair(of(bolton), of(christie), False, "Twins or siblings: two birth notices", SENIOR)
    review.withdraw(parted.assertions[0], "one birth notice after all", SENIOR)
    put(served, [examination(served, bolton, datetime(2024, 5, 2, 8, tzinfo=UTC))])
    return served.world.golden(bolton)


def unverified(served: Served) -> tuple[str, str]:
    """The number at Bolton, and at the Christie with a study, of somebody whose NHS number nobody has verified."""
    number, who = somebody(served, family=f"Adeyemi{chr(97 + served.number() % 26)}", status="02")
    bolton, christie = f"BOL|B{number}", f"CHR|C{number}"
    served.world.tell(register(bolton, 1, who), register(christie, 2, who))
    put(served, [examination(served, christie, datetime(2024, 5, 2, 8, tzinfo=UTC))])
    return bolton, christie

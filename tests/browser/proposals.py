"""Models proposed for the index that the pages are served from."""

from __future__ import annotations

from linkage.model import Model
from mpi.domain.access import Role
from mpi.domain.model_change import ChangeKind, Judgement
from mpi.tokens import token_hash
from mpi.usecases.models.reigning import Reigning
from tests.browser.served import CALLERS, TOKENS, Served
from tests.integration.core.other_models import keener, warier
from tests.integration.core.world import ADMINISTRATOR, ARCHIVE, nhs, other_person, person, register, study

SENIOR = CALLERS[token_hash(TOKENS[Role.SENIOR_REVIEWER])]


_FAMILIES = ("Quarmby", "Osbaldeston", "Featherstone", "Cholmondeley", "Wrigglesworth", "Dobrowolski", "Zielinski")
_GIVEN = ("Bernard", "Cuthbert", "Dagmar", "Eustace", "Florian", "Gwilym", "Hyacinth", "Ignatius", "Jocasta")


def alike(served: Served) -> int:
    """One man at two trusts, a day apart, whom the model in force only asks about; the Christie has two studies."""
    number = served.number()
    names = {"family": _FAMILIES[number % 7], "given": _GIVEN[number % 9]}
    for authority, day in (("BOL", "5"), ("CHR", "6")):
        born = f"19{30 + number % 40}-{1 + number % 12:02}-2{day}"
        told = other_person(born=born, postcode="", lines=(), **names)
        served.world.tell(register(f"{authority}|{number}", 1, told))
    for one in range(2):
        served.world.imaging.register(study(f"2.{number}.{one}", f"CHR|{number}"), ARCHIVE)
    return number


def known_twice(served: Served) -> int:
    """A woman whom Bolton and the Christie know by her NHS number."""
    number = served.number()
    told = person("Achterberg", "Willemijn", f"19{40 + number % 50}-02-1{number % 9}", number=nhs(100 + number))
    served.world.tell(register(f"BOL|{number}", 1, told), register(f"CHR|{number}", 2, told))
    return number


def propose(served: Served, model: Model) -> int:
    """Propose a model in an operator's name; returns the proposal's id."""
    index = served.world.index
    Reigning(index.units).model(index.matching.model, "operator")
    made, _ = index.models.propose(model, ADMINISTRATOR)
    return made


def merging(served: Served) -> int:
    """A model under which some people merge."""
    for _ in range(3):
        alike(served)
    return propose(served, keener())


def holding(served: Served) -> int:
    """A model that would not link whom the index has linked."""
    known_twice(served)
    return propose(served, warier())


def change_of(served: Served, proposal: int, kind: ChangeKind) -> int:
    """The number of one of its changes of a kind."""
    found = served.world.index.models.proposal(proposal, ADMINISTRATOR, limit=1000)
    return next(number for number, change, _ in found.changes if change.kinds[0] is kind)


def judge_all(served: Served, made: int) -> None:
    """Judge every change of a proposal, without which it is not approved."""
    models = served.world.index.models
    number = models.proposal(made, SENIOR).next
    while number is not None:
        number = models.judge(made, number, Judgement.BETTER, SENIOR)

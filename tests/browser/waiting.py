"""Changes of people that wait for a second person; each call is about people of its own."""

from __future__ import annotations

from linkage.record import Sex
from mpi.domain.access import Caller, Role
from mpi.domain.regrouping import Regroup, Wish
from mpi.domain.views import TaskView
from mpi.tokens import token_hash
from tests.browser import histories
from tests.browser.served import CALLERS, TOKENS, Served
from tests.integration.core.regroups import regrouping
from tests.integration.core.world import ARCHIVE, COLLEAGUE, of, register, study

PROPOSER = CALLERS[token_hash(TOKENS[Role.REVIEWER])]


def proposed(served: Served, wish: Wish, by: Caller = COLLEAGUE) -> TaskView:
    acts = regrouping(served.world)
    done = acts.apply(wish, acts.preview(wish, by).mark, "Checked with the trust: a letter", by)
    assert done.task is not None
    return served.world.review.task(done.task, by)


def split(served: Served, by: Caller = COLLEAGUE) -> TaskView:
    """A person with one verified NHS number, known at two trusts, is to be two."""
    bolton, golden_id = histories.two_trusts(served)
    return proposed(served, Wish(Regroup.SPLIT, golden_id, (of(bolton),)), by)


def strangers(served: Served) -> tuple[str, str]:
    """A man and a girl at Bolton, whose verified numbers are two."""
    number, who = histories.somebody(served, born="1935-02-01", sex=Sex.MALE)
    other, girl = histories.somebody(served, born="2010-05-11", family="Brzeska", given="Ola", postcode="OL1 1AA")
    man, child = f"BOL|B{number}", f"BOL|B{other}"
    served.world.tell(register(man, 1, who), register(child, 2, girl))
    return man, child


def merge(served: Served, by: Caller = COLLEAGUE) -> TaskView:
    """Two strangers are to be one."""
    man, child = map(served.world.golden, strangers(served))
    return proposed(served, Wish(Regroup.MERGE, man, (), child), by)


def undo(served: Served) -> TaskView:
    """A split is to be taken back by which many studies would move."""
    bolton, christie = histories.unverified(served)
    acts, golden_id = regrouping(served.world), served.world.golden(bolton)
    wish = Wish(Regroup.SPLIT, golden_id, (of(christie),))
    made = acts.apply(wish, acts.preview(wish, COLLEAGUE).mark, "two people", COLLEAGUE).assertions
    for _ in range(21):
        served.world.imaging.register(study(f"9.{served.number()}", christie), ARCHIVE)
    done = acts.undo(golden_id, made, "one person after all", COLLEAGUE)
    return served.world.review.task(done.task or 0, COLLEAGUE)


def outlived(served: Served) -> TaskView:
    """What was proposed of people who have changed since."""
    task = merge(served)
    number, who = histories.somebody(served)
    served.world.tell(register(f"STO|S{number}", 3, who))
    served.world.review.assert_pair(task.one, of(f"STO|S{number}"), True, "", histories.SENIOR)
    return served.world.review.task(task.id, COLLEAGUE)

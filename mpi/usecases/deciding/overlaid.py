"""Tell what a settled overlay was about: the record as it was, and the version that then waited."""

from __future__ import annotations

from dataclasses import replace

from linkage.record import Demographics
from mpi.domain.draft import hops
from mpi.domain.routing import fold
from mpi.domain.views import TaskView
from mpi.ports import Unit


def versions_then(unit: Unit, task: TaskView) -> tuple[Demographics, Demographics] | None:
    """What the record said before the overlay that a task's answer ruled on, and what the overlay said; None when no
    ruling of the task stands."""
    opened = unit.rulings.opened(task.id)
    if opened is None:
        return None
    family = [record.identifier for record in unit.records.family([task.one])]
    told = [
        replace(update, accepted=None if update.stamp == opened else update.accepted)
        for update in unit.records.updates(family)
        if update.stamp <= opened
    ]
    then = fold(told, hops(unit.evidence.assertions(family)), family)[task.one]
    return (then.registers.demographics, then.pending.registers.demographics) if then.pending else None

"""Keep test-range NHS numbers out of a live index, and live ones out of a synthetic (NHS-5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from linkage.nhs_number import NumberKind, classify
from mpi.domain.commands import Command, Field, NhsNumber, Order, Patch, Register

_LIVE = frozenset({NumberKind.ENGLAND_WALES, NumberKind.NORTHERN_IRELAND, NumberKind.SCOTLAND_CHI})
_BARRED = {"live": frozenset({NumberKind.TEST}), "synthetic": _LIVE}


def screen(commands: Sequence[Command], population: str) -> tuple[tuple[Command, ...], tuple[str, ...]]:
    """The commands without NHS numbers that have no business in this population, and remarks about those left out.

    The rest of the message is applied: a wrong number must not keep a patient out. The bytes stay in the inbox.
    """
    screened = tuple(_screened(command, population) for command in commands)
    dropped = any(kept is not command for kept, command in zip(screened, commands, strict=True))
    remark = f"an NHS number that does not belong in a {population} index was left out"
    return screened, (remark,) if dropped else ()


def screen_patch(patch: Patch, population: str) -> Patch:
    """What an image or archive says of a patient, without such a number."""
    number = patch.get(Field.NHS_NUMBER)
    if not isinstance(number, NhsNumber) or classify(number.value) not in _BARRED[population]:
        return patch
    return {name: value for name, value in patch.items() if name != Field.NHS_NUMBER}


def _screened(command: Command, population: str) -> Command:
    if not isinstance(command, Register | Order):
        return command
    patch = screen_patch(command.patch, population)
    return command if patch is command.patch else replace(command, patch=patch)

"""Which model weighs the index: the one it began with, whatever the settings say later (design, section 4)."""

from __future__ import annotations

from linkage.model import Model
from linkage.model_keys import OF_FILES
from mpi.errors import Fault, Refused
from mpi.ports import Units
from mpi.usecases.attempts import attempt

_OF_FILES = {*OF_FILES, "balance"}  # an index groups by holds and guards, and heeds every guard


_LONGEST = 100  # characters of a model's name and of its version: both stand in headings and tables
_MOST = 1_000.0  # bits, of the prior and the thresholds: no pair of records weighs near that


def check_fit(model: Model) -> None:
    """Raise `Refused` for a model that cannot weigh an index: one that is made for linking files, as it may switch
    guards off; one whose name or version cannot be shown; one whose prior or thresholds are beyond all weights."""
    _check_text(model.name, "name")
    _check_text(model.version, "version")
    for key in ("prior", "certain", "possible", "veto"):
        if not abs(getattr(model, key)) <= _MOST:
            text = f"the model's '{key}' must be from {-_MOST:,.0f} to {_MOST:,.0f} bits"
            raise Refused(Fault.BAD_VALUE, text)
    if found := sorted(_OF_FILES & model.document.keys()):
        text = f"a model with '{found[0]}' is made for linking files, and cannot weigh an index"
        raise Refused(Fault.BAD_VALUE, text)


def _check_text(value: str, key: str) -> None:
    if len(value) > _LONGEST:
        text = f"the model's '{key}' has {len(value):,} characters: give it {_LONGEST} at most"
        raise Refused(Fault.BAD_VALUE, text)
    if not value.isprintable():
        text = f"the model's '{key}' holds a character that cannot be shown, such as a line break: leave it out"
        raise Refused(Fault.BAD_VALUE, text)


class Reigning:
    """The model in force. Edges of two models must never stand side by side: no weight could be compared."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def model(self, wanted: Model, begun_by: str = "") -> Model:
        """The model in force; an index that has none yet begins with `wanted`, in the name of `begun_by`. Without a
        name nothing is written.

        Raises `Refused` (CONFLICT) when an index that was made before models were kept was weighed by another one,
        and for a first one that is made for files.
        """
        return attempt(lambda: self._model(wanted, begun_by))

    def _model(self, wanted: Model, begun_by: str) -> Model:
        with self._units.begin(read_only=True) as unit:
            reigning = unit.models.in_force()
            if reigning is not None:
                fingerprint = reigning.model.fingerprint
                if fingerprint == wanted.fingerprint:
                    return wanted
                return Model.from_document(unit.models.document(fingerprint))
            if others := unit.models.weighed_by() - {wanted.fingerprint}:
                text = f"the index was weighed by model {', '.join(sorted(others))}, and the settings name"
                raise Refused(Fault.CONFLICT, f"{text} {wanted.fingerprint}: let MPI_MODEL name the one it was")
        check_fit(wanted)
        if begun_by:
            with self._units.begin() as unit:
                unit.models.begin(wanted.fingerprint, wanted.document, begun_by)
                unit.commit()
        return wanted

"""The model that a command works with: the one that weighs the index, whatever the settings have come to name."""

from __future__ import annotations

import getpass
import sys

from linkage.model import Model
from mpi.db.session import DbUnits, connect
from mpi.settings import Settings
from mpi.usecases.models.reigning import Reigning


def model_in_force(url: str, settings: Settings, *, begin: bool = True) -> Model:
    """The model in force in the index at `url`. One that has none yet begins with the model that the settings name,
    else the shipped one, if `begin`; later it is only said that they name another. Raises `ModelError`, and as
    `Reigning`."""
    named = Model.default() if settings.model is None else Model.load(settings.model)
    engine = connect(url, 1)
    try:
        model = Reigning(DbUnits(engine, "")).model(named, getpass.getuser() if begin else "")
    finally:
        engine.dispose()
    if model.fingerprint != named.fingerprint:
        whose = "the shipped one is" if settings.model is None else "the settings name"
        text = f"the index keeps its model {model.name} {model.version} ({model.fingerprint}), though {whose}"
        print(
            f"mpi: {text} {named.name} {named.version} ({named.fingerprint}): see mpi model compare", file=sys.stderr
        )
    return model

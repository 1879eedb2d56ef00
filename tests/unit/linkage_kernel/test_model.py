"""The model file: read, checked, fingerprinted."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linkage.comparison import COMPARISONS, NHS_NUMBER, WORDS, NhsNumber
from linkage.errors import ModelError
from linkage.model import Model

Damage = Callable[[dict[str, Any]], object]


def test_default_is_read_once_and_frozen(model: Model) -> None:
    assert Model.default() is model
    with pytest.raises(FrozenInstanceError):
        model.certain = 0.0  # type: ignore[misc]
    assert not model.weights.flags.writeable


def test_thresholds_rise(model: Model) -> None:
    """SEC-2: a false merge is worse than a missed link, so `possible` lies 8 to 10 bits under `certain`."""
    assert model.veto < model.prior < model.possible < model.certain
    assert 8 <= model.certain - model.possible <= 10


def test_probability_is_the_posterior(model: Model) -> None:
    assert model.probability(0.0) == 0.5
    assert model.probability(3.0) == pytest.approx(8 / 9)
    assert model.probability(-2000.0) == 0.0
    assert model.probability(2000.0) == 1.0


def test_weights_are_log_ratios_and_missing_weighs_nothing(model: Model) -> None:
    assert (model.weights[:, 0] == 0).all()
    document = model.document["comparisons"]["nhs_number"]["verified"]
    expected = np.log2(document["m"] / document["u"])
    assert model.weights[NHS_NUMBER, NhsNumber.VERIFIED] == pytest.approx(expected)


def test_only_verified_numbers_are_strong(model: Model) -> None:
    """NHS-8: status 05 gives nothing, unverified less, 01 on both sides most."""
    same = model.weights[NHS_NUMBER, 1:5]
    assert list(same) == sorted(same, reverse=True)
    assert same[3] == 0
    assert same[0] - same[2] > 8


def test_every_level_has_words() -> None:
    assert {name: len(levels) + 1 for name, levels in COMPARISONS.items()} == {
        name: len(words) for name, words in WORDS.items()
    }


def test_fingerprint_follows_content_not_layout(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "copy.json"
    path.write_text(json.dumps(model.document, indent=7))
    assert Model.load(path).fingerprint == model.fingerprint
    other = copy.deepcopy(dict(model.document))
    other["frequencies"]["surname"]["SMITH"] = 0.0099
    path.write_text(json.dumps(other))
    assert Model.load(path).fingerprint != model.fingerprint


def test_names_of_one_community_count_as_commoner(model: Model) -> None:
    """Forename and surname of one community come together, so agreement on both is nearer to chance."""
    document = copy.deepcopy(dict(model.document))
    for field in ("surname", "forename"):
        document["term_frequency"][field].pop("together")
    alone = Model.from_document(document)
    assert model.surname_adjustment("KHAN") == pytest.approx(alone.surname_adjustment("KHAN") - 2)
    assert model.forename_adjustment("MOHAMMED") < alone.forename_adjustment("MOHAMMED") - 1
    assert model.surname_adjustment("SMITH") == alone.surname_adjustment("SMITH")


def test_where_the_numbers_come_from_is_told(model: Model) -> None:
    assert {"judgement", "simulation", "development", "frequencies"} <= set(model.document["provenance"])


def test_frequencies_may_stand_in_a_file_beside(model: Model, tmp_path: Path) -> None:
    (tmp_path / "names.json").write_text(json.dumps(model.document["frequencies"]))
    (tmp_path / "m.json").write_text(json.dumps({**model.document, "frequencies": "names.json"}))
    assert Model.load(tmp_path / "m.json").fingerprint == model.fingerprint


def damage(path: str, value: object) -> Damage:
    def run(document: dict[str, Any]) -> None:
        *parents, last = path.split("/")
        part: Any = document
        for parent in parents:
            part = part[int(parent) if isinstance(part, list) else parent]
        if value is None:
            del part[last]
        else:
            part[last] = value

    return run


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (damage("encoding", 99), "train it again"),
        (damage("encoding", None), "this is no model"),
        (damage("prior", None), "'prior'"),
        (damage("prior", True), "'prior'"),
        (damage("certain", -40.0), "must rise"),
        (damage("rules", None), "'rules'"),
        (damage("rules/near", "high"), "'near'"),
        (damage("comparisons/sex", None), "comparisons must be"),
        (damage("comparisons/sex/agree", None), "'sex' must have the levels"),
        (damage("comparisons/sex/agree/m", 1.5), "'sex', level 'agree'"),
        (damage("comparisons/sex/agree/u", 0), "'sex', level 'agree'"),
        (damage("term_frequency/surname/most", -1), "'most'"),
        (damage("term_frequency/surname/together", 3), "'together'"),
        (damage("term_frequency/surname/together", [{"factor": 0.5, "names": []}]), "'factor'"),
        (damage("frequencies", None), "'frequencies'"),
        (damage("balanc", -1.0), "the model has an unknown key 'balanc'; known are .*balance"),
        (damage("balance", "none"), "'balance'"),
        (damage("rules/nearly", 1.0), "rules has an unknown key 'nearly'"),
        (damage("comparisons/sex/agree/n", 0.5), "comparison 'sex', level 'agree' has an unknown key 'n'"),
        (damage("term_frequency/town", {}), "term_frequency has an unknown key 'town'"),
        (damage("term_frequency/surname/mots", 1.0), "term_frequency 'surname' has an unknown key 'mots'"),
        (damage("term_frequency/surname/together/0/name", []), "'together' has an unknown key 'name'"),
        (damage("frequencies/surnames", {}), "frequencies: unknown field 'surnames'"),
        (damage("frequencies/surname", 3), "frequencies: 'surname' must be an object"),
        (damage("frequencies/limits", 3), "frequencies: 'limits' must be an object"),
        (damage("prior", float("inf")), "'prior'"),
        (damage("name", {"a": 1}), "'name' must be text"),
        (lambda document: document.update(balance=None, guards=[[]]), "'guards' must be a list"),
        (damage("guards", []), "a model for files needs 'balance'"),
        (damage("further", []), "a model for files needs 'balance'"),
        (damage("foreign", "yes"), "needs 'balance'"),
        (lambda document: document.update(balance=None, foreign="yes"), "'foreign' must be true or false"),
        (
            lambda document: document.update(balance=None, further=[{"name": "a", "kind": "code", "familiy": True}]),
            "further field 1 has an unknown key 'familiy'",
        ),
    ],
)
def test_malformed_models_are_refused_with_a_sentence(model: Model, spoil: Damage, sentence: str) -> None:
    document = copy.deepcopy(dict(model.document))
    spoil(document)
    with pytest.raises(ModelError, match=sentence):
        Model.from_document(document)


def test_unreadable_files_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        Model.load(tmp_path / "none.json")
    assert str(caught.value) == f"the model file {tmp_path / 'none.json'} cannot be read: No such file or directory"
    with pytest.raises(ModelError) as caught:
        Model.load(tmp_path)
    assert str(caught.value) == f"the model file {tmp_path} cannot be read: Is a directory"
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ModelError, match="not JSON"):
        Model.load(tmp_path / "bad.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(ModelError, match="object"):
        Model.load(tmp_path / "list.json")


def test_a_model_sent_to_another_process_is_the_same_and_as_fixed(model: Model) -> None:
    """Promise 3: writable tables would have the kernel compiled a second time."""
    copied = pickle.loads(pickle.dumps(model))
    assert copied.fingerprint == model.fingerprint
    assert (copied.weights == model.weights).all()
    assert not copied.weights.flags.writeable

"""Files of people from end to end, with the default threshold and no tuning: from CSV to clusters that are right."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from linkage.evaluation import PairCounts, compare_clusterings
from linkage.model import Model
from linkage.toolkit import febrl
from tests.unit.linkage_cli.people_builders import run

Row = Mapping[str, object]


def written(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def deduped(file: Path, *options: object) -> tuple[Path, str]:
    """What `dedupe` wrote and said, in a directory of its own."""
    out = file.with_suffix("") / str(len(options))
    done = run("dedupe", file, "--out", out, *options)
    assert done.exit_code == 0, done.output
    return out, done.output


def quality(out: Path, person: Mapping[str, str]) -> PairCounts:
    """The clusters in a directory against the person of each id."""
    found = pq.read_table(out / "clusters.parquet").to_pydict()
    return compare_clusterings(dict(zip(found["id"], found["cluster"], strict=True)), person)


def fields_of(out: Path) -> dict[str, str]:
    """The further fields of the model and their kinds."""
    return {field.name: field.kind.value for field in Model.load(out / "model.json").further or ()}


@pytest.mark.parametrize(("number", "least"), [(1, 0.995), (3, 0.998)])
def test_febrl_is_linked_without_tuning(tmp_path: Path, number: int, least: float) -> None:
    """Freely extensible biomedical record linkage, sets 1 and 3 (P. Christen, 2005): invented Australians."""
    labelled = febrl(number)
    table = labelled.table
    ids = table.ids.to_pylist()
    columns = {"id": ids, **{name: column.to_pylist() for name, column in table.columns.items()}}
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    out, said = deduped(written(tmp_path / "febrl.csv", rows))
    found = quality(out, dict(zip(ids, map(str, labelled.person.tolist()), strict=True)))
    assert found.f1 >= least
    assert fields_of(out) == {"national_id": "code"}
    model = Model.load(out / "model.json")
    assert (model.foreign, model.balance) == (True, -1.0)
    report = json.loads((out / "report.json").read_text())
    assert report["links"] == len(pq.read_table(out / "links.parquet"))
    assert report["possible"] == len(pq.read_table(out / "possible.parquet"))
    assert f"{report['links']:,} links" in said


SYLLABLES = (
    "ber",
    "lin",
    "ma",
    "ro",
    "ka",
    "sten",
    "wil",
    "for",
    "da",
    "nie",
    "hol",
    "gar",
    "tim",
    "lou",
    "vet",
    "zan",
)


class Population:
    """Invented people and what clerks make of them; the same for one seed."""

    def __init__(self, seed: int) -> None:
        self.dice = np.random.default_rng(seed)

    def word(self, least: int = 2, most: int = 3) -> str:
        """A word of some syllables."""
        return "".join(self.dice.choice(SYLLABLES, int(self.dice.integers(least, most + 1)))).capitalize()

    def words(self, number: int) -> list[str]:
        """Different words."""
        found: dict[str, None] = {}
        while len(found) < number:
            found[self.word()] = None
        return list(found)

    def one_of(self, values: Sequence[str]) -> str:
        """A value, the first ones far more often, as names are."""
        return values[min(len(values) - 1, int(len(values) * self.dice.power(0.4)))]

    def slip(self, text: str) -> str:
        """One character wrong, missing or swapped with the next."""
        at = int(self.dice.integers(1, max(2, len(text) - 1)))
        how = int(self.dice.integers(3))
        if how == 0:
            return text[:at] + str(self.dice.choice(list("aeioustn"))) + text[at + 1 :]
        if how == 1:
            return text[:at] + text[at + 1 :]
        return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def with_ids(people: Iterable[Sequence[Row]], dice: np.random.Generator) -> tuple[list[Row], dict[str, str]]:
    """All records in any order, and the person of each id."""
    told = [(str(number), record) for number, records in enumerate(people) for record in records]
    order = dice.permutation(len(told)).tolist()
    rows: list[Row] = [{"id": str(place), **told[at][1]} for place, at in enumerate(order)]
    return rows, {str(place): told[at][0] for place, at in enumerate(order)}


EXTRAS = (
    ("home", "Heimatort", "name"),
    ("trade", "Taetigkeit", "text"),
    ("eyes", "Augen", "category"),
    ("height", "Groesse", "number"),
    ("badge", "Ausweis", "code"),
)


def registry(seed: int) -> tuple[list[Row], dict[str, str]]:
    """A register with names and five columns that only it has; half of the people stand twice."""
    made = Population(seed)
    names, forenames, homes = made.words(120), made.words(40), made.words(60)
    trades = [f"{made.word()} {made.word()} {made.word()}" for _ in range(40)]

    def person() -> list[Row]:
        first: dict[str, object] = {
            "Vorname": made.one_of(forenames),
            "Nachname": made.one_of(names),
            "Heimatort": made.one_of(homes),
            "Taetigkeit": made.one_of(trades),
            "Augen": made.one_of(["braun", "blau", "grau", "gruen"]),
            "Groesse": int(made.dice.integers(150, 200)),
            "Ausweis": f"{made.dice.integers(10_000_000, 99_999_999)}",
        }
        if made.dice.random() < 0.5:
            return [first]
        second = dict(first)
        for name in ("Nachname", "Heimatort", "Taetigkeit", "Ausweis"):
            if made.dice.random() < 0.2:
                second[name] = made.slip(str(first[name]))
        second["Groesse"] = int(first["Groesse"]) + int(made.dice.integers(-1, 2))
        if made.dice.random() < 0.3:
            second["Ausweis"] = ""
        return [first, second]

    return with_ids([person() for _ in range(1_200)], made.dice)


def mapping(path: Path, *extras: tuple[str, str, str]) -> Path:
    text = '[columns]\nid = "id"\nforename = "Vorname"\nsurname = "Nachname"\n'
    for name, column, kind in extras:
        text += f'\n[[extra]]\nname = "{name}"\ncolumn = "{column}"\nkind = "{kind}"\n'
    path.write_text(text)
    return path


def test_extra_columns_of_every_kind_tell_people_apart(tmp_path: Path) -> None:
    rows, person = registry(1)
    file = written(tmp_path / "registry.csv", rows)
    without, _ = deduped(file, "--mapping", mapping(tmp_path / "few.toml"))
    out, said = deduped(file, "--mapping", mapping(tmp_path / "all.toml", *EXTRAS), "--seed", 0)
    assert fields_of(out) == {name: kind for name, _, kind in EXTRAS}
    assert all(f"{name}: compared as {kind}" in said for name, _, kind in EXTRAS)
    found = quality(out, person)
    assert found.precision > 0.99
    assert found.recall > 0.97
    assert quality(without, person).f1 < 0.8  # names are not enough
    # Every field learned that its agreement speaks for one person, and its disagreement against.
    model = Model.load(out / "model.json")
    for name, levels in list(model.document["comparisons"].items())[-5:]:
        assert levels["exact"]["m"] > levels["exact"]["u"], name
        assert levels["disagree"]["m"] < levels["disagree"]["u"], name
    # Nobody's own value stands in the model.
    text = (out / "model.json").read_text()
    assert not [row["Ausweis"] for row in rows if row["Ausweis"] and str(row["Ausweis"]) in text]


@pytest.mark.parametrize("extra", EXTRAS, ids=[kind for *_, kind in EXTRAS])
def test_each_extra_column_helps_by_itself(tmp_path: Path, extra: tuple[str, str, str]) -> None:
    rows, person = registry(2)
    file = written(tmp_path / "registry.csv", rows)
    without, _ = deduped(file, "--mapping", mapping(tmp_path / "few.toml"))
    out, _ = deduped(file, "--mapping", mapping(tmp_path / "one.toml", extra), "--seed", 0)
    assert fields_of(out) == {extra[0]: extra[2]}
    assert quality(out, person).f1 > quality(without, person).f1


def parish(seed: int) -> tuple[list[Row], dict[str, str]]:
    """Two forenames, a surname and three columns of a birth date, as German registries exchange them."""
    made = Population(seed)
    names, forenames = made.words(600), made.words(150)

    def person() -> list[Row]:
        born = (int(made.dice.integers(1930, 2000)), int(made.dice.integers(1, 13)), int(made.dice.integers(1, 29)))
        first: dict[str, object] = {
            "fname_c1": made.one_of(forenames),
            "fname_c2": made.one_of(forenames) if made.dice.random() < 0.3 else "",
            "lname_c1": made.one_of(names),
            **dict(zip(("by", "bm", "bd"), born, strict=True)),
        }
        if made.dice.random() < 0.8:
            return [first]
        second = dict(first)
        for name in ("fname_c1", "lname_c1"):
            if made.dice.random() < 0.15:
                second[name] = made.slip(str(first[name]))
        if made.dice.random() < 0.1:
            second["bd"] = int(made.dice.integers(1, 29))
        return [first, second]

    return with_ids([person() for _ in range(3_000)], made.dice)


def test_names_and_three_columns_of_a_date_are_enough(tmp_path: Path) -> None:
    rows, person = parish(3)
    out, said = deduped(written(tmp_path / "parish.csv", rows))
    for line in ("forename: from fname_c1", "surname: from lname_c1", "dob: from by, bm, bd"):
        assert line in said
    found = quality(out, person)
    assert found.precision > 0.97
    assert found.recall > 0.95
    assert fields_of(out) == {}
    shown = run("explain", tmp_path / "parish.csv", "0", "1")
    assert shown.exit_code == 0, shown.output
    assert "date of birth" in shown.output

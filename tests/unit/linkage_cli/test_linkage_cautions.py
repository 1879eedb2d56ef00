"""What the command says of results that are empty or not to be relied on, and how it says anything."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from linkage.commands.speaking import say
from linkage.errors import LinkageError
from linkage.explain import label
from linkage.people import people
from linkage.tables.reading import read
from tests.unit.linkage_cli.people_builders import rows, run, write

PLAIN = {"surname", "contact"}


def cautions_of(file: Path, *options: object) -> tuple[str, list[str]]:
    out = file.parent / "out"
    result = run("dedupe", file, "--out", out, *options)
    assert result.exit_code == 0, result.output
    told: list[str] = json.loads((out / "report.json").read_text())["cautions"]
    for line in told:
        assert f"caution: {line}\n" in result.stdout
    return result.stdout, told


@pytest.mark.parametrize(("field", "value"), [("email", "user{}@example.org"), ("phone", "07700900{:03}")])
def test_a_file_of_what_households_share_says_why_it_links_nobody(tmp_path: Path, field: str, value: str) -> None:
    content = [(f"{side}{n}", value.format(n)) for side in "ab" for n in range(100)]
    said, told = cautions_of(write(tmp_path / "shared.csv", content, ("id", field)))
    assert "200 records, 0 links, 200 clusters" in said
    assert f"the records say nothing but {field}, which the members of a household may share" in told[0]


def test_the_same_as_codes_links_and_there_is_no_caution(tmp_path: Path) -> None:
    content = [(f"{side}{n}", f"user{n}@example.org") for side in "ab" for n in range(100)]
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[columns]\nid = "id"\n[[extra]]\nname = "mail"\ncolumn = "email"\nkind = "code"\n')
    said, told = cautions_of(write(tmp_path / "own.csv", content, ("id", "email")), "--mapping", mapping)
    assert "200 records, 100 links, 100 clusters" in said
    assert told == []


def test_a_file_of_one_person_is_not_to_be_relied_on(tmp_path: Path) -> None:
    content = [(f"r{n}", "CATHERINE", "HARGREAVES", "1950-03-17", f"M13 {n % 9}WL") for n in range(50)]
    said, told = cautions_of(write(tmp_path / "one.csv", content, ("id", "forename", "surname", "dob", "postcode")))
    assert [line.split(":")[0] for line in told[:2]] == ["forename", "surname"]
    assert len(told) == 3
    assert "of 1,225 random pairs look like one person" in told[2]
    assert " 1 cluster in " in said


def test_a_default_date_is_told_without_its_value(tmp_path: Path) -> None:
    content = [(*row[:3], "1900-01-01" if n % 4 == 0 else row[3], *row[4:]) for n, row in enumerate(rows())]
    _, told = cautions_of(write(tmp_path / "default.csv", content))
    assert len(told) == 1
    assert told[0].startswith("dob: 200 rows say what people of many names say too")


@pytest.mark.parametrize("command", ["dedupe", "sample"])
def test_a_seed_below_nothing_is_refused(people: Path, linked: Path, tmp_path: Path, command: str) -> None:
    result = run(command, people if command == "dedupe" else linked, "--out", tmp_path / "out", "--seed", -1)
    assert result.exit_code == 2
    assert not result.exception or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("name", [b"bad\xff.csv", b"bad\xff.parquet"])
def test_a_file_name_that_is_not_utf_8_is_a_sentence(tmp_path: Path, people: Path, name: bytes) -> None:
    file = tmp_path / os.fsdecode(name)
    file.write_bytes(people.read_bytes())
    result = run("dedupe", file, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.output.startswith("linkage: ")


def test_two_files_without_a_field_in_common_are_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "names.csv", [("1", "ANN", "ASH")], ("id", "forename", "surname"))
    other = write(tmp_path / "dates.csv", [("1", "1950-03-17")], ("id", "dob"))
    result = run("link", one, other, "--out", tmp_path / "out")
    assert (result.exit_code, "no field in common" in result.output) == (2, True)
    assert not (tmp_path / "out").exists()


def test_what_only_one_of_two_files_says_is_told(tmp_path: Path) -> None:
    told = list(rows())
    names = ("id", "forename", "surname", "dob", "sex", "postcode", "phone")
    one = write(tmp_path / "a.csv", [row for row in told if row[0].endswith("a")], names)
    other = write(tmp_path / "b.csv", [row[:4] for row in told if row[0].endswith("b")], names[:4])
    result = run("link", one, other, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert f"only in {one}, so not compared: sex, postcode, phone\n" in result.stderr


def test_contact_is_the_phone_where_e_mail_is_compared_by_itself() -> None:
    assert label("contact", PLAIN) == "phone and e-mail"
    assert label("contact", PLAIN | {"email"}) == "phone"
    assert label("email", PLAIN | {"email"}) == "e-mail"


def test_explain_names_e_mail_once_and_refuses_one_id_twice(tmp_path: Path) -> None:
    content = [(*row[:4], f"{row[0][:-1]}@example.org") for row in rows()]
    file = write(tmp_path / "mail.csv", content, ("id", "forename", "surname", "dob", "email"))
    linker = people(read(file).table, workers=1)
    said = [line.sentence for line in linker.explain("p1a", "p1b").lines]
    assert "phone: missing" in said
    assert sum("mail" in line for line in said) == 1
    with pytest.raises(LinkageError, match="both ids are 'p1a': name two different records"):
        linker.explain("p1a", "p1a")


def test_nothing_that_steers_a_terminal_reaches_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    say("é \x1b[31m\n\u202e\u2028\ud800")
    assert capsys.readouterr().out == "é \\x1b[31m\\n\\u202e\\u2028\\ud800\n"
    file = tmp_path / "people.csv"
    file.write_bytes(b'id,surname,"a\x1b[31m\nb"\n1,Ash,x\n2,Birch,y\n')
    result = run("explain", file, "1", "3\x1b[2J")
    assert result.exit_code == 2
    assert "\x1b" not in result.output
    assert "columns not used: a[31mb\n" in result.stderr
    assert "no record has the id '3\\x1b[2J'" in result.stderr

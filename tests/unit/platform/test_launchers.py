"""Launchers in the token file: what is wrong is said, and never with a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpi.errors import SettingsError
from mpi.launchers import load_launchers, read_launchers
from mpi.networks import load_network
from mpi.settings import Settings
from mpi.tokens import session_key

NETWORK = load_network("greater-manchester")
SECRET = "a secret that is long enough for a launcher"
GOOD = f'[[launcher]]\nid = "bolton-epr"\nsecret = "{SECRET}"\norganisation = "RMC"\n'


def test_launchers_are_read(tmp_path: Path) -> None:
    file = tmp_path / "tokens.toml"
    file.write_text(GOOD + 'frame_ancestors = ["https://epr.bolton.example:8443"]\n')
    (one,) = read_launchers(file, NETWORK).values()
    assert (one.id, one.secret, one.organisation) == ("bolton-epr", SECRET, "RMC")
    assert one.frame_ancestors == ("https://epr.bolton.example:8443",)
    assert SECRET not in repr(one)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.replace("bolton-epr", "bolton epr"), "'id' must be letters"),
        (GOOD.replace(SECRET, "short"), "at least 32"),
        (GOOD.replace("RMC", "XXX"), "organisation 'XXX' is not in the network"),
        (GOOD + 'colour = "blue"', "unknown key 'colour'"),
        (GOOD + 'frame_ancestors = ["http://epr.example"]', "list of origins"),
        (GOOD + 'frame_ancestors = ["https://epr.example; script-src *"]', "list of origins"),
        (GOOD + 'frame_ancestors = "https://epr.example"', "list of origins"),
        (GOOD + GOOD, "there twice"),
        ("launcher = 1", "[[launcher]] table"),
    ],
)
def test_what_is_wrong_is_said_without_the_secret(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "tokens.toml"
    file.write_text(content)
    with pytest.raises(SettingsError) as wrong:
        read_launchers(file, NETWORK)
    assert said in str(wrong.value)
    assert SECRET not in str(wrong.value)


def test_without_a_token_file_there_are_none(tmp_path: Path) -> None:
    assert load_launchers(Settings(data_dir=tmp_path), NETWORK) == {}


def test_the_session_key_is_made_once_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    key = session_key(settings)
    assert len(key) >= 32
    assert session_key(settings) == key
    assert (tmp_path / "new" / "session.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["session.key"]
    given = "a session key that all instances share"
    assert session_key(Settings(data_dir=tmp_path, session_key=given)) == given

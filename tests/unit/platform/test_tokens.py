"""Bearer tokens say who calls, and a feed's token speaks for its own trust only (SEC-5, promise 8)."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mpi.domain.access import Caller, Right, Role
from mpi.errors import SettingsError
from mpi.networks import load_network
from mpi.settings import load_settings
from mpi.tokens import development_token, find_caller, load_callers, read_tokens, token_hash

TOKEN = "a-synthetic-token-of-32-letters-"
OTHER = "another-synthetic-token-of-many-letters"
NETWORK = load_network("greater-manchester")


def write(tmp_path: Path, *tables: str) -> Path:
    file = tmp_path / "who.toml"
    file.write_text("".join(f"[[token]]\n{table}\n" for table in tables))
    return file


def entry(
    token: str = TOKEN, user: str = "dq-one", role: str = "reviewer", organisation: str = "RMC", more: str = ""
) -> str:
    return f'token = "{token}"\nuser = "{user}"\nrole = "{role}"\norganisation = "{organisation}"\n{more}'


def test_a_token_names_its_caller_and_nothing_else_does(tmp_path: Path) -> None:
    hashed = f'sha256 = "{token_hash(OTHER)}"\n' + entry(user="vna", role="archive").split("\n", 1)[1]
    callers = read_tokens(write(tmp_path, entry(), hashed))
    assert find_caller(callers, TOKEN) == Caller("dq-one", Role.REVIEWER, "RMC")
    assert find_caller(callers, OTHER) == Caller("vna", Role.ARCHIVE, "RMC")
    for wrong in ("", TOKEN[:-1], TOKEN + "x", token_hash(OTHER), "\u00e9"):
        assert find_caller(callers, wrong) is None


def test_tokens_are_kept_as_hashes_only(tmp_path: Path) -> None:
    assert TOKEN not in repr(read_tokens(write(tmp_path, entry())))


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ([], "has no [[token]] table"),
        ([entry(role="boss")], "entry 1: no role 'boss'; write one of feed, archive"),
        ([entry(), entry(OTHER, user="")], "entry 2: 'user' is missing"),
        ([entry(organisation="")], "entry 1: 'organisation' is missing"),
        ([entry("short")], "'token' is too short"),
        ([entry("")], "either 'sha256' or 'token'"),
        ([entry(more=f'sha256 = "{token_hash(OTHER)}"')], "either 'sha256' or 'token'"),
        ([entry("", more='sha256 = "ABC"')], "64 hexadecimal digits"),
        ([entry(more='rôle = "x"')], "is not a readable TOML file"),
        ([entry(more='rights = "all"')], "unknown key 'rights'"),
        ([entry(), entry(user="dq-two")], "entry 2: the same token as dq-one's"),
        ([entry(role="feed")], "the role feed needs the key 'feed'"),
        ([entry(role="viewer", more='feed = "bolton"')], "no other role may have it"),
        ([entry(role="feed", more='feed = "botlon"')], "feed 'botlon' is not in the network"),
        ([entry(role="feed", organisation="RBV", more='feed = "bolton"')], "feed 'bolton' is RMC's, not RBV's"),
    ],
)
def test_a_wrong_token_file_is_refused_by_entry_and_never_repeated(
    tmp_path: Path, tables: list[str], words: str
) -> None:
    settings = load_settings(tokens=write(tmp_path, *tables))
    with pytest.raises(SettingsError) as caught:
        load_callers(settings, NETWORK)
    assert words in str(caught.value)
    assert str(caught.value).startswith("tokens: ")
    assert TOKEN not in str(caught.value)


def test_a_feeds_token_speaks_for_that_feed(tmp_path: Path) -> None:
    file = write(tmp_path, entry(user="bolton-pas", role="feed", more='feed = "bolton"'))
    caller = find_caller(load_callers(load_settings(tokens=file), NETWORK), TOKEN)
    assert caller == Caller("bolton-pas", Role.FEED, "RMC", feed="bolton")
    assert not caller.may(Right.READ_PERSON)


def test_without_tokens_one_administrators_token_is_made_and_kept(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "var")
    callers = load_callers(settings, NETWORK)
    token = development_token(settings.data_dir)
    caller = find_caller(callers, token)
    assert caller is not None
    assert caller.role is Role.ADMINISTRATOR
    assert load_callers(settings, NETWORK) == callers
    file = settings.data_dir / "tokens.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert find_caller(read_tokens(file), token) == caller


def test_several_processes_starting_at_once_agree_on_the_token(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        tokens = set(pool.map(development_token, [tmp_path] * 8))
    assert len(tokens) == 1
    assert [f.name for f in tmp_path.iterdir()] == ["tokens.toml"]


def test_a_configured_token_leaves_no_other_way_in(tmp_path: Path) -> None:
    development = development_token(tmp_path)
    settings = load_settings(data_dir=tmp_path, admin_token=TOKEN)
    callers = load_callers(settings, NETWORK)
    assert find_caller(callers, development) is None
    admin = find_caller(callers, TOKEN)
    assert admin is not None
    assert admin.role is Role.ADMINISTRATOR

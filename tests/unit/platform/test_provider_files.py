"""The file of the OpenID provider: what is wrong is said, and never with a secret (SEC-5)."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey

from mpi.domain.access import Role
from mpi.domain.provider import Grant
from mpi.errors import SettingsError
from mpi.networks import load_network
from mpi.providers import load_provider, read_provider
from mpi.settings import Settings, load_settings

NETWORK = load_network("greater-manchester")
SECRET = "a secret that nobody may read"
GOOD = f"""[provider]
issuer = "https://identity.example/realms/staff"
client_id = "imaging-index"
client_secret = "{SECRET}"
address = "https://index.example"

[[grant]]
code = "R8008"
role = "reviewer"
organisation = "RMC"
"""
DOCUMENT = Path(__file__).parents[3] / "docs" / "sign-in.md"


def written(folder: Path, content: str) -> Path:
    file = folder / "provider.toml"
    file.write_text(content)
    return file


def test_a_provider_is_read(tmp_path: Path) -> None:
    found = load_provider(Settings(provider=written(tmp_path, GOOD)), NETWORK)
    assert found is not None
    assert (found.issuer, found.client_id) == ("https://identity.example/realms/staff", "imaging-index")
    assert found.grants == (Grant("R8008", Role.REVIEWER, "RMC"),)
    assert "none" not in found.algorithms
    assert SECRET not in repr(found)
    assert load_provider(Settings(), NETWORK) is None


@pytest.mark.parametrize(("kind", "algorithm"), [(RSAKey, "RS512"), (RSAKey, "PS256"), (ECKey, "ES256")])
def test_a_private_key_is_read_and_never_shown(tmp_path: Path, kind: type[RSAKey], algorithm: str) -> None:
    key = kind.generate_key("P-256" if kind is ECKey else 2048)  # type: ignore[arg-type]
    (tmp_path / "key.pem").write_bytes(key.as_pem(private=True))
    line = f'client_key = "{tmp_path}/key.pem"\nclient_algorithm = "{algorithm}"'
    found = read_provider(written(tmp_path, GOOD.replace(f'client_secret = "{SECRET}"', line)), NETWORK)
    assert (found.key_id, found.key_algorithm) == (key.thumbprint(), algorithm)
    assert "PRIVATE" not in repr(found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[provider]", "[supplier]", "unknown table 'supplier'"),
        ("[[grant]]", "[grant]", "no [[grant]] table"),
        ('client_id = "imaging-index"', "", "'client_id' is missing"),
        ("imaging-index", "", "'client_id' is missing"),
        ('"imaging-index"', "7", "'client_id' must be a text in quotes"),
        ("https://identity", "http://identity", "'issuer' must be an https:// address"),
        ("https://index.example", "https://index.example/mpi", "'address' must be an origin"),
        ("https://index.example", "https://index.example/", "'address' must be an origin"),
        ("https://index.example", "https://u:p@index.example", "'address' must be an https:// address"),
        (f'client_secret = "{SECRET}"', "", "write either 'client_key'"),
        ("address", 'client_key = "x"\naddress', "write either 'client_key'"),
        (f'client_secret = "{SECRET}"', 'client_key = "nowhere.pem"', "'client_key' names no readable private key"),
        (SECRET, "short", "too short to be a secret"),
        ("address", 'algorithms = ["none"]\naddress', "'none' is not allowed"),
        ("address", 'algorithms = ["HS256"]\naddress', "'HS256' is not allowed"),
        ("address", 'algorithms = "RS256"\naddress', "'algorithms' must be a list of texts"),
        ("address", 'scopes = ["profile"]\naddress', "'scopes' must hold openid"),
        ("address", "strong_seconds = 0\naddress", "'strong_seconds' must be 1 to 43200"),
        ("address", "sign_out = 1\naddress", "'sign_out' must be true or false"),
        ("address", 'ca = "/nowhere"\naddress', "'ca' names /nowhere"),
        ("address", 'colour = "blue"\naddress', "unknown key 'colour'"),
        ('code = "R8008"', "", "'code' is missing"),
        ('"reviewer"', '"king"', "no role 'king' of people"),
        ('"reviewer"', '"feed"', "no role 'feed' of people"),
        ('"RMC"', '"XXX"', "organisation 'XXX' is not in the network"),
        ("organisation", 'colour = "blue"\norganisation', "unknown key 'colour'"),
        ("[provider]", "[provider", "not a readable TOML file"),
    ],
)
def test_what_is_wrong_is_said_without_the_secret(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(SettingsError) as wrong:
        read_provider(written(tmp_path, GOOD.replace(old, new, 1)), NETWORK)
    assert said in str(wrong.value)
    assert SECRET not in str(wrong.value)


def test_a_public_key_is_not_ours_to_sign_with(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(RSAKey.generate_key(2048).as_pem(private=False))
    content = GOOD.replace(f'client_secret = "{SECRET}"', f'client_key = "{tmp_path}/key.pem"')
    with pytest.raises(SettingsError, match="names a public key"):
        read_provider(written(tmp_path, content), NETWORK)


def test_somebody_must_be_able_to_sign_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="provider: missing while token_sign_in is false"):
        load_settings(token_sign_in=False)
    assert not load_settings(token_sign_in=False, provider=written(tmp_path, GOOD)).token_sign_in
    with pytest.raises(SettingsError, match=r"provider: names nowhere\.toml"):
        load_settings(provider=Path("nowhere.toml"))


def test_the_documents_example_is_one(tmp_path: Path) -> None:
    """With a key in place of the one it names."""
    (tmp_path / "key.pem").write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
    blocks = DOCUMENT.read_text(encoding="utf-8").split("```toml\n")[1:]
    assert len(blocks) == 2
    for block in blocks:
        content = block.partition("```")[0].replace("/etc/mpi/client.pem", str(tmp_path / "key.pem"))
        found = read_provider(written(tmp_path, content), NETWORK)
        assert found.grants

"""Settings: the environment wins over the file, errors name the setting, nothing unsafe starts (SEC-4, SEC-5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpi.errors import SettingsError
from mpi.main.demo import demonstrate
from mpi.settings import Settings, is_loopback, load_settings

TOKEN = "a-synthetic-token-of-32-letters-"


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "certificate.pem"
    file.write_text("synthetic")
    return file


def test_the_defaults_run_on_this_machine_alone_with_the_embedded_database() -> None:
    settings = load_settings()
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8080)
    assert (settings.mllp_host, settings.mllp_port) == ("127.0.0.1", 2575)
    assert settings.embedded
    assert settings.max_message_bytes == 1 << 20
    assert not settings.tokens_configured


def test_the_environment_wins_over_the_file_and_a_command_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mpi.toml").write_text('http_port = 1\nmllp_port = 2\nnetwork = "surrey-sussex"\n')
    monkeypatch.setenv("MPI_MLLP_PORT", "3")
    monkeypatch.setenv("MPI_WORKERS", "4")
    settings = load_settings(workers=5, pool_size=None)
    assert (settings.http_port, settings.mllp_port, settings.workers) == (1, 3, 5)
    assert settings.network == "surrey-sussex"
    assert settings.pool_size == 10


def test_mpi_config_names_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mpi.toml").write_text("http_port = 1\n")
    (tmp_path / "other.toml").write_text("http_port = 2\n")
    monkeypatch.setenv("MPI_CONFIG", "other.toml")
    assert load_settings().http_port == 2
    monkeypatch.setenv("MPI_CONFIG", "none.toml")
    with pytest.raises(SettingsError, match=r"MPI_CONFIG: names none\.toml"):
        load_settings()


def test_any_spelling_of_a_postgresql_url_is_taken() -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"):
        url = load_settings(database_url=f"{scheme}://u:p@db.example/mpi").database_url
        assert url == "postgresql+psycopg://u:p@db.example/mpi"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PORT", "70000"),
        ("MLLP_PORT", "hl7"),
        ("WORKERS", "0"),
        ("POOL_SIZE", "0"),
        ("MAX_MESSAGE_BYTES", "1"),
        ("IDLE_TIMEOUT", "0"),
        ("LOG_LEVEL", "loud"),
        ("ENVIRONMENT", "prod"),
        ("TOKENS", "none.toml"),
        ("TLS_CERT", "none.pem"),
        ("MODEL", "none.json"),
        ("ADMIN_TOKEN", "short"),
        ("DATABASE_URL", "mysql://u:open-sesame@db.example/mpi"),
        ("DATABASE_URL", "open-sesame"),
        ("DATABASE_URL", "postgresql://u:open-sesame@db.example:port/mpi"),
    ],
)
def test_an_error_names_the_setting_and_no_secret(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"MPI_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{name.lower()}: ")
    assert "open-sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("HTTP_PORT", "abc", "is no whole number"),
        ("HTTP_PORT", "1.5", "is no whole number"),
        ("DICOM_PORT", "70000", "must be at most 65535"),
        ("WORKERS", "0", "must be at least 1"),
        ("IDLE_TIMEOUT", "soon", "is no number"),
        ("SESSION_IDLE", "0", "must be more than 0.0"),
        ("TOKEN_SIGN_IN", "perhaps", "is neither true nor false"),
        ("LOG_LEVEL", "loud", "must be 'debug', 'info', 'warning' or 'error'"),
        ("MODEL", "/nope", "names /nope, which cannot be read; write the path of a readable file"),
        ("DATABASE_URL", "mysql://x/y", "is no PostgreSQL URL; write postgresql://user@host/database"),
        ("DICOM_AE_TITLE", "", "must be 1 to 16 printable ASCII characters, no backslash, no space at either end"),
    ],
)
def test_an_error_says_plainly_what_a_setting_must_be(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"MPI_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == f"{name.lower()}: {sentence} (MPI_{name})"


def test_all_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPI_HTTP_PORT", "-1")
    monkeypatch.setenv("MPI_WORKERS", "many")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert {line.split(":")[0] for line in str(caught.value).splitlines()} == {"http_port", "workers"}


def test_an_unknown_key_in_the_file_and_a_misspelt_variable_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mpi.toml").write_text("htp_port = 1\n")
    with pytest.raises(SettingsError, match=r"htp_port: no such setting; known are .*http_port"):
        load_settings()
    (tmp_path / "mpi.toml").write_text("http_port = \n")
    with pytest.raises(SettingsError, match=r"mpi\.toml: not TOML.*line 1"):
        load_settings()
    (tmp_path / "mpi.toml").unlink()
    monkeypatch.setenv("MPI_HTP_PORT", "1")
    with pytest.raises(SettingsError, match="MPI_HTP_PORT: no such setting; did you mean MPI_HTTP_PORT"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("MPI_HTTP_PROT", "MPI_HTTP_PORT"),
        ("mpi_http_prot", "MPI_HTTP_PORT"),
        ("MPI_TLS_CERTIFICATE_FILE", "MPI_TLS_CERT"),
        ("MPI_TLS_CLIENT_CA", "MPI_TLS_CERT"),
    ],
)
def test_a_variable_that_can_only_mean_a_setting_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, near: str
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == f"{name}: no such setting; did you mean {near}?"


def test_a_demonstration_reads_the_settings_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPI_HTTP_PROT", "1")
    with pytest.raises(SettingsError, match="did you mean MPI_HTTP_PORT"):
        demonstrate("nowhere", 2, 7, once=True, as_json=True, workers=1)


@pytest.mark.parametrize("name", ["MPI_HOME", "MPI_ROOT", "MPI_C_COMPILER", "MPI_TOKEN", "MPI_WEBHOOK_SECRET"])
def test_variables_of_other_programs_called_mpi_are_left_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "/opt/openmpi")
    assert load_settings().http_port == 8080


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "", "pas.example", "127.0.0.1.example"])
@pytest.mark.parametrize("setting", ["http_host", "mllp_host"])
def test_nothing_listens_beyond_this_machine_without_tokens_and_tls(
    setting: str, host: str, certificate: Path
) -> None:
    """SEC-4, SEC-5: every missing part is named, and only all of them together open the door."""
    given: dict[str, object] = {setting: host}
    required = ["tokens", "tls_cert", *(["tls_ca"] if setting == "mllp_host" else [])]
    for missing in required:
        with pytest.raises(SettingsError, match=f"^{missing}: missing while {setting}"):
            load_settings(**given)
        given |= {"tls_key": certificate} if missing == "tls_cert" else {}
        given[missing if missing != "tokens" else "admin_token"] = TOKEN if missing == "tokens" else certificate
    assert getattr(load_settings(**given), setting) == host


def test_a_token_made_for_development_does_not_open_the_door(certificate: Path) -> None:
    (Path.cwd() / "var").mkdir()
    (Path.cwd() / "var" / "tokens.toml").write_text(f'[[token]]\ntoken = "{TOKEN}"\n')
    with pytest.raises(SettingsError, match=r"^tokens: missing"):
        load_settings(http_host="0.0.0.0", tls_cert=certificate, tls_key=certificate)


def test_half_a_certificate_is_refused(certificate: Path) -> None:
    with pytest.raises(SettingsError, match=r"^tls_key: missing"):
        load_settings(tls_cert=certificate)
    with pytest.raises(SettingsError, match=r"^tls_cert: missing"):
        load_settings(tls_key=certificate)


def test_production_wants_a_database_and_tokens_of_its_own() -> None:
    with pytest.raises(SettingsError, match=r"^database_url: missing"):
        load_settings(environment="production")
    with pytest.raises(SettingsError, match=r"^tokens: missing"):
        load_settings(environment="production", database_url="postgresql://db.example/mpi")
    ready = load_settings(environment="production", database_url="postgresql://db.example/mpi", admin_token=TOKEN)
    assert not ready.embedded


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


def test_a_secret_does_not_show_in_the_settings_text() -> None:
    assert TOKEN not in repr(load_settings(admin_token=TOKEN))


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().http_port = 1  # type: ignore[misc]


def test_dicom_listens_only_when_asked_and_beyond_this_machine_only_over_mutual_tls(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-4: an association carries no token."""
    assert load_settings().dicom_port is None
    monkeypatch.setenv("MPI_DICOM_PORT", "11112")
    assert (load_settings().dicom_port, load_settings().dicom_host) == (11112, "127.0.0.1")
    open_to_all = {"dicom_host": "0.0.0.0", "admin_token": TOKEN, "tls_cert": certificate, "tls_key": certificate}
    with pytest.raises(SettingsError, match="tls_ca: missing while dicom_host"):
        load_settings(**open_to_all)
    assert load_settings(**open_to_all, tls_ca=certificate).dicom_host == "0.0.0.0"


@pytest.mark.parametrize("title", ["", " MPI", "MPI ", "A" * 17, "A\\B", "Ä"])
def test_an_ae_title_is_what_dicom_allows(title: str) -> None:
    with pytest.raises(SettingsError, match="dicom_ae_title"):
        load_settings(dicom_ae_title=title)
    assert load_settings(dicom_ae_title="GM MPI").dicom_ae_title == "GM MPI"

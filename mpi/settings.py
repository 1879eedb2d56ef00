"""What the operator sets, from environment variables `MPI_...` and a TOML file; the environment wins.

The file is the one `MPI_CONFIG` names, else `mpi.toml` in the working directory if there is one; its keys are the
fields below. The one rule that has no switch: beyond this machine nothing listens without TLS and without tokens
that somebody configured (SEC-4, SEC-5).
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from mpi.errors import SettingsError

_CONFIG = "MPI_CONFIG"
_INTEGRATIONS = ("MPI_TOKEN", "MPI_WEBHOOK_SECRET")  # what our plug-in for Orthanc reads
Port = Annotated[int, Field(ge=0, le=65535)]  # 0: any free one
_PLAIN = {
    "int_parsing": "is no whole number",
    "int_from_float": "is no whole number",
    "int_type": "is no whole number",
    "float_parsing": "is no number",
    "float_type": "is no number",
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "string_type": "is no text",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
}
"""What pydantic's kinds of error mean to an operator."""
_AE_TITLE = re.compile(r"[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?")


class Settings(BaseSettings):
    """All settings with their defaults; the defaults run on a developer's machine. Use `load_settings`."""

    model_config = SettingsConfigDict(env_prefix="MPI_", extra="forbid", frozen=True, validate_default=True)

    environment: Literal["development", "production"] = "development"
    database_url: str = ""  # "" runs the embedded PostgreSQL under data_dir
    data_dir: Path = Path("var")
    network: str = "greater-manchester"  # a shipped name or the path of a network file
    model: Path | None = None  # a linkage model; None uses the shipped one

    http_host: str = "127.0.0.1"
    http_port: Port = 8080
    mllp_host: str = "127.0.0.1"
    mllp_port: Port = 2575
    dicom_host: str = "127.0.0.1"
    dicom_port: Port | None = None  # None: no DICOM
    dicom_ae_title: str = "MPI"
    dicom_associations: Annotated[int, Field(ge=1, le=1000)] = 32  # of each worker; each may hold an image in memory
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None  # who signs the senders' certificates: mutual TLS on MLLP (SEC-4)
    consumer_ca: Path | None = None  # who signs the certificates of consumers that are told over TLS; None: tls_ca
    consumer_cert: Path | None = None  # what we show them; None: tls_cert
    consumer_key: Path | None = None  # its key; None: tls_key

    tokens: Path | None = None  # a TOML file of bearer tokens, see mpi.tokens; None makes one for development
    provider: Path | None = None  # a TOML file of the OpenID provider that people sign in at, see mpi.providers
    token_sign_in: bool = True  # whether people may sign in with a token as well
    admin_token: SecretStr = SecretStr("")  # one more administrator's token, for a first start without a file

    session_key: SecretStr = SecretStr("")  # signs the pages' cookies; all instances need the same; "" makes one
    session_idle: Annotated[float, Field(gt=0)] = 1800.0  # seconds without a request until a person signs in anew
    session_length: Annotated[float, Field(gt=0)] = 43_200.0  # seconds until they do whatever they have done

    workers: Annotated[int, Field(ge=1, le=64)] = 1
    pool_size: Annotated[int, Field(ge=4, le=100)] = 10  # database connections of each worker; delivery takes three
    max_message_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 1 << 20
    idle_timeout: Annotated[float, Field(gt=0)] = 300.0  # seconds until a silent connection is closed
    frame_timeout: Annotated[float, Field(gt=0)] = 60.0  # seconds from the first byte of an MLLP frame to its last
    mllp_connections: Annotated[int, Field(ge=1, le=10_000)] = 256  # of each worker; one more waits its turn
    conformance_days: Annotated[int, Field(ge=1, le=36_500)] = 400  # counts of what arrives wrong are kept so long
    # An answer that moves more studies than that to another history needs two people.
    second_person_studies: Annotated[int, Field(ge=0)] = 20
    bulk_sample: Annotated[int, Field(ge=10, le=500)] = 30  # tasks of a batch answered one by one before the others
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("database_url")
    @classmethod
    def _postgresql_only(cls, value: str) -> str:
        """Any spelling of a PostgreSQL URL becomes the one SQLAlchemy wants."""
        if not value:
            return value
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):  # a port that is no number
            url = None
        # The value may hold a password, so it is not repeated.
        if url is None or url.get_backend_name() not in ("postgresql", "postgres"):
            raise ValueError("is no PostgreSQL URL; write postgresql://user@host/database")
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    @field_validator(
        "tls_cert", "tls_key", "tls_ca", "consumer_ca", "consumer_cert", "consumer_key", "tokens", "model", "provider"
    )
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None and not (value.is_file() and os.access(value, os.R_OK)):
            raise ValueError(f"names {value}, which cannot be read; write the path of a readable file")
        return value

    @field_validator("dicom_ae_title")
    @classmethod
    def _ae_title(cls, value: str) -> str:
        if not _AE_TITLE.fullmatch(value):
            raise ValueError("must be 1 to 16 printable ASCII characters, no backslash, no space at either end")
        return value

    @field_validator("admin_token", "session_key")
    @classmethod
    def _not_guessable(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 24:
            raise ValueError("is too short to be a secret; write at least 24 random characters")
        return value

    @property
    def tokens_configured(self) -> bool:
        """Whether somebody chose the tokens, so that none need be made for development."""
        return self.tokens is not None or bool(self.admin_token.get_secret_value())

    @property
    def embedded(self) -> bool:
        """Whether the index runs its own PostgreSQL."""
        return not self.database_url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file."""
        file = _config_file()
        sources = (init_settings, env_settings)
        return (*sources, TomlConfigSettingsSource(settings_cls, file)) if file else sources

    def check(self) -> Self:
        """Raise `SettingsError` when settings that are right one by one are unsafe or senseless together."""
        for fault in self._faults():
            raise SettingsError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        for pair in (("tls_cert", "tls_key"), ("consumer_cert", "consumer_key")):
            missing = [name for name in pair if getattr(self, name) is None]
            if len(missing) == 1:
                (present,) = set(pair) - set(missing)
                yield f"{missing[0]}: missing while {present} is set; write both or neither"
        if self.tls_ca is not None and self.tls_cert is None:
            yield "tls_cert: missing while tls_ca is set; write tls_cert and tls_key as well"
        if self.provider is None and not self.token_sign_in:
            yield "provider: missing while token_sign_in is false, so that nobody could sign in; write provider too"
        for setting in ("http_host", "mllp_host", "dicom_host"):
            if not is_loopback(host := getattr(self, setting)):
                yield from self._exposed(setting, host)
        if self.environment == "production":
            if self.embedded:
                yield "database_url: missing; production needs a PostgreSQL server that somebody backs up"
            if not self.tokens_configured:
                yield "tokens: missing; production does not run on a token made for development"

    def _exposed(self, setting: str, host: str) -> Iterator[str]:
        reason = f"{setting} is '{host}', which other machines can reach; write 127.0.0.1 there or set"
        if not self.tokens_configured:
            yield f"tokens: missing while {reason} tokens"
        if self.tls_cert is None:
            yield f"tls_cert: missing while {reason} tls_cert and tls_key"
        if setting != "http_host" and self.tls_ca is None:
            # MLLP and DICOM carry no token: the certificate is all that tells a trust from a stranger (SEC-4).
            yield f"tls_ca: missing while {reason} tls_ca"


def load_settings(**overrides: Any) -> Settings:
    """The settings in force, checked; `overrides` (command-line options) win over environment and file.

    Raises `SettingsError` with one line for each setting that is wrong, never with its value when it is a secret.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    _refuse_misspelt(os.environ)
    try:
        return Settings(**given).check()
    except ValidationError as failure:
        lines = [_line(str(error["loc"][0]) if error["loc"] else "settings", error) for error in failure.errors()]
        raise SettingsError("\n".join(lines)) from None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on `host`; a name other than localhost is not looked up."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _config_file() -> Path | None:
    named = os.environ.get(_CONFIG)
    file = Path(named) if named else Path("mpi.toml")
    if not file.is_file():
        if named:
            raise SettingsError(f"{_CONFIG}: names {file}, which is no file")
        return None
    try:
        tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise SettingsError(f"{file}: not TOML: {failure}") from failure
    return file


def _refuse_misspelt(environment: Iterable[str]) -> None:
    """A variable one slip away from a setting, or of a family of settings as MPI_TLS_... are, would be ignored in
    silence, and with it what it was to secure: so it is refused and not only warned of. Others called MPI_ are those
    of the Message Passing Interface or of our integrations, and left alone."""
    known = [f"MPI_{name.upper()}" for name in Settings.model_fields] + [_CONFIG]
    families = {name.split("_")[1] for name in known if name.count("_") > 1}
    for name in environment:
        word = name.upper()
        if not word.startswith("MPI_") or word in known or word in _INTEGRATIONS:
            continue
        ours = word.count("_") > 1 and word.split("_")[1] in families
        for near in difflib.get_close_matches(word, known, n=1, cutoff=0.0 if ours else 0.85):
            raise SettingsError(f"{name}: no such setting; did you mean {near}?")


def _line(setting: str, error: Any) -> str:
    name = setting.lower().removeprefix("mpi_")
    if error["type"] == "extra_forbidden":
        known = ", ".join(Settings.model_fields)
        return f"{name}: no such setting; known are {known}"
    plain = _PLAIN.get(error["type"])
    said = plain.format(**error.get("ctx", {})) if plain else error["msg"].removeprefix("Value error, ")
    return f"{name}: {said} (MPI_{name.upper()})"

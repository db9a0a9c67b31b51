from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fences import PATH, Company, shell_environment

from mailwidgets import Practice, Servers
from mailwidgets.prefill import prefill

_PORTS = {
    "110": "pop3",
    "143": "imap",
    "587": "smtp",
    "465": "smtps",
    "993": "imaps",
    "995": "pop3s",
}


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    with Practice.start() as practice:
        yield practice


@pytest.fixture
def company(practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """Return a company whose servers work for ana, in /srv/mail; a first password is typed."""
    folder, store = tmp_path / "work", tmp_path / "srv-mail"
    folder.mkdir()
    authority = folder / "company-ca.pem"
    authority.write_text(practice.ca_pem, encoding="utf-8")
    told = {
        "LOGNAME": "ana",
        "MAILWIDGETS_STORE": str(store),
        "MAILWIDGETS_USER": "ana",
        "MAILWIDGETS_WORKSTATION": "WS-01",
        "MAILWIDGETS_CA_FILE": str(authority),
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", PATH)
    monkeypatch.chdir(folder)
    prefill(Servers.open(), practice)
    places = {name: value for name, value in os.environ.items() if name.startswith("XDG_")}
    return Company(
        folder,
        words={
            "mail.example.com": practice.host,
            "example.com": practice.accounts[0].address.partition("@")[2],
            "/srv/mail": str(store),
            "/etc/mailwidgets": str(tmp_path / "etc"),
            "/run/lock": str(tmp_path),
            **{port: str(practice.ports[name]) for port, name in _PORTS.items()},
        },
        environment=shell_environment(tmp_path / "home", **told, **places),
        stdin=f"{practice.accounts[0].password}\n",
    )

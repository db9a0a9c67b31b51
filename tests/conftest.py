"""What all tests share: the daemons, keys that stay in temporary folders, no skips on CI."""

from __future__ import annotations

import base64
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mailwidgets import Laboratory, Servers

pytest_plugins = ["daemons.fixtures", "daemons.postgres"]

# A busy machine is no fault of the code: no test asserts a time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep each test away from the settings and keys of whoever runs it."""
    for name in list(os.environ):
        if name.startswith(("MAILWIDGETS_", "JUPYTERHUB_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_DIRS"):
        monkeypatch.setenv(name, str(home / name.lower()))


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return an encryption key, set in the environment."""
    text = base64.b64encode(os.urandom(32)).decode()
    monkeypatch.setenv("MAILWIDGETS_KEY", text)
    return text


@pytest.fixture
def servers(tmp_path: Path, key: str) -> Servers:
    """Return an empty store of the test's own, for ana on WS-01, with the key."""
    assert key
    return Servers.open(tmp_path / "store", user="ana", workstation="WS-01")


@pytest.fixture(scope="module")
def running() -> Iterator[Laboratory]:
    with Laboratory.start() as started:
        yield started


@pytest.fixture
def laboratory(running: Laboratory) -> Laboratory:
    """Return a laboratory in which nothing is broken."""
    running.mend()
    return running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one on CI: there, everything has to be at hand."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and on CI nothing may be: {report.longrepr}"
    return report

"""A password planted by form and by command line is found nowhere afterwards.

What the page and the kernel say to each other is searched in ``tests/browser``.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path

import nbclient
import nbformat
import pytest

from mailwidgets import Draft, Practice, Servers, rehearse
from mailwidgets.errors import MailwidgetsError

CANARY = 'c4n4ry-Pässwört "q" \\ ☃'


def traces(password: str) -> list[str]:
    """Every form in which a program is likely to let a password slip."""
    plain = password.encode()
    encoded = [base64.b64encode(part).decode().rstrip("=") for part in (plain, b"\0" + plain)]
    return [
        *("c4n4ry", json.dumps(password)[1:-1], repr(password)[1:-1], *encoded),
        base64.b64encode(f"\0ana@practice.example\0{password}".encode()).decode(),
    ]


def assert_clean(text: str, where: object) -> None:
    for trace in traces(CANARY):
        assert trace not in text, f"{where}: {trace}"


def assert_folder_clean(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert_clean(path.read_bytes().decode("latin-1"), path)
        assert_clean(path.read_bytes().decode("utf-8", "replace"), path)


def run(store: Path, *words: str, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "mailwidgets", *words, "--log-level=DEBUG"],
        capture_output=True,
        text=True,
        input=stdin,
        timeout=60,
        check=False,
        env={**os.environ, "MAILWIDGETS_STORE": str(store)},
    )
    return done.stdout + done.stderr


@pytest.mark.usefixtures("key")
def test_a_password_from_the_command_line_is_found_nowhere(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with Practice.start() as practice:
        values = ["pop3.name=localhost", f"pop3.port={practice.ports['pop3']}", "pop3.sasl=yes"]
        (tmp_path / "ca.pem").write_text(practice.ca_pem, "utf-8")
        outputs = [
            run(store, "set", *values, "pop3.user=ana@practice.example"),
            run(store, "set", "pop3.password=-", stdin=CANARY),
            run(store, "set", f"smtp.password={CANARY}", "smtp.port=nonsense"),
            run(store, "set", f"smtp.password={CANARY}\nRCPT TO"),
            run(store, "set", f"smtp.passwort={CANARY}"),
            *(run(store, "show", "--format", form) for form in ("table", "json", "csv")),
            *(
                run(store, "check", "pop3", "--format", form, "--ca-file", str(tmp_path / "ca.pem"))
                for form in ("text", "json")
            ),
        ]

    assert "auth_rejected" in outputs[-1], outputs[-1]
    for output in outputs:
        assert_clean(output, output)
    assert_folder_clean(store)


@pytest.mark.usefixtures("key")
def test_no_repr_traceback_or_log_shows_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    servers = Servers.open(tmp_path / "store", user="ana")
    draft = Draft(servers)
    draft.enter(("pop3", "password"), CANARY)
    held = [draft.changes(), draft.resolution(), draft.sections["pop3"].trait_values(), draft]
    draft.save()
    login = servers.targets().login("pop3")
    held += [login, servers.targets(), servers.documents(), servers.effective().to_csv()]
    monkeypatch.setenv("MAILWIDGETS_KEY", "A" * 43 + "=")
    refusals = []
    for refused in (
        Servers(servers.store, servers.identity).targets,
        lambda: servers.commit([servers.change("pop3.password", CANARY + "\n")]),
    ):
        try:
            refused().login("pop3")
        except MailwidgetsError as error:
            trace = traceback.TracebackException.from_exception(error, capture_locals=False)
            refusals.append("".join(trace.format()))

    assert len(refusals) == 2
    assert login.password == CANARY
    for one in held:
        assert_clean(f"{one!r} {one!s}", type(one))
    for refusal in refusals:
        assert_clean(refusal, refusal)
    assert_clean(caplog.text, "log")


async def test_no_report_shows_a_password_whatever_the_mechanism(tmp_path: Path) -> None:
    with Practice.start() as practice:
        servers = rehearse(practice, tmp_path / "store")
        names = ("pop3.password", "workflow.password")
        changes = [servers.change(name, CANARY) for name in names]
        for sasl in (False, True):
            sections = ("pop3", "smtp", "imap", "workflow")
            changes += [servers.change(f"{section}.sasl", value=sasl) for section in sections]
            reports = await asyncio.gather(
                *(servers.check(section, changes=changes) for section in sections)
            )
            for report in reports:
                assert report.code == "auth_rejected", str(report)
                assert_clean(f"{report!r}{report.transcript!r}{report}", report.section)
                assert_clean(json.dumps(report.as_dict(), ensure_ascii=False), report.section)


@pytest.mark.usefixtures("key")
def test_an_executed_notebook_with_saved_widgets_holds_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    monkeypatch.setenv("MAILWIDGETS_STORE", str(tmp_path / "store"))
    cells = [
        "import os\nfrom mailwidgets import Dashboard, Servers",
        "dashboard = Dashboard(Servers.open())\nform = dashboard.forms['pop3']",
        "form.rows['password'].control.widget.value = os.environ['CANARY']",
        "form.save.click()\ndashboard",
        "dashboard.servers.effective(), dashboard.draft.sections['pop3'].password",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])

    nbclient.NotebookClient(notebook, timeout=60, store_widget_state=True).execute()
    text = io.StringIO()
    nbformat.write(notebook, text)

    assert "widgets" in notebook.metadata
    assert_clean(text.getvalue(), "notebook")
    assert_folder_clean(tmp_path / "store")

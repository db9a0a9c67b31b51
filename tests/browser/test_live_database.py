"""The dashboard over PostgreSQL: rights as the database has them, news, and a server that stops."""

from __future__ import annotations

import base64
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from daemons.postgres import Postgres, own_server
from daemons.process import until
from playwright.sync_api import Browser, Locator, Page, expect
from psycopg import sql
from visits import PATIENCE, Visit, environment, leave

from mailwidgets import Servers
from mailwidgets.database.people import Person, allow
from mailwidgets.database.setup import create
from mailwidgets.database.store import DatabaseStore
from mailwidgets.errors import ReadOnlyStore
from mailwidgets.settings.levels import Identity

SOON = 2000  # milliseconds from a commit elsewhere until it is on the page
BACK = 30_000  # milliseconds until a server that was away is found again
BOXES = {"port": "POP3 port (u)", "timeout": "Timeout (sec) (u)"}
WHOSE = Identity("ana", "WS-01")


@dataclass(frozen=True)
class Office:
    """A dashboard of ana's own role, and the database behind it as others see it."""

    url: str
    log: Path
    server: Postgres
    owner: Servers
    password: str = field(repr=False)


@contextmanager
def serving(location: str, folder: Path, log: Path) -> Iterator[str]:
    """Serve the dashboard from the command line for as long as the context lasts."""
    told = environment(folder, base64.b64encode(secrets.token_bytes(32)).decode())
    del told["MAILWIDGETS_STORE"]
    program = [sys.executable, "-m", "mailwidgets", "dashboard", "--no-browser"]
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*program, f"--store={location}"],
            env=told,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), log.read_text()
        assert until(lambda: listens(url), PATIENCE), log.read_text()
        yield url
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def listens(url: str) -> bool:
    """Return whether a server takes connections."""
    with suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), PATIENCE).close()
        return True
    return False


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Serve the dashboard of an ordinary role from the command line."""
    folder = tmp_path_factory.mktemp("office")
    with ExitStack() as held:
        server = held.enter_context(own_server())
        store = held.enter_context(closing(DatabaseStore(server.url("postgres"))))
        create(store.database)
        password = secrets.token_hex(16)
        statement = sql.SQL("CREATE ROLE ana LOGIN PASSWORD {}")
        server.run(statement.format(sql.Literal(password)))
        assert allow(store.database, Person("ana", "ana", workstations=True))
        owner = Servers(store, WHOSE, author="the owner")
        log = folder / "log"
        location = server.url("postgres", "ana", password)
        url = held.enter_context(serving(location, folder, log))
        yield Office(url, log, server, owner, password)


@pytest.fixture
def visit(browser: Browser, office: Office) -> Iterator[Visit]:
    """Open the dashboard as ana; the password of her role must never be on the page."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context.new_page())
    visit.record()
    owner = office.owner  # the tests share a database
    owner.commit([owner.change("pop3.port", 995), owner.change("pop3.timeout", 10)])
    visit.open(office.url)
    yield visit
    told = b"".join([*visit.received, *visit.sent]) + office.log.read_bytes()
    assert office.password.encode() not in told
    assert visit.hosts() == {"127.0.0.1"}, "a request left this machine"
    assert not visit.errors
    leave(context)


def box(page: Page, key: str) -> Locator:
    return page.get_by_label(BOXES[key], exact=True).locator("visible=true")


def note(page: Page, key: str) -> Locator:
    return page.locator(f".mw-pop3-{key} .mw-note")


def test_what_the_database_lets_a_role_not_write_is_read_only_with_its_reason(
    visit: Visit, office: Office
) -> None:
    visit.tab("Workflow e-mail")
    refused = visit.page.locator(".mw-refused").locator("visible=true")
    expect(refused).to_contain_text("You cannot change the company's (c) settings here")
    expect(refused).to_contain_text("the database does not let the role 'ana' write company")
    sender = visit.page.get_by_label("Email sender").locator("visible=true")
    expect(sender).not_to_be_editable()

    visit.tab("POP3")
    expect(box(visit.page, "port")).to_be_editable()
    visit.page.get_by_label("Edit company level").check()
    expect(box(visit.page, "port")).not_to_be_editable()
    expect(refused).to_contain_text("the database does not let the role 'ana' write company")
    visit.page.get_by_label("Edit company level").uncheck()

    # The store itself refuses as well: the page only says so beforehand.
    with closing(DatabaseStore(office.server.url("postgres", "ana", office.password))) as store:
        servers = Servers(store, WHOSE)
        with pytest.raises(ReadOnlyStore):
            servers.commit([servers.change("workflow.sender", "ana@example.com")])


def test_what_another_role_commits_appears(visit: Visit, office: Office) -> None:
    port = box(visit.page, "port")
    port.fill("1995")
    expect(note(visit.page, "port")).to_contain_text("not saved")

    office.owner.commit([office.owner.change("pop3.timeout", 17)])

    expect(box(visit.page, "timeout")).to_have_value("17", timeout=SOON)
    expect(note(visit.page, "timeout")).to_contain_text("Changed elsewhere: 10 → 17 (by the owner")
    expect(port).to_have_value("1995")
    expect(port).to_be_focused()


def test_a_server_that_stops_is_told_keeps_the_draft_and_takes_it_when_it_is_back(
    visit: Visit, office: Office
) -> None:
    expect(box(visit.page, "port")).to_have_value("995")
    box(visit.page, "port").fill("1995")
    expect(note(visit.page, "port")).to_contain_text("not saved")

    office.server.stop()
    try:
        alert = visit.page.get_by_role("alert").filter(has_text="The store cannot be read")
        expect(alert).to_contain_text("Your edits are kept", timeout=BACK)
        expect(box(visit.page, "port")).to_have_value("1995")
        visit.press("Save")
        failed = visit.page.get_by_role("alert").filter(has_text="Nothing was stored")
        expect(failed).to_be_visible(timeout=BACK)
        expect(box(visit.page, "port")).to_have_value("1995")
    finally:
        office.server.start()

    expect(alert).to_be_hidden(timeout=BACK)
    expect(box(visit.page, "port")).to_have_value("1995")
    visit.press("Save")
    expect(visit.page.get_by_text("Saved 1 setting.")).to_be_visible(timeout=BACK)
    assert office.owner.resolve()["pop3", "port"].effective == 1995

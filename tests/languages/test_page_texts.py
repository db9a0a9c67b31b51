"""Nothing that the dashboard shows stands there past gettext, in any tab and in many states."""

from __future__ import annotations

import asyncio
import getpass
import re
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path

import ipywidgets as widgets
import pytest
from pseudo import outside, pseudo

from mailwidgets import Dashboard, Practice, Servers, rehearse
from mailwidgets.dashboard.visit import Visit
from mailwidgets.faults import Laboratory
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.views.history_drawer import KINDS
from mailwidgets.widgets.panel import Panel
from mailwidgets.widgets.wiring import Wiring

PATIENCE = 20  # seconds; on loopback all of this takes milliseconds
WORD = re.compile(r"[^\W\d_]{3,}")
# What a person hears or reads of an element beside its text.
SAID = ("aria-label", "title", "placeholder", "alt", "data-label")
# What is not read, and what is said on the wire, or by a name.
VOID = ("br", "input", "hr", "img", "wbr")
PASSED_OVER = ("style", "script", "code")
# Names, values, codes and the words of protocols; everything else has to be translated.
NAMES = {
    *("ana", "WS", "practice", "example", "workflow", "localhost", "com", "Practice", "Workflow"),
    *("SMTP", "POP", "IMAP", "TLS", "SSL", "EHLO", "CSV", "utf", "Outbox", "Inbox"),
    *("English", "Deutsch", "Slovenščina"),
    *WORD.findall(getpass.getuser()),  # who saves here
    *("mailwidgets", "ready", "goodbye"),  # what the practice servers say
}


class Texts(HTMLParser):
    """Collects what of some markup is seen or heard: its text as a whole, and its attributes."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._text: list[str] = []
        self._hidden = 0
        self.feed(markup)
        self.found.append(" ".join(self._text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        hidden = tag in PASSED_OVER or ("hidden", None) in attrs
        if self._hidden or hidden:
            self._hidden += tag not in VOID
            return
        self.found += [value for name, value in attrs if name in SAID and value]

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag not in VOID:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._text.append(data)


def texts_of(widget: widgets.Widget) -> Iterator[str]:
    """Yield what a widget and all within it show."""
    if isinstance(widget, Visit):
        yield widget.title
        return
    if isinstance(widget, Panel):
        yield from (*Texts(widget.html).found, widget.said)
    if isinstance(widget, Wiring):
        yield widget.said
    if isinstance(widget, widgets.HTML):
        yield from Texts(widget.value).found
    for name in ("description", "tooltip", "placeholder"):
        yield getattr(widget, name, "") or ""
    yield from getattr(widget, "titles", ())
    for one in getattr(widget, "options", ()):
        yield str(one[0] if isinstance(one, tuple) else one)
    for child in getattr(widget, "children", ()):
        yield from texts_of(child)


def bare(dashboard: Dashboard) -> set[str]:
    """Return the words that are shown untranslated, each with what stands around it."""
    rests = (" ".join(outside(text).split()) for text in texts_of(dashboard))
    return {
        f"{found[0]}: {rest[max(found.start() - 40, 0) : found.end() + 40]}"
        for rest in rests
        for found in WORD.finditer(rest)
        if found[0] not in NAMES
    }


@pytest.fixture
async def dashboard(tmp_path: Path) -> AsyncIterator[Dashboard]:
    with Practice.start() as practice:
        servers = rehearse(practice, tmp_path / "practice")
        with pseudo("en"):  # one that can be chosen
            opened = Dashboard(servers)
            yield opened
            opened.close()


async def come(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        await asyncio.wait([task], timeout=PATIENCE)
        assert task.done()


async def history_is_read(dashboard: Dashboard) -> None:
    while dashboard.past.reading is not None:  # a newer look takes the place of an older one
        await come(dashboard.past.reading)


def broken(servers: Servers) -> None:
    servers.commit([servers.change("workflow.port", 587)])
    Path(servers.store.location, "company.json").write_text("{", "utf-8")


async def settled(dashboard: Dashboard, section: str) -> None:
    await come(dashboard.forms[section].results.following)
    assert dashboard.forms[section].results.report is not None


async def test_an_empty_store_and_one_that_cannot_be_read_are_told_in_it(
    servers: Servers,
) -> None:
    with pseudo("en"):
        dashboard = Dashboard(servers)
        assert not bare(dashboard)
        dashboard.tabs.show("history")
        await history_is_read(dashboard)
        assert not bare(dashboard)
        broken(servers)
        dashboard.look(anew=True)
        assert not bare(dashboard)
        dashboard.close()


async def test_every_tab_is_told_in_the_language_in_use(dashboard: Dashboard) -> None:
    for name in (*SECTIONS, "values", "history"):
        dashboard.tabs.show(name)
        for form in dashboard.forms.made.values():
            form.advanced.value = True
        await asyncio.sleep(0)
        assert not bare(dashboard), name


async def test_the_companys_level_edits_and_errors_are_told_in_it(dashboard: Dashboard) -> None:
    dashboard.tabs.show("smtp")
    form = dashboard.forms["smtp"]
    form.rows["timeout"].control.widget.value = "7"
    form.rows["port"].control.widget.value = "never"
    assert not bare(dashboard)
    dashboard.head.company.value = True
    form.rows["timeout"].control.widget.value = "9"
    assert not bare(dashboard)
    form.rows["timeout"].lock.ticked.value = True
    assert not bare(dashboard)
    dashboard.head.company.value = False
    form.discard.click()
    assert not bare(dashboard)


async def test_checks_are_told_in_it(dashboard: Dashboard) -> None:
    dashboard.start.discover.toggle.value = True
    dashboard.start.all.test()
    assert not bare(dashboard)
    for section in ("pop3", "smtp", "imap", "workflow"):
        await settled(dashboard, section)
    assert not bare(dashboard)
    form = dashboard.forms["pop3"]
    form.rows["port"].control.widget.value = "1"
    assert not bare(dashboard)
    form.test.click()
    await settled(dashboard, "pop3")
    assert dashboard.forms["pop3"].results.report.code == "refused"
    assert not bare(dashboard)
    form.save.click()
    dashboard.past.act("what", "pop3.port")


async def test_what_is_broken_is_told_in_it(tmp_path: Path) -> None:
    with Laboratory.start() as laboratory, pseudo("en"):
        servers = rehearse(laboratory, tmp_path / "practice")
        dashboard = Dashboard(servers, laboratory=laboratory)
        box = dashboard.start.breaking
        box.toggle.value = True
        assert not bare(dashboard)
        for fault in ("cram_md5_only", "tls_on_plain_port"):
            box.act("fault", fault)
            box.act("break")
            assert not bare(dashboard), fault
        box.act("scene")
        assert not bare(dashboard)
        box.act("mend")
        assert not bare(dashboard)
        dashboard.close()


async def test_values_compared_and_opened_and_history_are_told_in_it(dashboard: Dashboard) -> None:
    dashboard.tabs.show("values")
    for name in ("pop3.port", "smtp.user", "workflow.password", "imap.name", "trust.ca"):
        dashboard.table.act("fold", name)
    await asyncio.sleep(0)
    assert not bare(dashboard)
    dashboard.table.compare_with("ben", "WS-02")
    assert not bare(dashboard)
    dashboard.table.view_as("nobody")
    assert not bare(dashboard)
    form = dashboard.forms["pop3"]
    form.rows["timeout"].control.widget.value = "7"
    form.save.click()
    assert not bare(dashboard)
    dashboard.tabs.show("history")
    await history_is_read(dashboard)
    oldest = list(dashboard.servers.history())[-1]
    for act in KINDS:
        dashboard.past.act(act, oldest.id)
        assert not bare(dashboard), act
        while dashboard.past.drawer.task is not None:  # likewise
            await come(dashboard.past.drawer.task)
        assert dashboard.past.drawer.found is not None
        assert not bare(dashboard), act
        dashboard.past.act("back", "")

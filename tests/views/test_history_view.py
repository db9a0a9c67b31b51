from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mailwidgets import Servers
from mailwidgets.errors import StoreError
from mailwidgets.settings.levels import Level, Place
from mailwidgets.store.commits import Commit
from mailwidgets.views.history import HistoryView

CANARY = "c4n4ry-Passwort"
HOSTILE = "<b>x</b> '\"&<script>alert(1)</script>"


class Shown:
    """A view, what it sends to the page, and how often it told of a change."""

    def __init__(self, servers: Servers) -> None:
        self.changes = 0
        self.gone: list[tuple[str, str]] = []
        self.focused: list[str] = []
        self.view = HistoryView(servers, self._on_change, lambda *key: self.gone.append(key))
        self.view.panel.focus = self.focused.append

    def _on_change(self) -> None:
        self.changes += 1

    @property
    def html(self) -> str:
        return str(self.view.panel.html)

    @property
    def text(self) -> str:
        return " ".join(re.sub(r"<[^>]*>", " ", self.html).split())

    def act(self, name: str, value: str = "") -> None:
        """Do what a button of the page does that is there and not disabled, or a control."""
        found = [one for one in buttons(self.html) if one.get("data-act") == name]
        assert not found or any(
            one.get("data-value", "") == value and one.get("aria-disabled") != "true"
            for one in found
        ), (name, value)
        self.view.act(name, value)


class Buttons(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "button":
            self.found.append({name: value or "" for name, value in attrs})


def buttons(html: str) -> list[dict[str, str]]:
    parser = Buttons()
    parser.feed(html)
    return parser.found


def put(servers: Servers, why: str = "", level: Level | None = None, **values: object) -> Commit:
    made = servers.commit(
        [servers.change(name.replace("__", "."), one, level=level) for name, one in values.items()],
        why=why,
    )
    assert made is not None
    return made


@pytest.fixture
def shown(servers: Servers) -> Iterator[Shown]:
    made = Shown(servers)
    yield made
    made.view.close()


@pytest.fixture
def bob(servers: Servers) -> Servers:
    return Servers(servers.store, servers.identity, vault=servers.vault, author="bob")


def stored(servers: Servers, name: str = "smtp.port") -> object:
    section, _, key = name.partition(".")
    return servers.resolve()[section, key].own


def test_until_somebody_looks_nothing_is_read(shown: Shown, servers: Servers) -> None:
    put(servers, smtp__port=25)
    shown.view.refresh()

    assert shown.html == ""


def test_a_store_without_history_tells_what_will_stand_there(shown: Shown) -> None:
    shown.view.ask()

    assert "Nothing has been saved yet" in shown.text
    assert "Every save will stand here" in shown.text
    assert "Search" not in shown.text


def test_a_commit_tells_who_when_why_for_whom_and_what(shown: Shown, servers: Servers) -> None:
    put(servers, smtp__port=25)
    made = put(servers, "New provider", smtp__port=587)
    shown.view.ask()

    assert "Today" in shown.text
    assert re.search(
        rf"{made.at.astimezone():%H:%M} New provider {servers.author} \(u\) ana {made.short} "
        r"SMTP port \(u\) 25 → 587",
        shown.text,
    )


def test_beyond_three_changes_the_rest_is_folded(shown: Shown, servers: Servers) -> None:
    put(
        servers,
        smtp__port=25,
        smtp__timeout=9,
        smtp__user="x",
        smtp__ehlo="e.example.com",
        pop3__port=1,
    )
    shown.view.ask()

    before, _summary, folded = shown.html.partition("<details")
    assert "2 more changes" in folded
    assert before.count("mw-past-sides") == 3
    assert folded.count("mw-past-sides") == 2


def test_nothing_of_a_secret_is_in_the_page(shown: Shown, servers: Servers) -> None:
    put(servers, smtp__password=CANARY)
    changed = put(servers, smtp__password=f"{CANARY}-2", smtp__port=587)
    shown.view.ask()
    pages = [shown.html]
    for kind in ("undo", "compare", "return"):
        shown.act(kind, changed.id)
        pages.append(shown.html)
    shown.view.act("search", CANARY)
    pages.append(shown.html.replace(f"value='{CANARY}'", ""))

    assert "SMTP: Password (u) changed" in re.sub(r"<[^>]*>|\s+", " ", pages[0]).replace("  ", " ")
    assert not any(CANARY in page for page in pages)
    assert "No commit fits" in shown.text
    assert CANARY not in repr(shown.view) + str(shown.view.panel.get_state()).replace(
        f"value='{CANARY}'", ""
    )


def test_names_and_reasons_of_strangers_stay_text(shown: Shown, servers: Servers) -> None:
    eve = servers.as_seen_by(HOSTILE, "WS-<i>")
    eve.author = HOSTILE
    made = put(eve, HOSTILE, smtp__user=HOSTILE, smtp__name="a.example")
    servers.store.commit([eve.lock("smtp.port", HOSTILE)], eve.note(HOSTILE))
    shown.view.ask()
    pages = [shown.html]
    for kind in ("undo", "compare", "return"):
        shown.act(kind, made.id)
        pages.append(shown.html)
    shown.view.act("why", HOSTILE)
    shown.view.act("person", HOSTILE)
    pages.append(shown.html)

    for page in pages:
        assert "<script" not in page
        assert "<b>x" not in page
        assert "<i>'" not in page
    assert "&lt;script&gt;" in pages[0]


def test_filters_leave_what_is_asked_for_and_all_comes_back(shown: Shown, servers: Servers) -> None:
    put(servers, "the port", smtp__port=25)
    put(servers.as_seen_by("bob", "WS-02"), "for bob", pop3__port=995)
    shown.view.ask()

    for name, value in (("search", "port (u) bob"), ("what", "pop3.port"), ("person", "bob")):
        shown.view.act(name, value)
        assert "for bob" in shown.text, name
        assert "the port" not in shown.text, name
        assert shown.view.panel.said.startswith("1 commit fits")
        shown.view.act(name, "")
    shown.view.act("mine", "on")
    assert "for bob" not in shown.text
    shown.view.act("search", "nothing of the kind")
    shown.act("clear")

    assert "the port" in shown.text
    assert shown.focused[-1] == "mw-past-search"


def test_what_no_filter_offers_is_passed_over(shown: Shown, servers: Servers) -> None:
    put(servers, "the port", smtp__port=25)
    shown.view.ask()
    for name, value in (("what", "nosuch"), ("undo", "f" * 32), ("go", "no.such"), ("x", "y")):
        shown.view.act(name, value)

    assert "the port" in shown.text
    assert shown.gone == []


def test_older_commits_come_page_by_page(shown: Shown, servers: Servers) -> None:
    made = [put(servers, smtp__timeout=number + 1) for number in range(45)]
    shown.view.ask()
    assert shown.html.count("class='mw-past-commit'") == 20

    shown.act("older")
    assert shown.html.count("class='mw-past-commit'") == 40
    assert shown.focused == [f"mw-past-commit-{made[24].id}"]
    assert shown.view.panel.said == "20 older commits."

    shown.act("older")
    assert shown.html.count("class='mw-past-commit'") == 45
    assert "This is where the history begins." in shown.text


def test_a_change_leads_to_its_field(shown: Shown, servers: Servers) -> None:
    put(servers, smtp__port=25)
    shown.view.ask()
    shown.act("go", "smtp.port")

    assert shown.gone == [("smtp", "port")]


def test_without_fields_none_is_offered(servers: Servers) -> None:
    put(servers, smtp__port=25)
    view = HistoryView(servers, lambda: None)
    view.ask()
    view.act("go", "smtp.port")

    assert "Go to field" not in view.panel.html
    view.close()


def test_undo_shows_its_plan_first_and_then_does_it(shown: Shown, servers: Servers) -> None:
    put(servers, smtp__port=25)
    changed = put(servers, "New provider", smtp__port=587)
    shown.view.ask()
    shown.act("undo", changed.id)

    assert "This setting changes: SMTP port (u) 587 → 25" in shown.text
    assert "Nobody else is affected." in shown.text
    assert shown.focused == ["mw-past-drawer"]
    assert shown.view.panel.said == "The plan is ready. Nothing is changed yet."
    assert stored(servers) == 587

    shown.act("why", "too early")
    shown.act("do")

    assert stored(servers) == 25
    made = next(servers.history())
    assert (made.undoes, made.why) == (changed.id, "too early")
    assert shown.changes == 1
    assert shown.focused[-1] == f"mw-past-undo-{changed.id}"
    assert shown.view.panel.said.startswith("Taken back: ")
    assert "1 setting changed." in shown.view.panel.said
    top = re.search(r"<li id='mw-past-commit-(\w+)' class='([\w -]+)'", shown.html)
    assert top is not None
    assert top[1] == made.id
    assert "mw-past-new" in top[2]
    assert "mw-past-drawer" not in shown.html
    below = shown.html.partition(f"<li id='mw-past-commit-{changed.id}'")[2].partition("</li>")[0]
    assert "Taken back by" in below
    shown.act("compare", made.id)
    assert "Taken back: " not in shown.text


def test_back_changes_nothing_and_returns_to_the_button(shown: Shown, servers: Servers) -> None:
    changed = put(servers, smtp__port=587)
    shown.view.ask()
    shown.act("undo", changed.id)
    shown.act("back")

    assert shown.focused[-1] == f"mw-past-undo-{changed.id}"
    assert "mw-past-drawer" not in shown.html
    assert len(list(servers.history())) == 1
    shown.act("undo", changed.id)
    shown.act("undo", changed.id)  # the button folds up what it has unfolded
    assert "mw-past-drawer" not in shown.html


def test_what_stands_in_the_way_is_told_and_can_be_overruled(
    shown: Shown, servers: Servers, bob: Servers
) -> None:
    put(servers, smtp__port=25, smtp__password="first")
    changed = put(servers, smtp__port=587, smtp__password=CANARY)
    put(bob, "mine now", smtp__port=2525)
    shown.view.ask()
    shown.act("undo", changed.id)

    assert "Changed again since" in shown.text
    assert re.search(r"bob, [^(]*: mine now \(SMTP port \(u\)\)", shown.text)
    assert "history does not keep passwords" in shown.text
    assert "Undo all the same" in shown.text

    shown.act("do")
    assert stored(servers) == 25


def test_for_whom_else_something_changes_is_told_before(shown: Shown, servers: Servers) -> None:
    put(servers.as_seen_by("ida", "WS-07"), smtp__port=25)
    changed = put(servers, level=Level.COMPANY, smtp__timeout=31)
    shown.view.ask()
    shown.act("undo", changed.id)

    assert "What others have in force changes, too:" in shown.text
    assert "SMTP: Timeout (sec) (u): 31 → 30, for ida" in shown.text


def test_a_conflict_at_the_last_moment_is_told_and_the_plan_renewed(
    shown: Shown, servers: Servers, bob: Servers
) -> None:
    put(servers, smtp__port=25)
    changed = put(servers, smtp__port=587)
    shown.view.ask()
    shown.act("undo", changed.id)
    shown.act("why", "kept")
    put(bob, "quicker", smtp__port=2525)
    shown.act("do")

    assert stored(servers) == 2525
    assert shown.changes == 0
    assert "Nothing was changed." in shown.text
    assert "The settings have changed meanwhile" in shown.text
    assert re.search(r"bob, [^(]*: quicker", shown.text)
    assert "value='kept'" in shown.html
    shown.act("do")  # now knowing it
    assert stored(servers) == 25


def test_an_open_plan_outlives_the_commits_of_others(
    shown: Shown, servers: Servers, bob: Servers
) -> None:
    put(servers, smtp__port=25)
    changed = put(servers, smtp__port=587)
    shown.view.ask()
    shown.act("undo", changed.id)
    shown.act("why", "kept")

    for number in range(25):  # it would be on the next page by now
        put(bob, pop3__timeout=number + 1)
    shown.view.refresh()
    assert "mw-past-drawer" in shown.html
    assert "The settings have changed meanwhile" not in shown.text
    assert "value='kept'" in shown.html

    put(bob, "mine now", smtp__port=2525)
    shown.view.refresh()
    assert "The settings have changed meanwhile" in shown.text
    assert "Changed again since" in shown.text


def test_two_moments_are_compared_from_one_press(shown: Shown, servers: Servers) -> None:
    first = put(servers, smtp__port=25)
    second = put(servers, "b", smtp__port=587)
    put(servers, "c", smtp__port=2525)
    shown.view.ask()
    shown.act("compare", first.id)
    table = shown.text.partition("Changed last")[2]
    assert "(u) ana SMTP port (u) 25 2525" in table

    shown.view.act("last", second.id)
    assert "SMTP port (u) 25 587" in shown.text.partition("Changed last")[2]
    shown.view.act("last", first.id)
    assert "Nothing differs." in shown.text
    shown.view.act("last", "f" * 32)  # nothing that is offered
    assert "Nothing differs." in shown.text


def test_everything_returns_to_a_moment(shown: Shown, servers: Servers) -> None:
    start = put(servers, smtp__port=25, smtp__name="a.example")
    put(servers, smtp__port=587)
    put(servers, smtp__name="b.example")
    shown.view.ask()
    shown.act("return", start.id)
    assert "These 2 settings change:" in shown.text

    shown.view.act("scope", "workstation")
    assert "This setting changes: SMTP: Name (m) b.example → a.example" in shown.text
    shown.view.act("scope", "nothing")
    shown.act("do")

    assert stored(servers) == 587
    assert stored(servers, "smtp.name") == "a.example"
    assert next(servers.history()).why.startswith("Back to ")
    assert shown.view.panel.said.startswith("Back to ")
    assert shown.focused[-1] == f"mw-past-return-{start.id}"


def test_who_may_not_write_is_offered_nothing_to_take_back(
    shown: Shown, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = put(servers, smtp__port=25)
    monkeypatch.setattr(servers.store, "refusal", lambda _place: "you may only read")
    shown.view.ask()
    acts = {one.get("data-act") for one in buttons(shown.html)}

    assert "compare" in acts
    assert not {"undo", "return"} & acts
    assert "shown to those who may read them" in shown.text
    shown.view.act("undo", made.id)
    assert "You may not change this: you may only read" in shown.text
    shown.view.act("do", "")
    assert len(list(servers.history())) == 1


def test_a_store_that_refuses_to_write_is_told_and_the_reason_kept(
    shown: Shown, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = put(servers, smtp__port=25)
    shown.view.ask()
    shown.act("undo", made.id)
    shown.act("why", "kept")

    def full(*_: object, **__: object) -> None:
        raise StoreError("no space left on the disk")

    with monkeypatch.context() as patched:
        patched.setattr(servers.store, "commit", full)
        shown.act("do")
    assert "Nothing was changed. no space left on the disk" in shown.text
    assert "value='kept'" in shown.html
    shown.act("do")
    assert stored(servers) is None


def test_a_history_that_cannot_be_read_is_told_with_a_way_to_try_again(
    shown: Shown, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(servers, "the port", smtp__port=25)

    def lost(_places: Sequence[Place]) -> Iterator[Commit]:
        raise StoreError("the share does not answer: mount it again")

    with monkeypatch.context() as patched:
        patched.setattr(servers.store, "history", lost)
        shown.view.ask()
        assert "the share does not answer: mount it again" in shown.text
    shown.act("again")

    assert "the port" in shown.text


def test_a_damaged_record_is_told_above_what_is_left(
    shown: Shown, servers: Servers, tmp_path: Path
) -> None:
    put(servers, "first", smtp__port=25)
    put(servers, "second", smtp__port=587)
    path = tmp_path / "store" / "users" / "ana.history"
    path.write_bytes(path.read_bytes().replace(b'"first"', b'"fir', 1))
    shown.view.ask()

    assert "A part of the history is missing here: " in shown.text
    assert "ana.history" in shown.text
    assert "second" in shown.text


def test_the_folded_and_the_focused_keep_their_names(shown: Shown, servers: Servers) -> None:
    many = {
        "smtp__port": 25,
        "smtp__timeout": 9,
        "smtp__user": "x",
        "pop3__port": 1,
        "imap__port": 1,
    }
    made = put(servers, **many)
    shown.view.ask()
    before = set(re.findall(r"<\w+ [^>]*?id='([^']+)'", shown.html))
    put(servers, smtp__port=26)
    shown.view.refresh()
    after = re.findall(r"<\w+ [^>]*?id='([^']+)'", shown.html)

    assert f"mw-past-more-{made.id}" in before
    assert before < set(after)
    assert len(after) == len(set(after))


class Gate:
    """Holds a method back until it is let through."""

    def __init__(self, of: object, name: str, patched: pytest.MonkeyPatch) -> None:
        self.reached, self.open, self.calls = threading.Event(), threading.Event(), 0
        method: Callable[..., object] = getattr(of, name)

        def held(*args: object, **named: object) -> object:
            self.calls += 1
            self.reached.set()
            assert self.open.wait(30)
            return method(*args, **named)

        patched.setattr(of, name, held)


async def settled(view: HistoryView) -> None:
    while True:
        tasks = [view.reading, view.drawer.task, view.looking]
        waiting = [one for one in tasks if one is not None]
        if not waiting:
            return
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_the_page_does_not_wait_for_the_store(
    shown: Shown, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = put(servers, "the port", smtp__port=25)
    gate = Gate(servers.store, "history", monkeypatch)
    shown.view.ask()
    assert "Reading the history…" in shown.text

    gate.open.set()
    await settled(shown.view)
    assert "the port" in shown.text
    shown.act("undo", made.id)
    assert "aria-busy" in shown.html
    assert "Reading…" in shown.text
    await settled(shown.view)
    assert "Undo this" in shown.text


async def test_a_second_press_stores_nothing_twice(
    shown: Shown, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = put(servers, smtp__port=25)
    shown.view.ask()
    await settled(shown.view)
    shown.act("undo", made.id)
    await settled(shown.view)
    gate = Gate(servers.store, "commit", monkeypatch)
    shown.act("do")
    assert "Storing…" in shown.text
    assert await asyncio.to_thread(gate.reached.wait, 30)
    for name, value in (("do", ""), ("back", ""), ("undo", made.id), ("compare", made.id)):
        shown.view.act(name, value)
    shown.view.refresh()
    gate.open.set()
    await settled(shown.view)

    assert gate.calls == 1
    assert shown.changes == 1
    assert len(list(servers.history())) == 2
    assert "Taken back: " in shown.text


async def test_the_last_search_counts(
    shown: Shown, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(servers, "one", smtp__port=25)
    put(servers, "two", smtp__port=26)
    shown.view.ask()
    await settled(shown.view)
    gate = Gate(servers.store, "history", monkeypatch)
    shown.view.act("search", "on")
    assert "aria-busy" in shown.html
    assert await asyncio.to_thread(gate.reached.wait, 30)
    shown.view.act("search", "two")
    gate.open.set()
    await settled(shown.view)

    assert "two" in shown.text
    assert "one" not in shown.text.replace("Anyone", "").replace("everyone", "")
    assert "aria-busy" not in shown.html


async def test_closing_waits_for_nothing(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(servers.store, "history", monkeypatch)
    made = Shown(servers)
    put(servers, smtp__port=25)
    made.view.ask()
    made.view.close()
    gate.open.set()
    await asyncio.sleep(0)

    assert made.view.reading is None
    assert "Reading the history…" in made.text

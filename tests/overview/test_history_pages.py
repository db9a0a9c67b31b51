from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from daemons.postgres import NewRole

from mailwidgets import Servers
from mailwidgets.database.people import Person, allow
from mailwidgets.database.store import DatabaseStore
from mailwidgets.errors import StoreError
from mailwidgets.overview import history_pages
from mailwidgets.overview.history_pages import Outdated, by_hand, many_told, read_page
from mailwidgets.overview.history_plans import EVERYWHERE, compare, propose_return, propose_undo
from mailwidgets.overview.history_sieve import Sieve
from mailwidgets.settings.levels import Level, Place
from mailwidgets.store.commits import Commit
from mailwidgets.store.protocol import Store

Put = Callable[..., Commit]


@pytest.fixture
def put(servers: Servers) -> Put:
    """Commit values by dotted name, with a double underscore for the dot."""

    def committed(
        whose: Servers | None = None, why: str = "", level: Level | None = None, **values: object
    ) -> Commit:
        writer = whose or servers
        made = writer.commit(
            [
                writer.change(name.replace("__", "."), one, level=level)
                for name, one in values.items()
            ],
            why=why,
        )
        assert made is not None
        return made

    return committed


def titles(servers: Servers, sieve: Sieve | None = None, count: int = 20) -> list[str]:
    return [row.title for row in read_page(servers, sieve or Sieve(), count).rows]


def test_a_long_history_is_read_no_further_than_it_is_shown(
    servers: Servers, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        put(smtp__timeout=number + 1)
    read = []
    history = servers.store.history

    def counted(places: Sequence[Place]) -> Iterator[Commit]:
        for commit in history(places):
            read.append(commit.id)
            yield commit

    monkeypatch.setattr(servers.store, "history", counted)

    page = read_page(servers, Sieve(), 20)

    assert len(page.rows) == 20
    assert page.more
    assert len(read) == 21


def test_everyones_commits_are_shown_in_a_small_store_and_ones_own_in_a_large_one(
    servers: Servers, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(why="mine", smtp__port=25)
    put(servers.as_seen_by("bob", "WS-02"), why="bob's", smtp__port=25)

    assert titles(servers) == ["bob's", "mine"]
    assert titles(servers, Sieve(mine=True)) == ["mine"]

    monkeypatch.setattr(history_pages, "FEW", 1)
    page = read_page(servers, Sieve())
    assert [row.title for row in page.rows] == ["mine"]
    assert "only what concerns you" in many_told(page)
    assert titles(servers, Sieve(mine=False)) == ["bob's", "mine"]


def test_a_commit_that_is_open_stays_among_those_read(servers: Servers, put: Put) -> None:
    made = [put(smtp__timeout=number + 1) for number in range(8)]

    page = read_page(servers, Sieve(), 2, until=made[3].id)

    assert page.rows[-1].commit.id == made[3].id
    assert page.more
    assert len(read_page(servers, Sieve(), 2, until="f" * 32).rows) == 2


def test_a_reading_that_nobody_waits_for_is_given_up(servers: Servers, put: Put) -> None:
    put(smtp__port=25)

    with pytest.raises(Outdated):
        read_page(servers, Sieve(), outdated=lambda: True)


def test_what_is_damaged_is_told_and_the_rest_shown(
    servers: Servers, put: Put, tmp_path: Path
) -> None:
    put(why="mine", smtp__port=25)
    put(servers.as_seen_by("bob", "WS-02"), smtp__port=25)
    (tmp_path / "store" / "users" / "bob.json").write_text("{", "utf-8")

    page = read_page(servers, Sieve())

    assert "mine" in [row.title for row in page.rows]
    assert "bob.json" in page.troubles[0]


def test_what_somebody_edited_by_hand_is_told_until_a_commit_does(
    servers: Servers, put: Put, tmp_path: Path
) -> None:
    put(smtp__port=25)
    seen = by_hand(servers)
    assert seen is not None
    assert seen.changes == ()
    assert by_hand(servers, seen.version) is None

    path = tmp_path / "store" / "users" / "ana.json"
    content = json.loads(path.read_text("utf-8"))
    content["settings"]["smtp"]["port"] = 26
    path.write_text(json.dumps(content), "utf-8")

    found = by_hand(servers, seen.version)
    assert found is not None
    assert [(row.before, row.after) for row in found.changes] == [("25", "26")]

    put(smtp__timeout=9)
    assert read_page(servers, Sieve()).rows[0].outside == "ana"


def test_a_plan_tells_what_changes_and_what_stands_in_its_way(servers: Servers, put: Put) -> None:
    put(smtp__port=25, smtp__password="first")
    changed = put(smtp__port=587, smtp__timeout=9, smtp__password="second")
    put(why="once more", smtp__port=2525)

    found = propose_undo(servers, changed)

    assert [(row.name, row.before, row.after) for row in found.changes] == [
        ("SMTP port (u)", "2525", "25"),
        ("SMTP: Timeout (sec) (u)", "9", ""),
    ]
    assert [(one.commit.why, one.names) for one in found.later] == [
        ("once more", ("SMTP port (u)",))
    ]
    assert "history does not keep passwords" in found.left[0].why
    assert found.overrules
    assert found.possible


def test_a_plan_tells_whose_effective_values_change(servers: Servers, put: Put) -> None:
    bob = servers.as_seen_by("bob", "WS-02")
    put(bob, smtp__port=25)
    made = put(level=Level.COMPANY, smtp__timeout=31)

    found = propose_undo(servers, made)

    assert any("31 → 30" in one and "bob" in one for one in found.others), found.others
    assert not found.forced


def test_what_is_as_it_was_already_is_no_change(servers: Servers, put: Put) -> None:
    first = put(smtp__port=25)
    put(smtp__port=None)

    found = propose_undo(servers, first)

    assert found.changes == ()
    assert found.alike == 1
    assert not found.possible


def test_going_back_can_be_meant_for_one_place_or_for_all(servers: Servers, put: Put) -> None:
    start = put(smtp__port=25, smtp__name="a.example")
    put(smtp__port=587, smtp__name="b.example")
    put(servers.as_seen_by("bob", "WS-02"), pop3__port=995)

    def names(scope: str) -> set[str]:
        return {row.name for row in propose_return(servers, start.at, scope).changes}

    assert names("mine") == {"SMTP port (u)", "SMTP: Name (m)"}
    assert names(Level.WORKSTATION) == {"SMTP: Name (m)"}
    assert names(EVERYWHERE) == {"SMTP port (u)", "SMTP: Name (m)", "POP3 port (u)"}


def test_two_moments_are_compared_place_by_place(servers: Servers, put: Put) -> None:
    start = put(smtp__port=25, smtp__name="a.example")
    middle = put(smtp__port=587, smtp__name="b.example")
    put(smtp__port=25)

    now = compare(servers, start.at, None, mine=True)
    then = compare(servers, start.at, middle.at, mine=True)

    assert [(whose, [row.change.name for row in rows]) for whose, _level, rows in now.places] == [
        ("WS-01", ["SMTP: Name (m)"])
    ]
    assert [whose for whose, _level, _rows in then.places] == ["ana", "WS-01"]
    assert compare(servers, middle.at, middle.at, mine=True).places == ()


@pytest.fixture
def own(database_url: str, new_role: NewRole, key: str) -> Iterator[Store]:
    """Return a database as ana may use it, with commits of hers and of the owner's."""
    assert key
    with closing(DatabaseStore(database_url)) as owner:
        url = new_role(database_url, "ana")
        allow(owner.database, Person(url.partition("://")[2].partition(":")[0], "ana"))
        for user in ("ana", "bob"):
            chief = Servers(owner, Servers.open("x", user=user, workstation="WS-01").identity)
            chief.commit([chief.change("smtp.port", 25)], why=f"for {user}")
        chief.commit([chief.change("smtp.timeout", 9, level=Level.COMPANY)], why="for all")
    with closing(DatabaseStore(url)) as store:
        yield store


def test_who_may_not_read_others_sees_what_they_may_and_that_there_may_be_more(own: Store) -> None:
    ana = Servers(own, Servers.open("x", user="ana", workstation="WS-01").identity)

    page = read_page(ana, Sieve())

    assert [row.title for row in page.rows] == ["for all", "for ana"]
    assert page.limited
    assert page.may_return == (Level.USER,)
    assert [row.may_undo for row in page.rows] == [False, True]
    found = propose_undo(ana, page.rows[0].commit)
    assert found.refusals
    assert not found.possible


def test_who_is_not_let_in_is_told_so(database_url: str, new_role: NewRole, key: str) -> None:
    assert key
    with closing(DatabaseStore(new_role(database_url))) as store:
        stranger = Servers(store, Servers.open("x", user="ida", workstation="WS-09").identity)
        with pytest.raises(StoreError):
            read_page(stranger, Sieve())

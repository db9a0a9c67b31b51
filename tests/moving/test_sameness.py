from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mailwidgets.errors import DamagedDocument
from mailwidgets.moving.sameness import differences, effective_differences, fingerprint
from mailwidgets.settings.documents import Document, Documents
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import Resolution, resolve
from mailwidgets.store.commits import Commit, Edit, Moved

PLACE = Place(Level.USER, "ana")
PORT = Edit(PLACE, ("pop3", "port"), 110, 995)
COMMIT = Commit("a1", datetime(2026, 11, 23, tzinfo=UTC), "ana", "why", (PORT,), (PLACE,))


def of(content: dict[str, Any], *commits: Commit) -> Moved:
    return Moved(PLACE, content, commits)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1.0}, []),
        ({"a": True}, {"a": 1}, ["user ana: a"]),
        ({"a": 0}, {"a": False}, ["user ana: a"]),
        ({"a": None}, {}, ["user ana: a"]),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["user ana: a.0", "user ana: a.1"]),
        ({"a": [1]}, {"a": [1, None]}, ["user ana: a.1"]),
        ({"a": {}}, {"a": []}, ["user ana: a"]),
        (
            {"settings": {"pop3": {"port": 1, "password": {"sealed": "x"}}}},
            {"settings": {"pop3": {"port": 2, "password": {"sealed": "y"}}}},
            ["user ana: pop3.password", "user ana: pop3.port"],
        ),
        (
            {"locks": {"smtp": {"tls": "x"}}},
            {"locks": {"smtp": {}}},
            ["user ana: lock of smtp.tls"],
        ),
    ],
)
def test_documents_differ_where_their_json_means_something_else(
    one: dict[str, Any], other: dict[str, Any], told: list[str]
) -> None:
    assert list(differences(of(one), of(other))) == told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"at": datetime(2026, 11, 24, tzinfo=UTC), "by": "eve"}, "at, by of commit a1"),
        ({"snapshot": "summer"}, "snapshot of commit a1"),
        ({"edits": ()}, "pop3.port of commit a1"),
        ({"edits": (replace(PORT, before=25),)}, "pop3.port of commit a1"),
        ({"edits": (replace(PORT, lock=True),)}, "pop3.port of commit a1"),
        ({"edits": (PORT, PORT)}, "pop3.port of commit a1"),
        ({"outside": (PLACE,)}, "outside of commit a1"),
    ],
)
def test_histories_differ_in_whatever_a_commit_tells(changed: dict[str, Any], told: str) -> None:
    one, other = COMMIT, replace(COMMIT, **changed)

    assert list(differences(of({}, one), of({}, other))) == [f"user ana: history, {told}"]
    assert fingerprint(of({}, one)) != fingerprint(of({}, other))
    assert not [*differences(of({}, one), of({}, one))]


def test_an_edits_yes_is_not_its_one() -> None:
    one, yes = (replace(COMMIT, edits=(replace(PORT, after=after),)) for after in (1, True))

    assert list(differences(of({}, one), of({}, yes)))


def test_a_shorter_history_is_another_one() -> None:
    told = list(differences(of({}, COMMIT, COMMIT), of({}, COMMIT)))

    assert told == ["user ana: history, of 2 and 1 commits"]


def test_a_document_nested_without_end_is_damaged_and_no_crash() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"deep": deep}
    with pytest.raises(DamagedDocument, match="nested too deeply"):
        fingerprint(of(deep))
    assert not list(differences(of({"a": 1}), of({"a": 1})))


def test_effective_values_differ_by_value_type_and_origin() -> None:
    def resolved(level: Level, value: object) -> Resolution:
        held = {one: Document(identity.place(one)) for one in Level}
        held[level] = Document(identity.place(level), {("pop3", "timeout"): value})
        return resolve(Documents(*held.values()), identity)

    identity = Identity("ana", "WS-01")
    one = resolved(Level.USER, 30)
    assert not list(effective_differences(one, resolved(Level.USER, 30)))
    for other in (resolved(Level.USER, 31), resolved(Level.COMPANY, 30)):
        assert list(effective_differences(one, other)) == ["effective pop3.timeout"]

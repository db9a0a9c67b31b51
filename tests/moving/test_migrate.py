from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailwidgets.database.store import DatabaseStore
from mailwidgets.errors import DamagedDocument, StoreError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.folder.names import document_name
from mailwidgets.location import store_at
from mailwidgets.moving.migrate import migrate
from mailwidgets.moving.sameness import differences
from mailwidgets.servers import Servers
from mailwidgets.settings.documents import Change, Document
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.store.commits import Moved, Note
from mailwidgets.store.protocol import Store, Unread, raised
from mailwidgets.vault.vault import Vault

ODD = ("ana", "Ана Мария/..", "con.txt", "b" * 300, "'; DROP TABLE document; --")
UNKNOWN = {
    "since": 1.5,
    "one": 1.0,
    "large": 10**30,
    "yes": True,
    "nothing": None,
    "deep": {"list": [1, [2, {"ключ": "é\u2028"}]], "empty": {}},
}
COMPANY = Place(Level.COMPANY)
BOB = Identity("bob", "WS-02")


@pytest.fixture
def source(servers: Servers) -> FolderStore:
    """Return a store with several levels, odd names, history, snapshots, secrets, unknown keys."""
    store = servers.store
    assert isinstance(store, FolderStore)
    for number, name in enumerate(ODD):
        one = Servers.open(store.path, user=name, workstation=f"WS {number}")  # with their own key
        one.commit(
            [
                one.change("pop3.port", 995 + number),
                one.change("pop3.password", f"c4nary {number}"),
                one.change("smtp.name", f"mail{number}.example.com"),
            ],
            why="the first one",
        )
        one.commit([one.change("pop3.port", 110), one.change("smtp.use_pop3_account", value=True)])
    shared = [
        servers.change("workflow.password", "c4nary", level=Level.COMPANY),
        servers.change("imap.port", 143, level=Level.COMPANY),
        servers.lock("smtp.tls", "policy 7"),
    ]
    servers.commit(shared, why="for all")
    store.commit([], Note("ana", "before the summer", snapshot="summer"), touch=[COMPANY])
    edit(store, COMPANY, "future", UNKNOWN)
    edit(store, Place(Level.USER, "ana"), "settings", {"pop3": {"port": 70000, "new": [1]}})
    return store


def edit(store: FolderStore, place: Place, part: str, added: dict[str, Any]) -> None:
    """Edit a document by hand."""
    file = store.path / document_name(place)
    content = json.loads(file.read_bytes())
    content[part] = {**content.get(part, {}), **added}
    file.write_text(json.dumps(content), "utf-8")


@pytest.fixture(params=["folder", "database"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "folder":
        yield FolderStore(tmp_path / "target")
        return
    store = DatabaseStore(request.getfixturevalue("database_url"))
    yield store
    store.close()


def everything(store: Store) -> dict[Place, Moved]:
    return {place: store.moved(place) for level in Level for place in store.places(level)}


def files(folder: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def alike(one: Store, other: Store) -> bool:
    mine, theirs = everything(one), everything(other)
    return mine.keys() == theirs.keys() and not any(
        [*differences(moved, theirs[place])] for place, moved in mine.items()
    )


class Between(FolderStore):
    """A folder that lets something happen before its batches are adopted, or after."""

    def __init__(self, path: Path, before: Callable[[], None], after: Callable[[], None]) -> None:
        super().__init__(path)
        self.before, self.after = before, after

    def adopt(self, batch: Sequence[Moved]) -> None:
        self.before()
        super().adopt(batch)
        self.after()


def nothing() -> None:
    """Do nothing."""


def test_everything_arrives_and_the_source_stays_as_it_is(
    source: FolderStore, target: Store, servers: Servers
) -> None:
    before = files(source.path)

    done = servers.migrate(target)

    assert done.ok
    assert (done.documents, done.moved, done.already) == (11, 11, 0)
    assert (done.secrets, done.opened, done.snapshots) == (5, 5, 1)
    assert done.commits == sum(len(one.commits) for one in everything(source).values())
    assert files(source.path) == before
    assert alike(source, target)
    held = target.moved(COMPANY)
    assert held.content["future"] == UNKNOWN
    assert held.commits[0].snapshot == "summer"
    assert target.moved(Place(Level.USER, "ana")).content["settings"]["pop3"]["port"] == 70000
    there = Servers(target, Identity("con.txt", "WS 2"), vault=servers.vault)
    sealed = there.resolve()["smtp", "password"]  # borrowed from POP3
    place = there.identity.place(Level.USER)
    assert servers.vault.open(place, sealed.source, sealed.effective).reveal() == "c4nary 2"


def test_from_a_folder_to_a_database_and_back_means_the_same(
    source: FolderStore, database_url: str, tmp_path: Path, servers: Servers
) -> None:
    middle, back = DatabaseStore(database_url), FolderStore(tmp_path / "back")
    try:
        first = migrate(source, middle, servers.vault)
        second = migrate(middle, back, servers.vault)
    finally:
        middle.close()

    assert (first.ok, second.ok) == (True, True)
    assert alike(source, back)
    for file in (one for one in source.path.rglob("*.json")):
        there = back.path / file.relative_to(source.path)
        assert json.loads(there.read_bytes()) == json.loads(file.read_bytes())
    changes = [Change(Place(Level.USER, "ana"), ("pop3", "port"), 4711)]
    assert back.commit(changes) is not None  # history goes on where it was
    assert len(back.moved(Place(Level.USER, "ana")).commits) == 3


def test_a_second_time_nothing_is_moved_and_all_is_compared(
    source: FolderStore, target: Store, servers: Servers
) -> None:
    assert source
    servers.migrate(target)

    again = servers.migrate(target)

    assert again.ok
    assert (again.moved, again.already, again.opened) == (0, 11, 5)


def test_a_dry_run_counts_and_moves_nothing(source: FolderStore, servers: Servers) -> None:
    target = FolderStore(source.path.parent / "target")

    done = servers.migrate(target, dry_run=True)

    assert (done.documents, done.secrets, done.moved, done.verified) == (11, 5, 0, False)
    assert not target.path.exists()


def test_a_target_that_holds_other_settings_is_refused(
    source: FolderStore, target: Store, servers: Servers
) -> None:
    target.commit([Change(BOB.place(Level.USER), ("pop3", "port"), 1)])
    target.commit([Change(Place(Level.USER, "ana"), ("pop3", "port"), 1)])

    with pytest.raises(StoreError, match=r"not those of .*: user ana, user bob\. Nothing was mov"):
        servers.migrate(target)

    assert len(everything(target)) == 2
    assert source


def test_all_damaged_documents_are_named_before_anything_is_moved(
    source: FolderStore, servers: Servers
) -> None:
    target = FolderStore(source.path.parent / "target")
    long = "b" * 300  # its file's name is cut
    for name in ("ana", "con.txt", long):
        file = source.path / document_name(Place(Level.USER, name))
        file.write_text(file.read_text() + "{")

    with pytest.raises(DamagedDocument) as caught:
        servers.migrate(target)

    told = str(caught.value)
    assert told.count(", line ") == 3
    assert "ana.json, line " in told
    assert "%63on.txt.json, line " in told
    assert f"{document_name(Place(Level.USER, long))}, line " in told
    assert not target.path.exists()


def test_someone_who_saves_to_the_source_meanwhile_is_noticed(
    source: FolderStore, servers: Servers
) -> None:
    ana = Place(Level.USER, "ana")

    def save() -> None:
        source.commit([Change(ana, ("imap", "port"), 993)])
        source.commit([Change(BOB.place(Level.USER), ("imap", "port"), 993)])

    there = Between(source.path.parent / "target", nothing, save)
    done = servers.migrate(there)

    assert not done.ok
    assert set(done.changed) == {ana, BOB.place(Level.USER)}
    assert done.differences == []


def test_a_document_that_goes_away_meanwhile_is_not_moved_and_told(
    source: FolderStore, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailwidgets.moving.migrate.BATCH", 1)
    gone = source.places(Level.WORKSTATION)[-1]

    def remove() -> None:
        (source.path / document_name(gone)).unlink(missing_ok=True)

    there = Between(source.path.parent / "target", remove, nothing)
    done = servers.migrate(there)

    assert not done.ok
    assert done.changed == [gone]
    assert (done.documents, done.moved) == (11, 10)
    assert gone not in there.places(Level.WORKSTATION)


@pytest.mark.parametrize(
    ("part", "added", "told"),
    [
        ("settings", {"pop3": {"port": 111}}, "user con.txt: pop3.port"),
        ("future", {"x": 1}, "user con.txt: future"),
    ],
)
def test_what_is_not_the_same_is_told_with_place_and_setting(
    source: FolderStore, servers: Servers, part: str, added: dict[str, Any], told: str
) -> None:
    def spoil() -> None:
        edit(there, Place(Level.USER, "con.txt"), part, added)

    there = Between(source.path.parent / "target", nothing, spoil)
    done = servers.migrate(there)

    assert not done.ok
    assert told in done.differences
    assert "c4nary" not in repr(done)


def test_a_history_that_cannot_be_read_is_a_difference(
    source: FolderStore, servers: Servers
) -> None:
    def forget() -> None:
        history = there.path / "users/ana.history"
        history.write_bytes(history.read_bytes().splitlines(keepends=True)[-1])

    there = Between(source.path.parent / "target", nothing, forget)
    (found,) = servers.migrate(there).differences

    assert found.startswith("user ana: ")
    assert "ana.history: the record of commit" in found


def test_a_secret_that_opens_no_more_is_a_difference(source: FolderStore, servers: Servers) -> None:
    place = Place(Level.USER, "con.txt")

    def spoil() -> None:
        other = Place(Level.USER, ODD[1])
        sealed = source.moved(other).content["settings"]["pop3"]["password"]
        content = dict(source.moved(place).content["settings"]["pop3"])
        edit(there, place, "settings", {"pop3": content | {"password": sealed}})

    there = Between(source.path.parent / "target", nothing, spoil)
    found = servers.migrate(there).differences

    assert "user con.txt: pop3.password does not open any more" in found


class Misread(FolderStore):
    """A folder that is right, but read wrongly."""

    def read_all(self, level: Level, unread: Unread = raised) -> Iterator[Document]:
        for one in super().read_all(level, unread):
            yield replace(one, values={**one.values, ("imap", "port"): 4711})


def test_values_that_are_in_force_differently_are_a_difference(
    source: FolderStore, servers: Servers
) -> None:
    found = servers.migrate(Misread(source.path.parent / "target")).differences

    assert "user con.txt: effective imap.port" in found
    assert "company: effective imap.port" in found
    assert not [one for one in found if "workstation" in one]  # none is kept there


class Forgetful(FolderStore):
    """A folder that lists a document and does not read it."""

    def read_all(self, level: Level, unread: Unread = raised) -> Iterator[Document]:
        yield from (one for one in super().read_all(level, unread) if one.place.id != "con.txt")


def test_a_document_that_is_not_read_again_is_a_difference(
    source: FolderStore, servers: Servers
) -> None:
    done = servers.migrate(Forgetful(source.path.parent / "target"))

    assert done.differences == ["user con.txt: is missing"]


def test_a_document_that_is_damaged_there_is_a_difference(
    source: FolderStore, servers: Servers
) -> None:
    def spoil() -> None:
        (there.path / document_name(Place(Level.USER, "con.txt"))).write_text("{")

    there = Between(source.path.parent / "target", nothing, spoil)
    (found,) = servers.migrate(there).differences

    assert found.startswith("user con.txt: ")
    assert "line 1, column 2" in found


def test_what_another_person_sealed_is_moved_as_it_is(
    source: FolderStore, target: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILWIDGETS_KEY", "A" * 43 + "=")
    done = migrate(source, target, Vault.from_environment())

    assert done.ok
    assert (done.secrets, done.opened) == (5, 0)
    assert Servers(target, BOB, vault=servers.vault).store is target


WORKER = """
import sys
from mailwidgets.moving import migrate as migrating
from mailwidgets.location import store_at
from mailwidgets.vault.vault import Vault

migrating.BATCH = 2
target = store_at(sys.argv[2])
done = migrating.migrate(
    store_at(sys.argv[1]), target, Vault.from_environment(),
    on_progress=lambda told: print(told, flush=True),
)
target.close()
assert done.ok, done
"""


def killed(source: Path, target: str, *, lines: int, seconds: float) -> bool:
    """Migrate in a process, and kill it some time after its n-th line; return whether it was."""
    words = [sys.executable, "-W", "error", "-c", WORKER, str(source), target]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        status = process.wait(60)
    assert status in {0, -signal.SIGKILL}
    return status != 0


@pytest.mark.parametrize("kind", ["folder", "database"])
def test_killed_at_random_moments_it_goes_on_and_ends_whole(
    source: FolderStore, servers: Servers, kind: str, request: pytest.FixtureRequest
) -> None:
    for number in range(40):
        change = Change(Place(Level.USER, f"user{number}"), ("pop3", "port"), 1000 + number)
        source.commit([change])
    folder = str(source.path.parent / "target")
    location = folder if kind == "folder" else request.getfixturevalue("database_url")
    dice = random.Random(4711)  # noqa: S311 - moments, not secrets

    kills = sum(
        killed(source.path, location, lines=dice.randrange(4), seconds=dice.uniform(0, 0.05))
        for _ in range(8)
    )

    assert kills >= 3
    store = store_at(location)
    try:
        done = servers.migrate(store)
        assert (done.ok, done.documents, done.moved + done.already) == (True, 51, 51)
        assert alike(source, store)
    finally:
        store.close()

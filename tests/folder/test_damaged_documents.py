"""Documents that are not what was written: told with file, line and column, never overwritten."""

from __future__ import annotations

import json
import os
import re
import socket
import tracemalloc
from pathlib import Path

import pytest
from edits import ANA, BOB, COMPANY, JSON, USER, change
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.errors import DamagedDocument, StoreError
from mailwidgets.folder import journal
from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import Note
from mailwidgets.store.written import read_written

WHOLE = (
    '{\n  "format": 2,\n  "id": "ana",\n  "commit": "5f0e",\n  "settings": {\n'
    '    "pop3": {\n      "port": 995,\n      "user": "é😀\\u00e9"\n    }\n  }\n}\n'
).encode()


def write(path: Path, text: str | bytes, name: str = "users/ana.json") -> Path:
    document = path / name
    document.parent.mkdir(parents=True, exist_ok=True)
    document.write_bytes(text.encode() if isinstance(text, str) else text)
    return document


def told_of(store: FolderStore, document: Path) -> str:
    """Return what both reading and committing say; the file stays, and so do all others."""
    before = document.read_bytes()
    with pytest.raises(DamagedDocument) as reading:
        store.read(ANA)
    with pytest.raises(DamagedDocument) as writing:
        store.commit([change(COMPANY, "pop3.port", 995), change(USER, "pop3.port", 995)])
    assert str(writing.value) == str(reading.value)
    assert document.read_bytes() == before
    left = {one.name for one in store.path.rglob("*") if one.is_file()}
    assert left <= {document.name, ".lock"}
    return str(reading.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"id": "ana",\n', "line 2, column 1: not JSON"),
        ('{"id": "ana", "settings": []}', 'line 1, column 15: "settings" should be an object'),
        ('{"id": "ana", "settings": {\n"pop3": 1}}', 'line 2, column 1: "pop3" should be an'),
        ('{"id": "ana", "settings": {"smtp": []}}', 'line 1, column 28: "smtp" should be an obj'),
        ('{"id": "ana", "settings": null}', 'line 1, column 15: "settings" should be an object'),
        ('{"id": "ana", "format": "1"}', "line 1, column 15: the format is a whole number"),
        ('{"id": "ana", "format": true}', "line 1, column 15: the format is a whole number"),
        ('{"id": "ana", "format": 0}', "line 1, column 15: the format is a whole number from 1"),
        ('{"id": "ana", "format": 1.5}', "line 1, column 15: the format is a whole number from 1"),
        ('{"id": "ana", "commit": 5}', 'line 1, column 15: "commit" is a text, not a number'),
        ('{"id": "ana",\n "public_key": []}', 'line 2, column 2: "public_key" is a text, not a'),
        ("{}", "line 1, column 1: \"id\" should be the text 'ana'"),
        ("[]", "line 1, column 1: expected {…}, an object, but found a list"),
        ("null", "line 1, column 1: expected {…}, an object, but found null"),
        ('{"id": "Ana"}', "line 1, column 2: this is the document of 'Ana', not of user ana"),
        ('{"id": "a\\u0000"}', "line 1, column 2: this is the document of"),
        ('{"id": ""}', "line 1, column 2: this is the document of"),
        ('{"id": 5}', 'line 1, column 2: "id" should be the text'),
        ('{"id": "ana",\n  "x": {"a": 1,\n    "a": 2}}', "line 3, column 5: a key stands here"),
        ('{"id": "ana", "id": "ana"}', "line 1, column 15: a key stands here for the second time"),
        ('{"id": "ana", "x": NaN}', "line 1, column 20: NaN is not JSON"),
        (b'{"id": "ana",\n "x": "\xff"}', "line 2, column 8: not UTF-8"),
        ('{"id": "ana"}'.encode("utf-16"), "line 1, column 1: not UTF-8"),
        (b'{"id": "ana"}\0', "line 1, column 14: not JSON"),
        (b"\0" * 4096, "line 1, column 1: not JSON"),
        (b'{"id": "a\0na"}', "line 1, column 10: not JSON"),
        ("", "line 1, column 1: not JSON"),
        ("[" * 100_000, "line 1, column 100000: nested too deeply"),
        ('{"id": "ana", "x": ' + '{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_a_damaged_document_is_told_and_never_overwritten(
    store: FolderStore, path: Path, text: str | bytes, told: str
) -> None:
    document = write(path, text)

    message = told_of(store, document)

    assert told in message
    assert re.match(rf"{re.escape(str(document))}, line \d+, column \d+: ", message)
    assert "The file stays as it is" in message


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_a_document_cut_short_at_any_byte_is_told_and_stays(
    store: FolderStore, path: Path, length: int
) -> None:
    document = write(path, WHOLE[:length])
    if length >= len(WHOLE) - 1:  # only the last line's end is missing
        assert store.read(ANA).user.values[("pop3", "port")] == 995
        return

    told = re.match(
        rf"{re.escape(str(document))}, line (\d+), column (\d+): ", told_of(store, document)
    )
    assert told
    lines = WHOLE[:length].decode(errors="replace").split("\n")
    line, column = map(int, told.groups())
    assert line <= len(lines)
    assert column <= len(lines[line - 1]) + 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"locks": {"pop3": {"port": true}}}', "column 21: a lock's reason is a text, not a yes"),
        ('{"locks": []}', 'column 2: "locks" should be an object, not a list'),
        ('{"locks": {"pop3": "all"}}', 'column 12: "pop3" should be an object, not a text'),
        ('{"id": "acme"}', "column 2: this is the document of 'acme', not of company"),
    ],
)
def test_a_damaged_company_document_is_told(
    store: FolderStore, path: Path, text: str, told: str
) -> None:
    document = write(path, text, "company.json")

    assert f"{document}, line 1, {told}" in told_of(store, document)


def test_a_hundred_megabytes_are_told_without_being_read(store: FolderStore, path: Path) -> None:
    document = write(path, '{"id": "ana"}')
    os.truncate(document, 100 * 2**20)

    tracemalloc.start()
    try:
        for attempt in (
            lambda: store.read(ANA),
            lambda: store.commit([change(USER, "pop3.port", 1)]),
        ):
            with pytest.raises(DamagedDocument, match="line 1, column 1: over 16 MiB"):
                attempt()
        assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    finally:
        tracemalloc.stop()
    assert document.stat().st_size == 100 * 2**20


def test_a_byte_order_mark_does_no_harm(store: FolderStore, path: Path) -> None:
    document = write(path, b"\xef\xbb\xbf" + WHOLE)

    store.commit([change(USER, "pop3.timeout", 5)])

    assert store.read(ANA).user.values[("pop3", "port")] == 995
    assert document.read_bytes().startswith(b"{")


def test_the_rest_stays_usable_beside_a_damaged_document(store: FolderStore, path: Path) -> None:
    write(path, "damaged")

    store.commit([change(COMPANY, "pop3.port", 995), change(USER, "pop3.port", 1, who=BOB)])
    store.commit([change(Level.WORKSTATION, "pop3.name", "m.example")])
    read = store.read(BOB)

    assert read.company.values == read.company.values == {("pop3", "port"): 995}
    assert read.user.values == {("pop3", "port"): 1}
    assert store.places(USER) == (Place(USER, "ana"), Place(USER, "bob"))
    assert len(list(store.history([Place(COMPANY), BOB.place(USER)]))) == 1
    assert store.version(ANA)
    assert store.refusal(ANA.place(USER)) == ""


@pytest.mark.parametrize("text", ["", "damaged", "{}", '{"id": ""}'])
def test_a_damaged_document_whose_file_does_not_tell_the_id_is_told_too(
    store: FolderStore, path: Path, text: str
) -> None:
    long = Identity("Ана" * 100, "W")
    store.commit([change(USER, "pop3.port", 995, who=BOB), change(USER, "pop3.port", 1, who=long)])
    (document,) = (one for one in path.glob("users/*.json") if "~" in one.name)
    whole = document.read_text()
    document.write_text(text)
    told: list[str] = []

    found = store.read_all(USER, lambda _, error: told.append(str(error)))

    assert [one.place.id for one in found] == ["bob"]
    assert [one.partition(", line ")[0] for one in told] == [str(document)]
    (_, cut) = sorted(store.places(USER), key=lambda place: len(place.id))
    with pytest.raises(DamagedDocument, match=re.escape(str(document))):
        store.moved(cut)
    with pytest.raises(DamagedDocument, match=re.escape(str(document))):
        store.commit([change(USER, "pop3.port", 2, who=Identity(cut.id, "W"))])
    assert document.read_text() == text
    document.write_text(whole)
    assert {one.place for one in store.read_all(USER)} == {BOB.place(USER), long.place(USER)}


def test_history_tells_all_that_it_can_beside_a_damaged_document(
    store: FolderStore, path: Path
) -> None:
    people = [Place(USER, f"u{number}") for number in range(120)]
    for places in ([Place(COMPANY), ANA.place(USER)], people, [Place(COMPANY)]):
        store.commit([], Note(), touch=places)
    documents = [write(path, "damaged"), write(path, "{", "users/u77.json")]
    told = []

    with pytest.raises(DamagedDocument, match="not JSON") as caught:
        told.extend(store.history([Place(COMPANY), *people, ANA.place(USER)]))

    assert str(documents[1]) in str(caught.value)  # the first that was met
    assert [len(one.places) for one in told] == [1, 120, 2]
    for place in (ANA.place(USER), people[77]):
        with pytest.raises(DamagedDocument, match="not JSON"):
            store.moved(place)
    assert len(store.moved(people[0]).commits) == 1


def test_a_document_that_is_mended_counts_again(store: FolderStore, path: Path) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    document = path / "users/ana.json"
    whole = document.read_bytes()
    document.write_bytes(whole[:40])
    with pytest.raises(DamagedDocument):
        store.commit([change(USER, "pop3.port", 1)])

    document.write_bytes(whole)
    store.commit([change(USER, "pop3.port", 2)])

    newest, _ = store.history([ANA.place(USER)])
    assert (newest.edits[0].before, newest.outside) == (995, ())


def test_a_value_its_setting_refuses_is_told_with_its_file(store: FolderStore, path: Path) -> None:
    document = write(path, '{"id": "ana", "settings": {"pop3": {"port": "abc"}}}')

    assert store.read(ANA).user.problems == {
        ("pop3", "port"): f"{document}: Must be a whole number from 1 to 65535, not 'abc'."
    }


@pytest.mark.parametrize("name", ["users/ana.json", "company.json", "workstations/WS-01.json"])
@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "circle", "nowhere"])
def test_what_is_no_file_is_told_and_does_not_hold_us_up(
    store: FolderStore, path: Path, name: str, kind: str
) -> None:
    document = path / name
    document.parent.mkdir(parents=True)
    here, there = Path.cwd(), document.parent
    make = {
        "folder": document.mkdir,
        "pipe": lambda: os.mkfifo(document),
        "circle": lambda: document.symlink_to(document.name),
        "nowhere": lambda: document.symlink_to("nowhere/at/all"),
    }
    if kind == "socket":
        os.chdir(there)  # a socket's whole name is short
        try:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(document.name)
        finally:
            os.chdir(here)
    else:
        make[kind]()

    def looked_at() -> tuple[int, ...]:
        status = document.lstat()  # following a link may change when it was last followed
        return (status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns)

    before = looked_at()

    with pytest.raises(StoreError, match=re.escape(str(document))):
        store.read(ANA)
    with pytest.raises(StoreError, match=re.escape(str(document))):
        store.commit(
            [
                change(USER, "pop3.port", 995),
                change(COMPANY, "pop3.port", 995),
                change(Level.WORKSTATION, "pop3.name", "m.example"),
            ]
        )
    assert looked_at() == before
    assert not [one for one in path.rglob("*.json") if one != document]


def test_a_document_nested_too_deeply_to_be_written_stays(store: FolderStore, path: Path) -> None:
    text = '{"id": "ana", "x": ' + "[" * 800 + "]" * 800 + "}"
    document = write(path, text)

    try:
        store.commit([change(USER, "pop3.port", 995)])
    except DamagedDocument:
        assert document.read_text() == text
    else:
        assert store.read(ANA).user.values == {("pop3", "port"): 995}


@pytest.mark.parametrize(
    "text",
    [
        "damaged",
        "",
        "[]",
        '{"../outside.json": ".0123456789abcdef.tmp"}',
        '{"company.json": "../x"}',
        '{"company.json": 5}',
        '{"/etc/passwd": ".0123456789abcdef.tmp"}',
        '{"users/a/b.json": ".0123456789abcdef.tmp"}',
        '{".lock": ".0123456789abcdef.tmp"}',
        b"\0\xff\xfe" * 1000,
        "[" * 100_000,
    ],
)
def test_a_damaged_journal_is_told_and_obeyed_in_nothing(path: Path, text: str | bytes) -> None:
    journal = write(path, text, ".journal")
    before = journal.read_bytes()
    store = FolderStore(path)

    with pytest.raises(DamagedDocument, match=r"\.journal, line 1"):
        store.read(ANA)
    with pytest.raises(DamagedDocument):
        store.commit([change(USER, "pop3.port", 995)])
    assert journal.read_bytes() == before
    assert {one.name for one in path.rglob("*")} <= {".journal", ".lock"}


def test_a_journal_may_be_larger_than_any_document(path: Path) -> None:
    """One of a hundred thousand new people is."""
    document = path / "company.json"
    store = FolderStore(path)
    store.commit([change(COMPANY, "pop3.port", 1)])
    waiting = document.with_name(".0123456789abcdef.tmp")
    waiting.write_bytes(document.read_bytes().replace(b'"port": 1', b'"port": 2'))
    (path / ".journal").write_bytes(json.dumps({document.name: waiting.name}).encode().ljust(2**25))

    assert store.read(ANA).company.values == {("pop3", "port"): 2}
    store.commit([change(COMPANY, "pop3.timeout", 3)])
    assert store.read(ANA).company.values == {("pop3", "port"): 2, ("pop3", "timeout"): 3}


def test_what_no_journal_could_name_is_not_saved(
    store: FolderStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_LARGEST", 200)

    with pytest.raises(StoreError, match=r"8 files are more than .* Nothing was stored\."):
        store.commit([], touch=[Place(USER, f"u{number}") for number in range(4)])

    assert [one.name for one in path.rglob("*") if one.is_file()] == [".lock"]
    store.commit([change(COMPANY, "pop3.port", 1)])


def told_by(store: FolderStore) -> tuple[list[str], str]:
    """Return the reasons that ana's history tells, and what it says of damage."""
    told: list[str] = []
    try:
        told.extend(one.why for one in store.history([ANA.place(USER)]))
    except DamagedDocument as error:
        return told, str(error)
    return told, ""


DAMAGE = {
    "cut short": lambda whole: whole[:-20],
    "binary": lambda whole: whole + bytes(range(256)) * 64,
    "binary alone": lambda _: bytes(range(256)) * 64,
    "first line cut": lambda whole: whole[30:],
    "middle line spoilt": lambda whole: whole.replace(b'"why": "two"', b'"why": "two'),
    "a field of the wrong type": lambda whole: whole.replace(
        b'"by": "x"', b'"by": "x", "edits": 5'
    ),
    "no time": lambda whole: whole.replace(b'"at": "', b'"at": "soon '),
    "a time without offset": lambda whole: whole.replace(b'+00:00"', b'"'),
    "no name": lambda whole: whole.replace(b'"commit"', b'"comit"'),
    "not objects": lambda _: b"5\n[]\nnull\n",
    "nested": lambda whole: whole + b"[" * 100_000 + b"\n",
    "empty": lambda _: b"",
}


# What is told before the damage is; where the last line itself is spoilt, what stands before it.
TOLD = {
    "cut short": ["two", "one"],
    "first line cut": ["three", "two"],
    "middle line spoilt": ["three"],
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_history_leaves_the_settings_alone(
    store: FolderStore, path: Path, kind: str
) -> None:
    place = ANA.place(USER)
    for number, why in enumerate(("one", "two", "three"), 1):
        store.commit([change(USER, "pop3.timeout", number)], Note("x", why))
    history = path / "users/ana.history"
    whole = history.read_bytes()
    history.write_bytes(DAMAGE[kind](whole))
    kept = history.read_bytes()

    assert store.read(ANA).user.values == {("pop3", "timeout"): 3}
    told, said = told_by(store)
    if not said:  # nothing of what can be seen is missing
        assert told == ["three", "two", "one"]
    else:
        assert str(history) in said
        assert "settings themselves are not affected" in said
        assert told == TOLD.get(kind, [])

    made = store.commit([change(USER, "pop3.timeout", 4)], Note("x", "four"))
    assert made
    assert history.read_bytes().startswith(kept)
    assert store.read(ANA).user.values == {("pop3", "timeout"): 4}
    assert next(iter(store.history([place]))).why == "four"
    store.commit([change(USER, "pop3.timeout", 5)], Note("x", "five"))
    newest = store.history([place])
    assert [next(newest).why, next(newest).why] == ["five", "four"]


def test_a_history_with_a_line_of_a_hundred_megabytes_holds_nobody_up(
    store: FolderStore, path: Path
) -> None:
    place = ANA.place(USER)
    store.commit([change(USER, "pop3.timeout", 1)], Note("x", "one"))
    history = path / "users/ana.history"
    os.truncate(history, 100 * 2**20)

    tracemalloc.start()
    try:
        assert store.read(ANA).user.values == {("pop3", "timeout"): 1}
        store.commit([change(USER, "pop3.timeout", 2)], Note("x", "two"))
        assert next(iter(store.history([place]))).why == "two"
        assert tracemalloc.get_traced_memory()[1] < 60 * 2**20
    finally:
        tracemalloc.stop()


@given(st.dictionaries(st.sampled_from(sorted(SETTINGS)), JSON))
def test_no_json_that_someone_types_for_a_value_does_worse_than_a_problem(
    typed: dict[tuple[str, str], object],
) -> None:
    settings: dict[str, dict[str, object]] = {}
    for (section, key), value in typed.items():
        settings.setdefault(section, {})[key] = value
    text = json.dumps({"id": "ana", "settings": settings}).encode()

    read = read_written(text, Place(USER, "ana"), "f").document()

    assert {*read.values, *read.problems} <= set(typed)
    assert not set(read.values) & set(read.problems)

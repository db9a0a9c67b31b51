from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_worker import ANA, change
from test_parse import JSON

from mailwidgets.errors import DamagedDocument, StoreError
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.folder import FolderStore
from mailwidgets.store.written import read_written

USER = Level.USER


def write(path: Path, text: str | bytes, name: str = "users/ana.json") -> Path:
    document = path / name
    document.parent.mkdir(parents=True, exist_ok=True)
    document.write_bytes(text.encode() if isinstance(text, str) else text)
    return document


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"id": "ana",\n', "line 2, column 1: not JSON"),
        ('{"id": "ana", "settings": []}', 'line 1, column 15: "settings" should be an object'),
        ('{"id": "ana", "settings": {\n"pop3": 1}}', 'line 2, column 1: "pop3" should be an'),
        ('{"id": "ana", "format": "1"}', "line 1, column 15: the format is a whole number"),
        ('{"id": "ana", "format": true}', "the format is a whole number"),
        ("{}", "\"id\" should be the text 'ana'"),
        ('{"id": "Ana"}', "this is the document of 'Ana', not of user ana"),
        ('{"id": "a\\u0000"}', "this is the document of"),
        ('{"id": ""}', "this is the document of"),
        ('{"id": 5}', '"id" should be the text'),
    ],
)
def test_a_damaged_document_is_told_and_never_overwritten(
    store: FolderStore, path: Path, text: str, told: str
) -> None:
    document = write(path, text)

    with pytest.raises(DamagedDocument) as reading:
        store.read(ANA)
    with pytest.raises(DamagedDocument) as writing:
        store.commit([change(Level.COMPANY, "pop3.port", 995), change(USER, "pop3.port", 995)])

    assert told in str(reading.value)
    assert f"{document}, line " in str(writing.value)
    assert document.read_text() == text
    assert not (path / "company.json").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"locks": {"pop3": {"port": true}}}', "column 21: a lock's reason is a text, not a yes"),
        ('{"locks": []}', '"locks" should be an object, not a list'),
        ('{"id": "acme"}', "this is the document of 'acme', not of company"),
    ],
)
def test_a_damaged_company_document_is_told(
    store: FolderStore, path: Path, text: str, told: str
) -> None:
    write(path, text, "company.json")

    with pytest.raises(DamagedDocument) as caught:
        store.read(ANA)

    assert told in str(caught.value)


def test_the_rest_stays_usable_beside_a_damaged_document(store: FolderStore, path: Path) -> None:
    write(path, "damaged")

    store.commit([change(Level.COMPANY, "pop3.port", 995)])
    read = store.read(Identity("bob", "WS-01"))

    assert read.company.values == {("pop3", "port"): 995}
    assert store.places(USER) == (Place(USER, "ana"),)


def test_a_value_its_setting_refuses_is_a_problem_of_that_setting_alone(
    store: FolderStore, path: Path
) -> None:
    settings = {"pop3": {"port": "abc", "timeout": 5, "password": "hunter2", "user": None}}
    document = write(path, json.dumps({"id": "ana", "settings": settings}))

    read = store.read(ANA).user

    assert read.values == {("pop3", "timeout"): 5}
    assert read.problems[("pop3", "port")] == (
        f"{document}: Must be a whole number from 1 to 65535, not 'abc'."
    )
    assert "hunter2" not in repr(read)


def test_a_refused_value_survives_until_someone_sets_it(store: FolderStore, path: Path) -> None:
    document = write(path, '{"id": "ana", "settings": {"pop3": {"port": "abc"}}}')

    store.commit([change(USER, "pop3.timeout", 5)])
    assert json.loads(document.read_bytes())["settings"]["pop3"]["port"] == "abc"

    store.commit([change(USER, "pop3.port", 995)])
    assert json.loads(document.read_bytes())["settings"]["pop3"]["port"] == 995
    assert store.read(ANA).user.problems == {}


def test_a_refused_value_that_equals_the_new_one_in_python_is_replaced(
    store: FolderStore, path: Path
) -> None:
    document = write(path, '{"id": "ana", "settings": {"pop3": {"tls": 1}}}')

    store.commit([change(USER, "pop3.tls", value=True)])

    assert json.loads(document.read_bytes())["settings"]["pop3"]["tls"] is True


def test_a_refused_value_can_be_removed(store: FolderStore, path: Path) -> None:
    document = write(path, '{"id": "ana", "settings": {"pop3": {"port": "abc"}}}')

    store.commit([change(USER, "pop3.port", None)])

    assert json.loads(document.read_bytes())["settings"] == {}


def test_only_the_company_locks_whatever_else_a_document_says(
    store: FolderStore, path: Path
) -> None:
    document = write(path, '{"id": "ana", "locks": 5}')

    store.commit([change(USER, "pop3.port", 995)])

    assert store.read(ANA).user.locks == {}
    assert json.loads(document.read_bytes())["locks"] == 5


def test_a_newer_format_is_read_but_not_written(store: FolderStore, path: Path) -> None:
    text = '{"format": 2, "id": "ana", "settings": {"pop3": {"port": 995}}}'
    document = write(path, text)

    assert store.read(ANA).user.values == {("pop3", "port"): 995}
    with pytest.raises(StoreError, match="in format 2, written by a newer mailwidgets"):
        store.commit([change(USER, "pop3.port", 110)])
    assert document.read_text() == text


def test_a_document_moved_to_another_id_is_refused(store: FolderStore, path: Path) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    (path / "users/ana.json").rename(path / "users/bob.json")

    with pytest.raises(DamagedDocument, match="the document of 'ana', not of user bob"):
        store.read(Identity("bob", "WS-01"))


def test_what_is_no_file_is_told_and_does_not_hold_us_up(store: FolderStore, path: Path) -> None:
    (path / "users").mkdir(parents=True)
    os.mkfifo(path / "users/ana.json")
    with pytest.raises(DamagedDocument, match="no regular file"):
        store.read(ANA)

    (path / "company.json").mkdir()
    with pytest.raises(DamagedDocument, match="is a folder"):
        store.read(ANA)


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
    ["damaged", '{"../outside.json": ".0123456789abcdef.tmp"}', '{"company.json": "../x"}', "[]"],
)
def test_a_damaged_journal_is_told_and_obeyed_in_nothing(path: Path, text: str) -> None:
    journal = write(path, text, ".journal")
    store = FolderStore(path)

    with pytest.raises(DamagedDocument, match=r"\.journal, line 1"):
        store.read(ANA)
    with pytest.raises(DamagedDocument):
        store.commit([change(USER, "pop3.port", 995)])
    assert journal.read_text() == text


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

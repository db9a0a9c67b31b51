"""A document as it is written: read, changed, written again, with all that is not known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from edits import ANA, COMPANY, JSON, USER, change
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.errors import StoreError
from mailwidgets.settings.levels import Place
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.parse import LARGEST
from mailwidgets.store.written import FORMAT, Written, dumped, read_written, written_id

PLACE = ANA.place(USER)
KNOWN = {"format", "id", "commit", "public_key", "settings", "locks"}
UNKNOWN = st.dictionaries(st.text().filter(lambda name: name not in KNOWN), JSON, max_size=4)


@given(UNKNOWN, UNKNOWN, UNKNOWN, st.sampled_from([1, FORMAT]))
def test_what_is_not_known_survives_anywhere(
    above: dict[str, Any], sections: dict[str, Any], keys: dict[str, Any], version: int
) -> None:
    known = {key for _, key in SETTINGS} | {section for section, _ in SETTINGS}
    settings = {name: one for name, one in sections.items() if name not in known}
    held = {name: one for name, one in keys.items() if name not in known}
    content = {**above, "format": version, "id": "ana"}
    content["settings"] = {**settings, "pop3": {**held, "port": 1}}

    read = read_written(json.dumps(content).encode(), PLACE, "f")
    again = json.loads(dumped(read.merged([change(USER, "pop3.port", 2)], commit="aa"), "f"))

    content |= {"format": FORMAT, "commit": "aa"}
    content["settings"]["pop3"]["port"] = 2
    assert again == content


def test_the_old_format_reads_as_the_new_one_does() -> None:
    settings = {"pop3": {"port": 995, "password": {"sealed": "v1:x"}}}
    old = {"format": 1, "id": "ana", "settings": settings}
    new = {**old, "format": 2, "commit": "aa", "public_key": "x25519:A"}

    first, second = (
        read_written(json.dumps(one).encode(), PLACE, "f").document() for one in (old, new)
    )

    assert first.values == second.values
    assert (first.commit, first.public_key) == ("", "")
    assert (second.commit, second.public_key) == ("aa", "x25519:A")


def test_a_document_that_says_no_format_is_read() -> None:
    read = read_written(b'{"id": "ana", "settings": {"pop3": {"port": 995}}}', PLACE, "f")

    assert read.document().values == {("pop3", "port"): 995}
    assert read.merged([], commit="aa")["format"] == FORMAT


def test_an_absent_document_is_empty_and_gets_its_head() -> None:
    read = read_written(None, PLACE, "f")

    assert read.document().values == {}
    head = {"format": FORMAT, "id": "ana", "commit": "aa", "settings": {}}
    assert read.merged([], commit="aa") == head


def test_a_written_documents_repr_shows_nothing_of_it() -> None:
    assert repr(Written(PLACE, "a/b.json", {"settings": {"x": "hunter2"}})) == "Written('a/b.json')"


def test_a_document_too_large_to_be_read_again_is_not_written() -> None:
    content = {"id": "ana", "x": "x" * LARGEST}

    with pytest.raises(StoreError, match="would have over 16 MiB: nothing was stored"):
        dumped(content, "f")


def test_the_id_that_a_document_says_it_has_is_found() -> None:
    assert written_id(b'{"id": "ana"}', "f") == "ana"
    assert written_id(b"{}", "f") == ""
    assert written_id(b'{"id": 5}', "f") == ""


def test_a_locks_reason_is_the_companys_alone() -> None:
    text = b'{"id": "ana", "locks": {"pop3": {"port": "mine"}}}'
    assert read_written(text, PLACE, "f").document().locks == {}
    assert read_written(b'{"locks": {"pop3": {"port": "why"}}}', Place(COMPANY), "f").document(
    ).locks == {("pop3", "port"): "why"}  # fmt: skip

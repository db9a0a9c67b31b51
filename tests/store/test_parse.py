from __future__ import annotations

import json

import pytest
from edits import JSON
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.errors import DamagedDocument
from mailwidgets.store.parse import LARGEST, parse


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        (b"", 1, 1, "not JSON: there is nothing in it"),
        (b" \n ", 2, 2, "not JSON: there is nothing in it"),
        (b'{\n  "a": 1,\n  b\n}', 3, 3, "not JSON"),
        (b'{\n  "a": "\xff"\n}', 2, 9, "not UTF-8"),
        ('{"é": "'.encode() + b"\xff", 1, 8, "not UTF-8"),
        (b'{"a": 1,\n "b": 2, "a": 3}', 2, 10, "second time"),
        (b'{"x": [{"a": 1}, {"a": 1, "b": {"a": 1,\n"a": 2}}]}', 2, 1, "second time"),
        (b'{"a": 1, "b": NaN}', 1, 15, "NaN is not JSON"),
        (b'{"a": "NaN", "b": -Infinity}', 1, 19, "-Infinity is not JSON"),
        (b'{"a": 1e999}', 1, 7, "too large"),
        (b'{"a": 1' + b"0" * 5000 + b"}", 1, 7, "too large"),
        (b"[1]", 1, 1, "found a list"),
        (b"null", 1, 1, "found null"),
        (b"[" * 100_000, 1, 100_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 1, 499_996, "nested too deeply"),
        (b" " * (LARGEST + 1), 1, 1, "over 16 MiB"),
    ],
)
def test_damage_is_told_with_file_line_and_column(
    text: bytes, line: int, column: int, words: str
) -> None:
    with pytest.raises(DamagedDocument) as caught:
        parse(text, "a/b.json")

    assert f"a/b.json, line {line}, column {column}: " in str(caught.value)
    assert words in str(caught.value)


def test_keys_that_repeat_in_different_objects_are_no_damage() -> None:
    text = b'{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}, [{"a": 3}], {"": {"a": 4}}], "": 1}'

    assert parse(text, "f")[0] == json.loads(text)


def test_a_byte_order_mark_is_let_through() -> None:
    assert parse(b'\xef\xbb\xbf{"a": 1}', "f")[0] == {"a": 1}


def test_a_message_shows_no_value_of_the_document() -> None:
    with pytest.raises(DamagedDocument) as caught:
        parse(b'{"password": "hunter2" "x"}', "f")

    assert "hunter2" not in str(caught.value)


@given(st.dictionaries(st.text(), JSON))
def test_whatever_json_writes_is_read(content: dict[str, object]) -> None:
    assert parse(json.dumps(content).encode(), "f")[0] == content


@given(st.binary() | st.text('{}[]",:\\ \n1aé').map(str.encode))
def test_anything_else_is_damage_and_nothing_worse(data: bytes) -> None:
    try:
        found, _ = parse(data, "f")
    except DamagedDocument as error:
        assert str(error).startswith("f, line ")  # noqa: PT017 - either outcome is right
    else:
        assert found == json.loads(data.decode("utf-8-sig"))

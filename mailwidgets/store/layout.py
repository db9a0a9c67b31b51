"""The text of a document: JSON laid out so that people can read it, line by line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mailwidgets.errors import DamagedDocument, StoreError
from mailwidgets.languages.texts import _
from mailwidgets.store.parse import LARGEST

_encoded = json.JSONEncoder(allow_nan=False).encode
_quoted = json.encoder.encode_basestring  # in C


def dumped(content: Mapping[str, Any], file: str) -> bytes:
    """Return a document's text, which people can read.

    Raises:
        DamagedDocument: if it is nested too deeply.
        StoreError: if it is too large.
    """
    try:
        text = _laid_out(content)
    except RecursionError as error:
        raise DamagedDocument(
            _("{file} is nested too deeply to be written again").format(file=file)
        ) from error
    try:
        data = f"{text}\n".encode()
    except UnicodeEncodeError:
        # Half a surrogate pair, in something we don't know: only an escape carries it.
        data = f"{json.dumps(content, indent=2)}\n".encode()
    if len(data) > LARGEST:
        raise StoreError(
            _("{file} would have over {most} MiB: nothing was stored").format(
                file=file, most=LARGEST // 2**20
            )
        )
    return data


def _laid_out(value: Any, indent: str = "\n") -> str:  # noqa: ANN401 - JSON of any type
    """Return JSON text as ``json.dumps(indent=2)`` does, which is slow: it is in plain Python."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return repr(value)
    if not value or not isinstance(value, (dict, list, tuple)):
        return _encoded(value)
    inner = indent + "  "
    if isinstance(value, dict):
        told = [f"{_quoted(key)}: {_laid_out(one, inner)}" for key, one in value.items()]
        return f"{{{inner}{f',{inner}'.join(told)}{indent}}}"
    told = [_laid_out(one, inner) for one in value]
    return f"[{inner}{f',{inner}'.join(told)}{indent}]"

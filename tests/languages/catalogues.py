"""The catalogues: what stands in the code, what its translations must be, and how to renew them.

``python tests/languages/catalogues.py`` extracts every text, of the code and of the lessons, merges
it into the catalogues beside ``mailwidgets/languages/texts.py`` and compiles them. What is new is
empty there and what is gone is removed: whoever changes a text runs it, translates what is empty,
and runs it again.
"""

from __future__ import annotations

import ast
import functools
import io
import json
import re
import string
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

import mailwidgets
from mailwidgets.languages.texts import LANGUAGES
from mailwidgets.lessons.handing_out import notebooks, prose

PACKAGE = Path(mailwidgets.__file__).parent
FOLDER = PACKAGE / "languages"
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
LESSONS = "lessons-"
"""What the names of the lessons' catalogues begin with."""
_TAG = "Translators:"
_NUMBERED = re.compile(r"%|\{\}|\{[0-9]")
_HEAD = """\
# {name} texts of mailwidgets; tests/languages/catalogues.py renews them."""


@functools.cache
def template(folder: Path = PACKAGE) -> Catalog:
    """Return every text that stands in the code, with the files it stands in."""
    found = Catalog(project="mailwidgets", charset="utf-8")
    methods = [("**.py", "catalogues:literal_texts")]
    for path, _line, message, comments, _context in extract_from_dir(
        str(folder), methods, comment_tags=(_TAG,), strip_comment_tags=True
    ):
        found.add(message, locations=[(path, 0)], auto_comments=comments)
    return found


def prose_template() -> Catalog:
    """Return the prose of all lessons, a text for each cell, with the notebooks it stands in."""
    found = Catalog(project="mailwidgets", charset="utf-8")
    for path in notebooks():
        for text in prose(json.loads(path.read_text("utf-8"))):
            found.add(text, locations=[(path.name, 0)])
    return found


def literal_texts(
    file: BinaryIO, keywords: Collection[str], tags: object, options: object
) -> Iterator[tuple[int, str, tuple[str, ...], list[str]]]:
    """Yield the texts of a module for Babel, whose own way passes over calls within f-strings.

    A comment for translators stands right above the call, or above its statement.
    """
    del tags, options
    text = file.read().decode("utf-8")
    lines = text.splitlines()
    calls = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in keywords
    ]
    for node in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        values = [one.value for one in node.args if isinstance(one, ast.Constant)]
        given = [one for one in values if isinstance(one, str)]
        if given:
            yield node.lineno, node.func.id, tuple(given), _said_above(lines, node.lineno)


def _said_above(lines: Sequence[str], number: int) -> list[str]:
    """Return the comment right above a line, from its tag on."""
    said: list[str] = []
    for line in reversed(lines[: number - 1]):
        if not line.lstrip().startswith("# "):
            break
        said.insert(0, line.lstrip().removeprefix("# "))
    start = next((at for at, line in enumerate(said) if line.startswith(_TAG)), len(said))
    return said[start:]


def read(language: str, text: str | None = None, *, of: str = "") -> Catalog:
    """Return a language's catalogue, from its file or from a text.

    Args:
        language: its tag.
        text: the catalogue's text; ``None``: it is read.
        of: ``LESSONS``, or nothing for the code's.
    """
    source = (FOLDER / f"{of}{language}.po").read_bytes() if text is None else text.encode()
    return read_po(io.BytesIO(source), locale=language, abort_invalid=True)


def in_use(compiled_catalogue: bytes) -> dict[str, list[str]]:
    """Return what a compiled catalogue says for every text it knows."""
    known = read_mo(io.BytesIO(compiled_catalogue))
    return {_key(message.id): _forms(message) for message in _messages(known)}


def compiled(catalogue: Catalog) -> bytes:
    """Return what gettext reads at run time."""
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def untranslated(found: Catalog, catalogue: Catalog) -> Iterator[str]:
    """Yield every text that is missing, empty, fuzzy or no longer in the code."""
    for message in _messages(found):
        known = catalogue.get(message.id)
        forms = _forms(known) if known else []
        if known is None or not all(forms):
            yield f"not translated: {message.id!r}"
        elif known.fuzzy:
            yield f"fuzzy: {message.id!r}"
    there = {_key(message.id) for message in _messages(found)}
    for message in (*_messages(catalogue), *catalogue.obsolete.values()):
        if _key(message.id) not in there:
            yield f"not in the code: {message.id!r}"


def unfit(catalogue: Catalog) -> Iterator[str]:
    """Yield every translation with other placeholders; Babel refuses too many plural forms."""
    for message in _messages(catalogue):
        forms = _forms(message)
        plural = isinstance(message.id, tuple)
        originals = message.id if plural else (message.id,)
        wanted = [placeholders(one) for one in originals]
        every = set().union(*wanted)
        for form in filter(None, forms):
            # Where a plural counts, a form for exactly one or two may say so in a word.
            less = {"count"} if plural else set()
            if not every - less <= placeholders(form) <= every:
                yield f"other placeholders: {form!r} for {message.id!r}"


def placeholders(text: str) -> set[str]:
    """Return what is to be filled in: ``{"count"}`` of ``{count} lines``, ``{"at"}`` of dates.

    Raises:
        ValueError: if the braces do not pair.
    """
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    return {re.split(r"[.\[]", name)[0] for name in names}


def unclear(found: Catalog) -> Iterator[str]:
    """Yield every text whose gaps have no names: translators could not move them."""
    for message in _messages(found):
        for one in message.id if isinstance(message.id, tuple) else (message.id,):
            if _NUMBERED.search(re.sub(r"\{[a-z_.]+:[^{}]*\}", "", one).replace("%,", "")):
                yield repr(one)


def renew(language: str, found: Catalog, *, of: str = "") -> Catalog:
    """Merge a language's catalogue with the texts found, write both its files, return it."""
    path = FOLDER / f"{of}{language}.po"
    catalogue = (
        read(language, of=of) if path.exists() else Catalog(locale=language, charset="utf-8")
    )
    catalogue.update(found, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.header_comment = _HEAD.format(name=catalogue.locale.english_name)
    catalogue.fuzzy = False
    catalogue.project, catalogue.last_translator = "mailwidgets", "none"
    stream = io.BytesIO()
    write_po(
        stream, catalogue, width=100, sort_by_file=True, ignore_obsolete=True, include_lineno=False
    )
    path.write_bytes(stream.getvalue())
    path.with_suffix(".mo").write_bytes(compiled(read(language, of=of)))
    return read(language, of=of)


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _key(ident: str | Sequence[str]) -> str:
    return ident if isinstance(ident, str) else ident[0]


def _forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def main() -> None:
    """Renew every catalogue and tell how far it is."""
    told = []
    for what, found, of in (("the code", template(), ""), ("lessons", prose_template(), LESSONS)):
        told.append(f"{len(found)} texts in {what}")
        for language in TRANSLATED:
            missing = sum(
                line.startswith("not translated")
                for line in untranslated(found, renew(language, found, of=of))
            )
            told.append(f"{language}: {missing} to be translated")
    sys.stdout.write("\n".join([*told, ""]))


if __name__ == "__main__":
    main()

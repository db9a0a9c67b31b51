"""Lessons for a learner: their own copies of the notebooks, in their language."""

from __future__ import annotations

import datetime as dt
import gettext
import json
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import mailwidgets
from mailwidgets.errors import LessonError
from mailwidgets.languages.texts import COMPLETE
from mailwidgets.lessons.results import RESULTS

_PACKAGE: Final = Path(mailwidgets.__file__).parent
_OPENING: Final = re.compile(r"(\b(?:Lesson|Exam)\.open\()([^()]*)\)")
_WRITTEN: Final = ("*.ipynb", RESULTS, "for-the-administrator.zip", "nightly.json", "plan.csv")


def hand_out(folder: Path, language: str = "en") -> list[Path]:
    """Copy the lessons into a folder; a copy that is there already stays as it is.

    >>> [copy.name for copy in hand_out(folder)][0]
    '1-a-first-account.ipynb'

    Args:
        folder: a learner's; it is made where there is none.
        language: of the prose and the exercises, as ``de``; what is not translated stays English.

    Returns:
        The copies that were made, in the lessons' order.

    Raises:
        LessonError: the language is not spoken, or a copy cannot be written.
    """
    if language not in COMPLETE:
        raise LessonError(f"the lessons speak {', '.join(COMPLETE)}, not {language!r}")
    made = []
    for source in notebooks():
        target = folder / source.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8") as file:
                file.write(translated(source.read_text("utf-8"), language))
        except FileExistsError:
            continue
        except OSError as error:
            raise LessonError(f"{target} cannot be written: {error.strerror}") from error
        made.append(target)
    return made


def reset(folder: Path, language: str = "en") -> Path | None:
    """Give a learner's folder its first state again; what was there is set aside, not lost.

    >>> copies = hand_out(folder)
    >>> reset(folder).name[:8]
    'earlier-'

    Args:
        folder: a learner's, or the one where a class has worked on one machine.
        language: of the new copies.

    Returns:
        Where everything earlier is now; ``None`` where there was nothing.

    Raises:
        LessonError: something cannot be moved, or a copy cannot be written.
    """
    found = [path for pattern in _WRITTEN for path in sorted(folder.glob(pattern))]
    aside = None
    if found:
        aside = folder / f"earlier-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%fZ}"
        try:
            aside.mkdir()
            for path in found:
                path.rename(aside / path.name)
        except OSError as error:
            raise LessonError(f"{error.filename} cannot be moved: {error.strerror}") from error
    hand_out(folder, language)
    return aside


def notebooks() -> list[Path]:
    """Return the lessons' own notebooks, in their order.

    >>> len(notebooks())
    8

    Raises:
        LessonError: this installation has none.
    """
    # In a clone they stand where people look for them; an installation has its own copies.
    installed = Path(sysconfig.get_path("data")) / "share" / "mailwidgets" / "lessons"
    for home in (_PACKAGE.parent / "notebooks" / "lessons", installed):
        if found := sorted(home.glob("[0-9]-*.ipynb")):
            return found
    raise LessonError(f"there are no lessons in {installed}: install mailwidgets anew")


def translated(text: str, language: str) -> str:
    """Return a notebook whose prose is in another language, as far as it is translated.

    Args:
        text: the notebook's JSON.
        language: as ``de``.
    """
    if language == "en":
        return text
    catalogue = _catalogue(language)
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            source = catalogue.gettext(source)
        else:
            source = _OPENING.sub(rf'\1\2, language="{language}")', source)
        cell["source"] = source.splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def prose(notebook: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of a notebook that can be translated: its markdown, cell by cell."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            yield "".join(cell["source"])


def _catalogue(language: str) -> gettext.NullTranslations:
    path = _PACKAGE / "languages" / f"lessons-{language}.mo"
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as stream:
        return gettext.GNUTranslations(stream)

"""What a learner did, a line for each try and each hint, for the learner and the trainer."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from mailwidgets.errors import LessonError
from mailwidgets.folder.names import SUFFIX, file_name
from mailwidgets.settings.levels import fit_id

RESULTS: Final = "results-*.jsonl"
"""What files with results are called."""
TRIED, HINTED = "check", "hint"
_VERSION: Final = 1
_MOST: Final = 8 * 2**20  # bytes of one learner's file
_LONGEST: Final = 200  # characters of a code, or a lesson's name, in it


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a learner did.

    Attributes:
        at: when, with a time zone.
        learner: who.
        lesson: the lesson's name, or ``exam`` with its seed: ``exam 7``.
        exercise: the exercise's name.
        did: ``check``, or ``hint``.
        passed: whether a check found all as wanted.
        code: what it found: ``ok``, or a stable word for what was wanted.
    """

    at: dt.datetime
    learner: str
    lesson: str
    exercise: str
    did: str = TRIED
    passed: bool = False
    code: str = ""


class Results:
    """A learner's file in a folder; lines are only ever added to it.

    Args:
        folder: where it is.
        learner: whose it is.
    """

    def __init__(self, folder: Path, learner: str) -> None:
        stem = file_name(learner).removesuffix(SUFFIX)
        self.path = folder / f"results-{stem}.jsonl"
        self.learner = learner

    def add(self, event: Event) -> None:
        """Keep what was done.

        Raises:
            LessonError: the file cannot be written.
        """
        record = {"version": _VERSION, **asdict(event), "at": event.at.isoformat("T", "seconds")}
        line = json.dumps(record, ensure_ascii=False) + "\n"
        try:
            # One write at the end of the file: two notebooks of one learner do not mix lines.
            number = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            with os.fdopen(number, "wb", buffering=0) as file:
                file.write(line.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise LessonError(
                f"{self.path} cannot be written, so this try is not kept: {error.strerror}"
            ) from error

    def events(self) -> list[Event]:
        """Return all that was done, the oldest first; nothing where there is no file.

        Raises:
            LessonError: the file cannot be read, or a line of it is not what was written.
        """
        return [*read(self.path)] if self.path.exists() else []

    def set_aside(self) -> Path | None:
        """Begin anew, and keep what there was under another name, which is returned.

        Raises:
            LessonError: the file cannot be moved.
        """
        if not self.path.exists():
            return None
        stamp = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%fZ}"
        aside = self.path.with_name(f"earlier-{stamp}-{self.path.name}")
        try:
            return self.path.rename(aside)
        except OSError as error:
            raise LessonError(f"{self.path} cannot be moved: {error.strerror}") from error


def read(path: Path) -> Iterator[Event]:
    """Yield what a file with results tells, the oldest first.

    Raises:
        LessonError: it cannot be read, or a line is not what was written; names it.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise LessonError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > _MOST:
        raise LessonError(f"{path}: over {_MOST // 2**20} MiB, more than a learner's tries need")
    for number, line in enumerate(data.splitlines(), 1):
        try:
            yield _event(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise LessonError(
                f"{path}, line {number}: expected a try as a lesson writes it, came "
                f"{line[:80]!r} ({error})"
            ) from error


def _event(record: Any) -> Event:  # noqa: ANN401 - JSON of any type
    if record["version"] != _VERSION:
        raise ValueError(f"version {record['version']!r}, this program knows {_VERSION}")
    learner = fit_id(record["learner"], "user")
    texts = {key: record[key] for key in ("lesson", "exercise", "did", "code")}
    for key, text in texts.items():
        if not isinstance(text, str) or len(text) > _LONGEST or not text.isprintable():
            raise TypeError(f"{key} has to be a line of at most {_LONGEST} characters")
    at = dt.datetime.fromisoformat(record["at"])
    if at.tzinfo is None or not isinstance(record["passed"], bool):
        raise ValueError("at needs a time zone, and passed is true or false")
    return Event(at=at, learner=learner, passed=record["passed"], **texts)

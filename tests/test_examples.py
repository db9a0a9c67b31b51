"""The examples in the docstrings run, and whatever a notebook's author calls has one.

In an example, ``servers``, ``practice`` and the other fixtures below are there as in a notebook,
and ``await`` may stand anywhere. Each docstring gets its own.
"""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any
from unittest.mock import patch

import ipywidgets as widgets
import pytest

import mailwidgets
from mailwidgets import (
    ClassOverview,
    Dashboard,
    Draft,
    Exam,
    Lesson,
    Practice,
    Report,
    Servers,
    Task,
    faults,
    rehearse,
)
from mailwidgets.faults import switches
from mailwidgets.languages import texts
from mailwidgets.lessons import handing_out
from mailwidgets.lessons.exam import drawn
from mailwidgets.lessons.results import Event
from mailwidgets.reports import report as reports
from mailwidgets.settings.levels import Identity, Level, Place

_Holder = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef  # of a docstring

ROOT = Path(__file__).parent.parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
ROOMS = ("protocols", "settings", "history", "everyone")
# Modules of these rooms whose functions no notebook calls.
INNER = {
    "mailwidgets.protocols.mechanisms": "sasl.mechanism makes them",
    "mailwidgets.settings.declare": "sections.py alone declares",
}
PUBLIC = (
    *(getattr(mailwidgets, name) for name in mailwidgets.__all__),
    *(handing_out.hand_out, handing_out.reset, handing_out.notebooks, drawn),
    *(getattr(faults, name) for name in faults.__all__),
    *(getattr(reports, name) for name in reports.__all__),
    *(Identity, Level, Place, switches.fault_named),
)


@dataclass(frozen=True)
class Example:
    """A docstring with an example in it."""

    module: str
    name: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.module.removeprefix('mailwidgets.')}.{self.name}".rstrip(".")


def examples() -> Iterator[Example]:
    """Yield them all, from the text: nothing is imported for that."""
    for path in sorted(ROOT.glob("mailwidgets/**/*.py")):
        text = path.read_text("utf-8")
        if ">>> " in text:
            parts = path.relative_to(ROOT).with_suffix("").parts
            module = ".".join(parts).removesuffix(".__init__")
            yield from _within(ast.parse(text), module, "")


def _within(node: _Holder, module: str, name: str) -> Iterator[Example]:
    text = ast.get_docstring(node, clean=False) or ""
    if ">>> " in text:
        yield Example(module, name, text, getattr(node, "lineno", 0))
    for child in node.body:
        if isinstance(child, _Holder):
            yield from _within(child, module, f"{name}.{child.name}".lstrip("."))


# What an example finds there


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    with Practice.start() as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a temporary folder."""
    made = tmp_path / "folder"
    made.mkdir()
    return made


@pytest.fixture
def servers(practice: Practice, tmp_path: Path) -> Servers:
    """Return the settings of a store filled in for the practice servers, for ana."""
    return rehearse(practice, tmp_path / "settings")


@pytest.fixture
def draft(servers: Servers) -> Draft:
    return Draft(servers)


@pytest.fixture
def report(servers: Servers) -> Report:
    """Return the report of a check that passed."""
    return asyncio.run(servers.check("imap"))


@pytest.fixture
def failed(servers: Servers) -> Report:
    """Return the report of a check that did not: neither folder is there."""
    wrong = [servers.change(f"imap.{one}", f"My {one}") for one in ("inbox", "outbox")]
    return asyncio.run(servers.check("imap", changes=wrong))


@pytest.fixture
def dashboard(servers: Servers) -> Iterator[Dashboard]:
    opened = Dashboard(servers)
    yield opened
    opened.close()
    widgets.Widget.close_all()
    texts.use("en")


@pytest.fixture
def lesson(folder: Path) -> Iterator[Lesson]:
    """Return lesson 1 of ana, with nothing begun."""
    opened = Lesson.open(1, learner="ana", folder=folder)
    yield opened
    opened.close()


@pytest.fixture
def exam(tmp_path: Path) -> Iterator[Exam]:
    opened = Exam.open(seed=7, learner="ana", folder=tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def task(lesson: Lesson) -> Iterator[Task]:
    """Return the first exercise of lesson 1."""
    shown = Task(lesson, "fetch")
    yield shown
    shown.close()
    widgets.Widget.close_all()


@pytest.fixture
def overview() -> ClassOverview:
    """Return a class of one, who has passed the first exercise."""
    passed = Event(datetime.now(UTC), "ana", "account", "fetch", passed=True, code="ok")
    return ClassOverview([passed])


GIVEN = (
    *("practice", "laboratory", "folder", "servers", "draft", "report", "failed", "dashboard"),
    *("lesson", "exam", "task", "overview"),
)


@pytest.mark.parametrize("example", list(examples()), ids=str)
def test_an_example_shows_what_happens(example: Example, request: pytest.FixtureRequest) -> None:
    scope = dict(vars(importlib.import_module(example.module)))
    found = doctest.DocTestParser().get_doctest(
        example.text, scope, str(example), example.module, example.line
    )
    for name in GIVEN:
        if name not in scope and name in names_in(found):
            found.globs[name] = request.getfixturevalue(name)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)

    with asyncio.Runner() as loop, patch.object(doctest, "exec", in_loop(loop), create=True):
        runner.run(found, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, out=told.append)

    assert runner.tries > 0
    assert runner.failures == 0, "".join(told)


def names_in(found: doctest.DocTest) -> set[str]:
    code = ast.parse("".join(one.source for one in found.examples))
    return {node.id for node in ast.walk(code) if isinstance(node, ast.Name)}


def in_loop(loop: asyncio.Runner) -> Callable[[CodeType, dict[str, Any]], None]:
    """Return an ``exec`` for doctest that runs each line in an event loop, as a notebook does."""

    async def run(code: CodeType, scope: dict[str, Any]) -> None:
        done = eval(code, scope)  # noqa: S307 - our own examples
        if inspect.iscoroutine(done):
            await done

    return lambda code, scope: loop.run(run(code, scope))


# What has to have one


def public() -> Iterator[tuple[str, Any]]:
    """Yield what a notebook's author may call, with its name."""
    for one in PUBLIC:
        if inspect.isclass(one):
            yield from members(one)
        elif inspect.isfunction(one):
            yield f"{one.__module__}.{one.__qualname__}", one
    for room in ROOMS:
        home = importlib.import_module(f"mailwidgets.{room}")
        for found in pkgutil.iter_modules(home.__path__, f"{home.__name__}."):
            if found.name not in INNER:
                yield from functions(importlib.import_module(found.name))


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield a class and its public methods and properties, inherited ones of ours, too."""
    yield f"{cls.__module__}.{cls.__qualname__}", cls
    for home in cls.__mro__:
        if home.__module__.startswith("mailwidgets."):
            for name, held in vars(home).items():
                called = inspect.unwrap(getattr(held, "fget", None) or held)
                called = getattr(called, "__func__", called)
                if not name.startswith("_") and inspect.isfunction(called):
                    yield f"{home.__module__}.{home.__qualname__}.{name}", called


def functions(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name, held in vars(module).items():
        called = inspect.unwrap(held) if callable(held) else held
        ours = inspect.isfunction(called) and called.__module__ == module.__name__
        if ours and not name.startswith("_"):
            yield f"{module.__name__}.{name}", called


def test_what_a_notebook_calls_has_an_example() -> None:
    lacking = {name for name, one in public() if ">>> " not in (one.__doc__ or "")}
    assert not lacking, "write an example into the docstring of: " + ", ".join(sorted(lacking))

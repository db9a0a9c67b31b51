"""Set up mail servers in Jupyter, see which value is in force, and prove that they work.

::

    from mailwidgets import Dashboard, Servers

    servers = Servers.open("store", user="ana")
    servers.effective()               # a pandas table of every value and where it comes from
    await servers.check("smtp")       # a Report
    Dashboard(servers)                # the forms, in a notebook

Each name is loaded when it is first used: a check needs neither pandas nor ipywidgets.

What is public has examples. ``practice`` stands there for
``Practice.start()``, ``servers`` for ``rehearse(practice, …)``, ``draft`` for ``Draft(servers)``,
``dashboard`` for ``Dashboard(servers)``, ``laboratory`` for practice servers that break, ``report``
and ``failed`` for reports of a check that passed and of one that did not, ``lesson`` for lesson 1,
``exam`` for an exam, ``task`` for an exercise, ``overview`` for a class, ``folder`` for a temporary
one.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for those who check types: else a name that loads late is no type to them
    from mailwidgets.classroom.overview import ClassOverview
    from mailwidgets.classroom.task import Task
    from mailwidgets.dashboard.dashboard import Dashboard
    from mailwidgets.draft.draft import Draft
    from mailwidgets.faults.laboratory import Laboratory
    from mailwidgets.lessons.exam import Exam
    from mailwidgets.lessons.lesson import Lesson
    from mailwidgets.practice import Practice
    from mailwidgets.prefill import rehearse
    from mailwidgets.reports.report import Report
    from mailwidgets.servers import Servers

_HOMES = {
    "ClassOverview": "mailwidgets.classroom.overview",
    "Dashboard": "mailwidgets.dashboard.dashboard",
    "Draft": "mailwidgets.draft.draft",
    "Exam": "mailwidgets.lessons.exam",
    "Laboratory": "mailwidgets.faults.laboratory",
    "Lesson": "mailwidgets.lessons.lesson",
    "Practice": "mailwidgets.practice",
    "Report": "mailwidgets.reports.report",
    "Servers": "mailwidgets.servers",
    "Task": "mailwidgets.classroom.task",
    "rehearse": "mailwidgets.prefill",
}
__all__ = [
    "ClassOverview",
    "Dashboard",
    "Draft",
    "Exam",
    "Laboratory",
    "Lesson",
    "Practice",
    "Report",
    "Servers",
    "Task",
    "rehearse",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted(__all__)

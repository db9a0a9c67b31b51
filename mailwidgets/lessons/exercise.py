"""What an exercise is made of; frozen values, and what may be wanted of a learner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from mailwidgets.lessons.bench import Bench
from mailwidgets.lessons.scene import WORKING, Scene
from mailwidgets.reports.report import Report


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What is still wanted, and the next step towards it.

    Attributes:
        said: both in a few sentences.
        report: of the test that did not pass, if it is about one.
        code: a stable word for what was found: a diagnosis, or ``not_in_force`` and its like.
    """

    said: str
    report: Report | None = None
    code: str = "not_in_force"


Want = Callable[[Bench], Awaitable[Shortfall | None]]
"""Looks at a bench; returns what is still wanted, or ``None``."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """Something to be done at a bench, and how it is seen that it was.

    Texts are in English; ``_`` looks them up. Gaps in them are filled in with the bench's facts.

    Attributes:
        name: by which it is chosen and recorded.
        title: what people call it.
        task: what is to be done.
        wants: what has to be so in the end, in the order in which it is looked at.
        hints: by degrees: each tells more than the one before.
        praise: what was learned, said once it is done.
        scene: how the bench is set up.
        opens: the section whose form is in front at first; empty: there is no dashboard.
    """

    name: str
    title: str
    task: str
    wants: tuple[Want, ...]
    hints: tuple[str, ...]
    praise: str
    scene: Scene = WORKING
    opens: str = "pop3"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What looking at a learner's work came to.

    Attributes:
        exercise: its name.
        passed: whether all is as wanted.
        said: what was learned, or what is still wanted and the next step.
        code: ``ok``, or a stable word for what is wanted: see ``Shortfall``.
        report: of the test that did not pass, if that is what is wanted.
    """

    exercise: str
    passed: bool
    said: str
    code: str = "ok"
    report: Report | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Return it for a terminal."""
        return f"{'✓' if self.passed else '✗'} {self.said}"

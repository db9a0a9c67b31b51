"""A lesson under way: one bench, its exercises, and what the learner did."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from traitlets import HasTraits, Instance, Unicode

from mailwidgets.errors import LessonError
from mailwidgets.faults.laboratory import Laboratory
from mailwidgets.languages.texts import _, use
from mailwidgets.lessons.bench import Bench
from mailwidgets.lessons.exercise import Exercise, Verdict
from mailwidgets.lessons.record import Record
from mailwidgets.lessons.results import HINTED, TRIED, Event, Results
from mailwidgets.lessons.syllabus import Unit, unit
from mailwidgets.servers import Servers
from mailwidgets.settings.levels import actor, fit_id

if TYPE_CHECKING:
    import pandas as pd

LEARNER = "MAILWIDGETS_LEARNER"


class Lesson(Record, HasTraits):
    """A lesson's exercises at a bench of the learner's own.

    >>> lesson.begin("fetch").title
    'Fetch mail by POP3'
    >>> print(await lesson.check("fetch"))
    ✗ POP3 names no server yet. Only what is saved counts: ...

    Traits:
        current: the exercise that the bench is set up for; ``None`` before the first.
        language: the tag of the one chosen last in a dashboard; empty: none was.
    """

    current = Instance(Exercise, allow_none=True)
    language = Unicode()

    def __init__(self, taught: Unit, bench: Bench, results: Results) -> None:
        super().__init__(taught, results)
        self._bench = bench

    @classmethod
    def open(
        cls,
        which: int | str,
        *,
        learner: str | None = None,
        folder: str | os.PathLike[str] = ".",
        language: str | None = None,
    ) -> Self:
        """Start practice servers and an empty store for a lesson.

        >>> levels = Lesson.open(2, learner="ana", folder=folder)
        >>> levels.unit.title
        'Levels, fallbacks, locks'
        >>> levels.close()

        Args:
            which: its number or its name.
            learner: who works; else ``MAILWIDGETS_LEARNER``, else ``JUPYTERHUB_USER``, else the
                operating system's user.
            folder: where results are kept, and what the learner writes.
            language: of the exercises, as ``de``; else the one in use.

        Raises:
            LessonError: there is no such lesson.
            InvalidId: if the learner's name cannot be kept.
            PracticeError: if the practice servers cannot be started.
        """
        return cls._opened(unit(which), learner, folder, language)

    @classmethod
    def _opened(
        cls, taught: Unit, learner: str | None, folder: str | os.PathLike[str], language: str | None
    ) -> Self:
        home = Path(folder).absolute()
        name = fit_id(learner or os.environ.get(LEARNER) or actor(), "user")
        opened = cls(taught, Bench.start(home), Results(home, name))
        if language is not None:
            opened.language = use(language)
        return opened

    @property
    def servers(self) -> Servers:
        """Return the bench's store as Ana on ws-01 sees it.

        >>> lesson.servers.identity
        Identity(user='ana', workstation='ws-01')
        """
        return self._bench.servers

    @property
    def laboratory(self) -> Laboratory:
        """Return the bench's practice servers.

        >>> [account.name for account in lesson.laboratory.accounts]
        ['Ana', 'Ben', 'Workflow']
        """
        return self._bench.laboratory

    def sheet(self) -> pd.DataFrame:
        """Return the provider's sheet: a service's ports and account in a row (needs pandas).

        >>> lesson.sheet().loc["IMAP", "User name"]
        'ana@practice.example'
        """
        import pandas as pd  # noqa: PLC0415 - it takes 0.3 s

        ports, facts = self.laboratory.ports, self._bench.facts()
        services = {
            **{service.upper(): (service, "") for service in ("pop3", "smtp", "imap")},
            _("Workflow by SMTP"): ("smtp", "workflow_"),
            _("Workflow by IMAP"): ("imap", "workflow_"),
        }
        rows = {
            title: {
                _("Server"): facts["host"],
                _("Port, TLS by STARTTLS"): ports[service],
                _("Port, TLS from the first byte"): ports[f"{service}s"],
                _("User name"): facts[f"{whose}user"],
                _("Password"): facts[f"{whose}password"],
            }
            for title, (service, whose) in services.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index")

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which the command line works on this bench.

        >>> lesson.environment()["MAILWIDGETS_USER"]
        'ana'
        """
        return self._bench.environment()

    def task(self, name: str) -> str:
        """Return what is to be done, in the language in use.

        >>> lesson.task("folders")
        'Last, IMAP, with TLS from the first byte: server localhost, ...'

        Raises:
            LessonError: there is no such exercise.
        """
        return _(self.exercise(name).task).format_map(self._bench.facts())

    def begin(self, name: str) -> Exercise:
        """Set the bench up for an exercise; what was set up there before goes.

        >>> lesson.begin("send").opens
        'smtp'

        Raises:
            LessonError: there is no such exercise.
            StoreError: if the store refuses.
        """
        chosen = self.exercise(name)
        self._bench.set_up(chosen.scene)
        self.current = chosen
        return chosen

    async def check(self, name: str) -> Verdict:
        """Look at what is in force and run the real tests; the try is kept.

        >>> exercise = lesson.begin("send")
        >>> (await lesson.check("send")).code
        'name_missing'

        Raises:
            LessonError: there is no such exercise, the bench is not set up for it, or the try
                cannot be kept.
            StoreError: if the settings cannot be read.
        """
        chosen = self._current(name)
        self._bench.break_as(chosen.scene)
        outcome = Verdict(name, passed=True, said=self._filled(chosen.praise))
        for want in chosen.wants:
            lacking = await want(self._bench)
            if lacking is not None:
                outcome = Verdict(name, False, lacking.said, lacking.code, lacking.report)  # noqa: FBT003 - its second field
                break
        self._keep(name, TRIED, passed=outcome.passed, code=outcome.code)
        return outcome

    def hint(self, name: str) -> str:
        """Return the next hint, the first one first; empty when there is none left.

        >>> exercise = lesson.begin("fetch")
        >>> lesson.hint("fetch")
        'Four fields ...'

        It is kept that it was asked for.

        Raises:
            LessonError: as ``check``.
        """
        chosen = self._current(name)
        given = self.hinted(name)
        if given >= len(chosen.hints):
            return ""
        self._keep(name, HINTED)
        return self._filled(chosen.hints[given])

    def hints(self, name: str) -> list[str]:
        """Return the hints that were given so far.

        >>> lesson.hints("fetch")
        []

        Raises:
            LessonError: as ``standing``.
        """
        return [self._filled(one) for one in self.exercise(name).hints[: self.hinted(name)]]

    def start_over(self) -> Path | None:
        """Begin anew: an empty bench, mended servers, no tries; the earlier ones are set aside.

        >>> lesson.start_over() is None  # nothing was tried yet
        True

        Returns:
            Where the earlier results are now; ``None`` if there were none.

        Raises:
            LessonError: if the results cannot be moved.
        """
        aside = self.results.set_aside()
        self._bench.set_up(self.unit.exercises[0].scene)
        self.current = None
        return aside

    def close(self) -> None:
        """Stop the practice servers and remove the store; the results stay.

        >>> lesson.close()
        """
        self._bench.close()

    def _current(self, name: str) -> Exercise:
        chosen = self.exercise(name)
        if chosen is not self.current:
            told = _("The bench is not set up for {title}: begin it first.")
            raise LessonError(told.format(title=_(chosen.title)))
        return chosen

    def _filled(self, text: str) -> str:
        return _(text).format_map(self._bench.facts())

    def _keep(self, name: str, did: str, *, passed: bool = False, code: str = "") -> None:
        now = dt.datetime.now(dt.UTC)
        self.results.add(Event(now, self.learner, self.recorded_as, name, did, passed, code))

"""What stands above the tabs: a greeting for an empty store, the search, and all the tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import ipywidgets as widgets

from mailwidgets.dashboard.forms import Forms
from mailwidgets.draft.draft import Draft
from mailwidgets.forms.discovering import DiscoverBox
from mailwidgets.forms.testing import TestAll
from mailwidgets.languages.texts import _
from mailwidgets.settings.levels import Level
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import mark, plain, shared

if TYPE_CHECKING:
    from mailwidgets.faults import Laboratory
    from mailwidgets.forms.breaking import BreakBox

_FAULTS_FILE: Final = "MAILWIDGETS_FAULTS"  # as in ``breakable``, which most pages do not load


class Start(widgets.VBox):
    """Where somebody begins.

    Attributes:
        greeting: what to do first; seen as long as nothing is stored for this person.
        discover: fills the forms from an e-mail address.
        breaking: breaks practice servers; ``None`` where there are none.
        all: tests all servers.

    Args:
        draft: what is edited and tested.
        forms: the sections' forms.
        show: brings a section's form to the front.
        laboratory: practice servers to be broken; else those that the environment tells of.

    Raises:
        PracticeError: what the environment tells is not what was written there.
    """

    def __init__(
        self,
        draft: Draft,
        forms: Forms,
        show: Callable[[str], None],
        laboratory: Laboratory | None = None,
    ) -> None:
        self.greeting = plain(widgets.HTML)
        self.greeting.add_class("mw-greeting")
        self.discover = DiscoverBox(draft)
        self.all = TestAll(draft, lambda section: forms[section].results, show)
        self.breaking = _break_box(draft, laboratory)
        practice = [] if self.breaking is None else [self.breaking]
        parts = [self.greeting, self.discover, *practice, self.all]
        super().__init__(parts, layout=shared(widgets.Layout))
        self.add_class("mw-place")
        self.show(draft)

    def show(self, draft: Draft) -> None:
        """Bring the greeting into line with what is stored."""
        documents = (draft.stored.at(level) for level in Level)
        empty = not any(one.values or one.locks or one.problems for one in documents)
        self.greeting.value = _greeting() if empty else ""
        mark(self.greeting, "mw-folded", on=not empty)

    def look(self) -> None:
        """Follow what is broken at the practice servers."""
        if self.breaking is not None:
            self.breaking.look()


def _break_box(draft: Draft, laboratory: Laboratory | None) -> BreakBox | None:
    if laboratory is None and not os.environ.get(_FAULTS_FILE):
        return None
    from mailwidgets.breakable import Breakable  # noqa: PLC0415 - 20 ms, for practice alone
    from mailwidgets.forms.breaking import BreakBox  # noqa: PLC0415 - likewise

    breakable = Breakable.told() if laboratory is None else Breakable.of(laboratory)
    return None if breakable is None else BreakBox(draft, breakable)


def _greeting() -> str:
    """Return what a person reads who opens an empty store."""
    steps = [
        _("Type your e-mail address below and let the servers be found, or fill in the tabs."),
        _("Test each server: a test says in a sentence what is wrong, and what to do about it."),
        _("Save. Effective values then show what is in force, and History who changed it."),
    ]
    return markup.greeting(_("Nothing is set up here yet. Begin like this:"), steps)

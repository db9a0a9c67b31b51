"""What stands above the tabs: a greeting for an empty store, the search, and all the tests."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from mailwidgets.dashboard.forms import Forms
from mailwidgets.draft.draft import Draft
from mailwidgets.forms.discovering import DiscoverBox
from mailwidgets.forms.testing import TestAll
from mailwidgets.languages.texts import _
from mailwidgets.settings.levels import Level
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import mark, plain, shared


class Start(widgets.VBox):
    """Where somebody begins.

    Attributes:
        greeting: what to do first; seen as long as nothing is stored for this person.
        discover: fills the forms from an e-mail address.
        all: tests all servers.

    Args:
        draft: what is edited and tested.
        forms: the sections' forms.
        show: brings a section's form to the front.
    """

    def __init__(self, draft: Draft, forms: Forms, show: Callable[[str], None]) -> None:
        self.greeting = plain(widgets.HTML)
        self.greeting.add_class("mw-greeting")
        self.discover = DiscoverBox(draft)
        self.all = TestAll(draft, lambda section: forms[section].results, show)
        parts = [self.greeting, self.discover, self.all]
        super().__init__(parts, layout=shared(widgets.Layout))
        self.add_class("mw-place")
        self.show(draft)

    def show(self, draft: Draft) -> None:
        """Bring the greeting into line with what is stored."""
        documents = (draft.stored.at(level) for level in Level)
        empty = not any(one.values or one.locks or one.problems for one in documents)
        self.greeting.value = _greeting() if empty else ""
        mark(self.greeting, "mw-folded", on=not empty)


def _greeting() -> str:
    """Return what a person reads who opens an empty store."""
    steps = [
        _("Type your e-mail address below and let the servers be found, or fill in the tabs."),
        _("Test each server: a test says in a sentence what is wrong, and what to do about it."),
        _("Save. Effective values then show what is in force, and History who changed it."),
    ]
    return markup.greeting(_("Nothing is set up here yet. Begin like this:"), steps)

"""Whether a check's report is still about the settings as they are, and since what it is not."""

from __future__ import annotations

from mailwidgets.draft.draft import Draft
from mailwidgets.forms.basis import Basis, Prints, differing
from mailwidgets.languages.formats import clock
from mailwidgets.languages.texts import _
from mailwidgets.reports.report import Report
from mailwidgets.settings.documents import Key
from mailwidgets.settings.resolve import Resolution
from mailwidgets.widgets import words


class Aging:
    """Knows with which values a check began, and compares them with those of now.

    Args:
        draft: whose values are checked.
        section: what is checked.
        sending: whether a message is sent.
    """

    def __init__(self, draft: Draft, section: str, *, sending: bool = False) -> None:
        self._draft = draft
        self._section, self._sending = section, sending
        self._prints = Prints(draft.servers.vault)
        self._began: Basis | None = None
        self._mine: set[Key] = set()

    def begin(self, resolution: Resolution) -> None:
        """Take the values that a check begins with."""
        self._began = self._basis(resolution)
        self._mine = set()

    def told(self, report: Report) -> str:
        """Return since what change a report is old; empty while it is not.

        As in ``Tested 14:03, before you changed SMTP port (u).``
        """
        if self._began is None:
            return ""
        resolution = self._draft.resolution()
        now = self._basis(resolution)
        unfit = [key for key in self._draft.errors if key in now]
        changed = list(dict.fromkeys([*differing(self._began, now), *unfit]))
        if not changed:
            return ""
        # What was edited here stays one's own, though it is no edit any more once it is saved.
        self._mine |= {change.key for change in self._draft.changes()}
        mine = all(
            key in self._mine or resolution[key].source in self._mine or key in unfit
            for key in changed
        )
        return self._sentence(mine=mine).format(
            time=clock(report.began), settings=words.listed(changed)
        )

    def _sentence(self, *, mine: bool) -> str:
        if self._sending:
            if mine:
                return _("Sent {time}, before you changed {settings}.")
            return _("Sent {time}, before this changed: {settings}.")
        if mine:
            return _("Tested {time}, before you changed {settings}.")
        return _("Tested {time}, before this changed: {settings}.")

    def _basis(self, resolution: Resolution) -> Basis:
        return self._prints.basis(resolution, self._section, sending=self._sending)

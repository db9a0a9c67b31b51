"""The form of one section: its fields, and below them what can be done with them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import ipywidgets as widgets

from mailwidgets.draft.draft import Draft
from mailwidgets.errors import InvalidValue
from mailwidgets.forms.results import CheckView
from mailwidgets.forms.row import Row
from mailwidgets.forms.saving import SaveBar
from mailwidgets.forms.sending import SendBox
from mailwidgets.languages.texts import _
from mailwidgets.reports.report import Fix
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.targets import Targets
from mailwidgets.widgets import check_markup, markup, words
from mailwidgets.widgets.look import button, mark, plain, shared


class SectionForm(widgets.VBox):
    """A section's part of a draft, generated from its traits.

    Attributes:
        rows: the fields by setting key, in the panel's order.
        bar: saves and discards; its parts ``save``, ``discard``, ``status`` and ``message`` are
            here, too.
        test: starts the check.
        advanced: shows the settings that the panel does not have.
        refused: what of it the person may not write, and why.
        odd: what is odd about the settings, before anything is tested.
        results: the check.
        sending: sends a test message; ``None`` but for workflow e-mail.

    Args:
        draft: what the form edits, together with the other forms.
        section: the section's name.
    """

    def __init__(self, draft: Draft, section: str) -> None:
        self.draft = draft
        self.section = section
        self._visible, self._behind = True, False
        declared = SECTIONS[section]
        self.rows = {one.key: Row(draft, one) for one in declared.settings()}
        self.test = button(declared.test_label, self._on_test, "mw-test")
        self.results = CheckView(draft, section, self.test, self._mend)
        tests = [self.results.cancel, self.test] if declared.test_label else []
        self.bar = SaveBar(draft, section, tests)
        self.save, self.discard = self.bar.save, self.bar.discard
        self.status, self.message = self.bar.status, self.bar.message
        self.refused = plain(widgets.HTML)
        self.odd = plain(widgets.HTML)
        self.sending = SendBox(draft, self._mend) if section == "workflow" else None
        self.advanced = plain(widgets.ToggleButton, description=_("Advanced"))
        super().__init__(self._laid_out(), layout=shared(widgets.Layout))
        self.add_class("mw-form")
        draft.observe(self._on_revision, "revision")
        self.show()

    @property
    def visible(self) -> bool:
        """Return whether somebody sees the form: else it need not follow each key."""
        return self._visible

    @visible.setter
    def visible(self, visible: bool) -> None:
        self._visible = visible
        if visible and self._behind:
            self.show()

    def _laid_out(self) -> list[widgets.Widget]:
        """Return fields under their headings, our own ones folded, then buttons and messages."""
        panel = [row for row in self.rows.values() if not row.setting.ours]
        ours = [row for row in self.rows.values() if row.setting.ours]
        parts: list[widgets.Widget] = []
        for title, rows in itertools.groupby(panel, key=lambda row: row.setting.group):
            parts += [_heading(title), _fields(rows)]
        if not panel:
            parts += [_heading(SECTIONS[self.section].title), _fields(ours)]
        if panel and ours:
            fold = _fields(ours)
            self.advanced.add_class("mw-unfold")
            self.advanced.observe(lambda _: self._fold(fold), "value")
            self._fold(fold)
            parts += [self.advanced, fold]
        # Kept in sight: what came of a button has to be seen where the button was pressed.
        foot = plain(widgets.VBox, [self.bar, self.results.verdict])
        foot.add_class("mw-foot")
        more = [self.sending] if self.sending else []
        return [self.refused, *parts, self.odd, foot, self.results, *more]

    def show(self) -> None:
        """Bring fields, buttons and status into line with the draft."""
        self._behind = False
        draft = self.draft
        resolution = draft.resolution()
        values = resolution.section(self.section)
        if self.test.description:
            found = Targets(resolution, draft.servers.vault).oddities(self.section)
            self.odd.value = check_markup.oddities(found)
        places = dict.fromkeys(draft.place(row.setting) for row in self.rows.values())
        refusals = {place: draft.sight.refusals[place] for place in places}
        self.refused.value = markup.refusals(words.refused(refusals))
        for key, row in self.rows.items():
            row.show(values[key])
        self.bar.show()
        self.results.follow()
        if self.sending is not None:
            self.sending.show()

    def close(self) -> None:
        """Leave the draft, cancel a running check and close the form."""
        if self.comm is not None:
            self.draft.unobserve(self._on_revision, "revision")
            # Where a section has no use for these, they are not among its children.
            self.bar.close()
            self.results.close()
            self.advanced.close()
        super().close()

    def _on_revision(self, _change: object) -> None:
        if self._visible:
            self.show()
        else:
            self._behind = True

    def _on_test(self) -> None:
        why = self.results.test()
        self.bar.tell(_("Not tested: {why}").format(why=why) if why else "", "bad")

    def _mend(self, section: str, fix: Fix) -> None:
        """Put a fix's values into the draft, unless one of them cannot be changed here."""
        try:
            self.draft.fill(section, fix)
        except InvalidValue as error:
            self.bar.tell(str(error), "bad")
            return
        if section == self.section:
            self.bar.tell(_("In the form now: test again, then save."))
            self.rows[fix[0][0]].control.widget.focus()  # the pressed button is gone
        else:
            told = _("In the form {section} now: test again, then save.")
            self.bar.tell(told.format(section=SECTIONS[section].title))
            self.test.focus()

    def _fold(self, fold: widgets.Box) -> None:
        mark(fold, "mw-folded", on=not self.advanced.value)


def _heading(title: str) -> widgets.HTML:
    heading = plain(widgets.HTML, markup.group(title))
    heading.add_class("mw-group")
    return heading


def _fields(rows: Iterable[Row]) -> widgets.VBox:
    fields = plain(widgets.VBox, list(rows))
    fields.add_class("mw-fields")
    return fields

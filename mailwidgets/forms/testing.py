"""All servers tested together, with a line for each and a sentence for the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as widgets

from mailwidgets.draft.draft import Draft
from mailwidgets.forms.results import CheckView
from mailwidgets.languages.formats import clock, number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.reports.report import State
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.targets import CHECKED, Targets
from mailwidgets.widgets import check_markup
from mailwidgets.widgets.check_markup import Told
from mailwidgets.widgets.look import shared
from mailwidgets.widgets.panel import Panel


class TestAll(widgets.VBox):
    """Tests all sections that name a server, and tells how each of them stands.

    Attributes:
        panel: the buttons, a line per section, and what they come to.
        views: the checks that were asked for so far, by section.

    Args:
        draft: whose values are tested.
        view_of: returns a section's check, whose form is made then if there is none yet.
        show: leads to a section's form.
    """

    __test__ = False  # no test of pytest's

    def __init__(
        self, draft: Draft, view_of: Callable[[str], CheckView], show: Callable[[str], None]
    ) -> None:
        self.draft = draft
        self.views: dict[str, CheckView] = {}
        self._view_of = view_of
        self._show_section = show
        self._waiting_for: set[str] = set()
        self.panel = Panel(self.act, "mw-report")
        super().__init__([self.panel], layout=shared(widgets.Layout))
        self.add_class("mw-all")
        draft.observe(self._on_settled, "settled")
        self.show()

    def test(self) -> None:
        """Start the checks of all sections that name a server; those under way go on."""
        started = set()
        for section in self._configured():
            view = self._view(section)
            if not view.test():
                started.add(section)
        self._waiting_for = started
        if started:
            self.panel.say(_("All checks run."))
        self.show()

    def stop(self) -> None:
        """Cancel all checks under way."""
        for view in self.views.values():
            view.stop()

    def follow(self, section: str, view: CheckView) -> None:
        """Tell of a section's check as well that was started in its own form."""
        if self.views.get(section) is not view:
            self.views[section] = view
            view.observe(self._on_changed, "changed")
            self.show()

    def show(self) -> None:
        """Bring all into line with the draft and the checks."""
        configured = self._configured()
        lines = [self._line(section, configured) for section in CHECKED]
        busy = any(view.running is not None for view in self.views.values())
        overall = self._overall(configured, busy=busy)
        views = self.views.values()
        begun = busy or any(one.report is not None or one.refused for one in views)
        self.panel.html = check_markup.together(lines, overall, busy=busy, begun=begun)
        ended = not any(self.views[one].running for one in self._waiting_for)
        if self._waiting_for and ended:
            self._waiting_for = set()
            self.panel.say(overall)

    def close(self) -> None:
        """Leave the draft and the checks; those under way are their forms' to end."""
        if self.comm is not None:
            self.draft.unobserve(self._on_settled, "settled")
            for view in self.views.values():
                view.unobserve(self._on_changed, "changed")
        super().close()

    def _on_settled(self, _change: object) -> None:
        for view in self.views.values():
            view.follow()  # a form that nobody sees does not
        self.show()

    def _on_changed(self, _change: object) -> None:
        self.show()

    def act(self, name: str, value: str = "") -> None:
        """Do what is pressed: ``all``, ``stop``, or ``show`` with a section."""
        if name == "all":
            self.test()
        elif name == "stop":
            self.stop()
            self.panel.focus("mw-test-all")  # the pressed button goes away
        elif name == "show" and value in CHECKED:
            self._show_section(value)

    def _view(self, section: str) -> CheckView:
        self.follow(section, self._view_of(section))
        return self.views[section]

    def _configured(self) -> Sequence[str]:
        return Targets(self.draft.resolution(), self.draft.servers.vault).configured()

    def _line(self, section: str, configured: Sequence[str]) -> Told:
        """Return how a section stands."""
        view, title = self.views.get(section), SECTIONS[section].title
        report = view.report if view else None
        if view is not None and view.running is not None:
            ended = sum(step.state is not State.RUNNING for step in view.steps)
            said = ngettext("Testing: {count} step done.", "Testing: {count} steps done.", ended)
            return Told(section, title, said.format(count=number(ended)), State.RUNNING)
        if section not in configured:
            return Told(section, title, _("Not set up: it names no server."), waits=True)
        if view is not None and view.refused:
            return Told(section, title, _("Not tested: {why}").format(why=view.refused))
        if view is None or report is None:
            return Told(section, title, _("Not tested yet."))
        words = report.verdict if not view.stale else f"{report.verdict} {view.stale}"
        when = clock(report.began)
        return Told(section, title, words, report.state, stale=bool(view.stale), when=when)

    def _overall(self, configured: Sequence[str], *, busy: bool) -> str:
        """Return in a sentence what the checks come to."""
        if not configured:
            return _("No server is set up yet.")
        views = {one: self.views[one] for one in configured if one in self.views}
        if busy:
            left = sum(view.running is not None for view in views.values())
            said = ngettext("{count} check runs.", "{count} checks run.", left)
            return said.format(count=number(left))
        fresh = [one.report for one in views.values() if one.report and not one.stale]
        bad = [one.title for one in fresh if not one.ok]
        if bad:
            said = ngettext(
                "{bad} of {count} tested servers does not work: {names}.",
                "{bad} of {count} tested servers do not work: {names}.",
                len(bad),
            )
            return said.format(bad=number(len(bad)), count=number(len(fresh)), names=", ".join(bad))
        if len(fresh) < len(configured):
            said = ngettext(
                "{done} of {count} server is tested as it is set now.",
                "{done} of {count} servers are tested as they are set now.",
                len(configured),
            )
            return said.format(done=number(len(fresh)), count=number(len(configured)))
        said = ngettext("The server works.", "All {count} servers work.", len(fresh))
        return said.format(count=number(len(fresh)))

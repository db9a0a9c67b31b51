"""Practice servers broken from the page: what goes wrong is chosen, and found out by a test."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from mailwidgets.breakable import Breakable
from mailwidgets.draft.disputes import label_of
from mailwidgets.draft.draft import Draft
from mailwidgets.errors import MailwidgetsError, PracticeError
from mailwidgets.faults import FAULTS, ServerFault
from mailwidgets.faults.connection_faults import CONNECTION_FAULTS
from mailwidgets.faults.fault import PROTOCOLS
from mailwidgets.languages.texts import N_, _
from mailwidgets.settings.sections import SECTIONS, setting
from mailwidgets.widgets import breaking_markup, markup
from mailwidgets.widgets.breaking_markup import Broken, Place
from mailwidgets.widgets.look import mark, plain, shared
from mailwidgets.widgets.panel import Panel


class BreakBox(widgets.VBox):
    """Breaks practice servers and mends them; never tells what a test will call it.

    Attributes:
        toggle: unfolds it.
        panel: what goes wrong and where, what is broken now, and what to do next.
        fault: the name of the fault that is chosen.
        places: the protocols it is to befall.

    Args:
        draft: whose settings are compared with those that a fault needs to show.
        breakable: the servers.
    """

    def __init__(self, draft: Draft, breakable: Breakable) -> None:
        self.draft = draft
        self._breakable = breakable
        self._on: dict[str, ServerFault] = {}
        self._trouble = self.fault = ""
        self.places: list[str] = []
        self.toggle = plain(widgets.ToggleButton, description=_("Break the practice servers"))
        self.toggle.add_class("mw-unfold")
        self.toggle.observe(lambda _: self._fold(), "value")
        self.panel = Panel(self.act)
        # A panel takes no class away from what the page shows already.
        self.inside = plain(widgets.VBox, [self.panel])
        self.inside.add_class("mw-lab")
        self._choose(next(iter(FAULTS)))
        super().__init__([self.toggle, self.inside], layout=shared(widgets.Layout))
        draft.observe(self._on_settled, "settled")
        self._fold()

    def act(self, name: str, value: str = "") -> None:
        """Do what is pressed or chosen.

        ``fault`` with a name, ``where`` and a protocol with ``on`` or ``off``, ``break``, ``mend``
        with a fault's name or for all, ``scene``.
        """
        word, _blank, protocol = name.partition(" ")
        if word == "fault" and value in FAULTS:
            self._choose(value)
        elif word == "where" and protocol in FAULTS[self.fault].protocols:
            self.places = [
                one
                for one in FAULTS[self.fault].protocols
                if (value == "on" if one == protocol else one in self.places)
            ]
        pressed = word in {"break", "mend", "scene"}
        if pressed:
            self._do(word, value)
        self._show(tell=pressed)

    def look(self) -> None:
        """Show what is broken now, whoever did it; while folded, nobody asks."""
        self._show(tell=False)

    def _show(self, *, tell: bool) -> None:
        """Show all that there is; tell a screen reader if asked to, or if others switched."""
        if not self.toggle.value:
            return
        before, trouble = self._on, ""
        try:
            self._on = self._breakable.switches.on()
        except PracticeError as error:
            self._on, trouble = {}, str(error)
        broken = self._broken()
        scene = [
            f"{label_of(setting(name).id)}: {setting(name).field.shown(value)}"
            for name, value in self._missing().items()
        ]
        self.panel.html = (
            markup.hint(_intro())
            + self._chooser()
            + breaking_markup.state(broken, self._trouble or trouble, self._next())
            + breaking_markup.scene(scene)
        )
        if tell or self._on != before:
            told = _("Broken now: {faults}.") if broken else _("Nothing is broken now.")
            faults = "; ".join(breaking_markup.told(one) for one in broken)
            self.panel.say(f"{told.format(faults=faults)} {self._next()}".rstrip())

    def close(self) -> None:
        """Leave the draft and close the box; what is broken stays so."""
        if self.comm is not None:
            self.draft.unobserve(self._on_settled, "settled")
        super().close()

    def _fold(self) -> None:
        mark(self.inside, "mw-folded", on=not self.toggle.value)
        self.look()

    def _on_settled(self, _change: object) -> None:
        self.look()

    def _choose(self, fault: str) -> None:
        self.fault, self.places = fault, list(FAULTS[fault].protocols)

    def _do(self, word: str, value: str) -> None:
        """Switch, or fill the forms; the pressed button may go away."""
        switches, self._trouble = self._breakable.switches, ""
        try:
            if word == "scene":
                self._fill()
            elif word == "mend" and not value:
                switches.mend()
            elif word == "mend":
                if where := self._where(value):  # of none, all would be mended
                    switches.mend(where)
            elif self.places:
                switches.inject(self.fault, self.places)
        except MailwidgetsError as error:
            self._trouble = str(error)
        if word != "break":
            self.panel.focus(breaking_markup.BREAK)

    def _fill(self) -> None:
        missing = [(setting(name), value) for name, value in self._missing().items()]
        with self.draft.one_step(N_("Put into the forms")):
            for section in self._on:
                pairs = [(one.key, value) for one, value in missing if one.section == section]
                self.draft.fill(section, pairs)

    def _missing(self) -> dict[str, object]:
        """Return the settings with which all that is on shows, where others are in the forms."""
        now = self.draft.resolution()
        return {
            name: value
            for section, fault in self._on.items()
            for name, value in self._breakable.scene(fault, section).items()
            if now[setting(name).id].effective != value
        }

    def _broken(self) -> list[Broken]:
        names = dict.fromkeys(fault.name for fault in self._on.values())
        return [
            Broken(name, _(FAULTS[name].title), [SECTIONS[one].title for one in self._where(name)])
            for name in names
        ]

    def _where(self, name: str) -> list[str]:
        return [protocol for protocol, fault in self._on.items() if fault.name == name]

    def _next(self) -> str:
        told = _("Now test {sections}: what does it say, and who could mend it?")
        sections = ", ".join(SECTIONS[one].title for one in self._on)
        return told.format(sections=sections) if sections else ""

    def _chooser(self) -> str:
        fits = FAULTS[self.fault].protocols
        places = [
            Place(one, SECTIONS[one].title, one in fits, one in self.places) for one in PROTOCOLS
        ]
        first = {fault.name for fault in CONNECTION_FAULTS}
        groups = {
            _("Connection and certificate"): _titles(lambda name: name in first),
            _("Login, mailbox and sending"): _titles(lambda name: name not in first),
        }
        return breaking_markup.chooser(groups, self.fault, places)


def _titles(wanted: Callable[[str], bool]) -> list[tuple[str, str]]:
    return [(name, _(fault.title)) for name, fault in FAULTS.items() if wanted(name)]


def _intro() -> str:
    return _(
        "These servers are for practice. Choose what goes wrong with them, or let a colleague"
        " choose; then test, and find out what it is and what would help."
    )

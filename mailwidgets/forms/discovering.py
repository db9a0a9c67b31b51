"""From an e-mail address to filled forms: servers are found, proposed and put into the draft."""

from __future__ import annotations

import asyncio

import ipywidgets as widgets

from mailwidgets.discovery.proposal import PROTOCOLS, Discovery, Proposal
from mailwidgets.draft.draft import Draft
from mailwidgets.errors import MailwidgetsError
from mailwidgets.languages.texts import N_, _
from mailwidgets.reports.steps import Fix
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.targets import Targets
from mailwidgets.widgets import check_markup, markup
from mailwidgets.widgets.look import button, mark, plain, says, shared


class DiscoverBox(widgets.VBox):
    """Finds the servers of an address and fills them into the forms.

    Attributes:
        address: the e-mail address.
        autoconfig: URL or file of an autoconfig document; empty: none is read.
        find, cancel: start and stop the search.
        progress: what it does now, then what came of it.
        choices: by section, the servers found for it, the best one first.
        evidence: why each was proposed.
        fill: puts the chosen ones into the draft.
        found: what was found last; ``None`` before.
        greets: whether it unfolds for a newcomer.
        searching: the search under way, ``None`` where none is.

    Args:
        draft: what is filled in.
    """

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.greets = True
        self.found: Discovery | None = None
        self.searching: asyncio.Task[None] | None = None
        self.toggle = plain(widgets.ToggleButton, description=_("Set up from an e-mail address"))
        self.toggle.add_class("mw-unfold")
        self.toggle.observe(lambda _: self._fold(), "value")
        self.address = _text(_("E-mail address"), "ana@example.com")
        self.autoconfig = _text(_("Autoconfig document (optional)"), _("URL or file"))
        self.find = button(_("Find servers"), self._on_find, "mw-test")
        self.cancel = button(_("Cancel"), self._on_cancel, "mw-cancel")
        self.progress = says()
        self.choices = {name: self._chooser(name) for name in PROTOCOLS}
        self.evidence = plain(widgets.HTML)
        self.fill = button(_("Put into the forms"), self._on_fill, "mw-fill")
        self.inside = plain(widgets.VBox, self._laid_out())
        self.inside.add_class("mw-discover")
        super().__init__([self.toggle, self.inside], layout=shared(widgets.Layout))
        self.greet()
        self._fold()
        self._show()

    def greet(self) -> None:
        """Unfold for a newcomer: an empty store is greeted with what to do first."""
        draft = self.draft
        configured = Targets(draft.resolution(), draft.servers.vault).configured()
        self.toggle.value = self.greets and not configured

    def unfold_as(self, former: DiscoverBox) -> None:
        """Be folded or not as the box was that this one takes the place of."""
        self.greets, self.toggle.value = former.greets, former.toggle.value

    def _laid_out(self) -> list[widgets.Widget]:
        fields = plain(widgets.HBox, [self.address, self.autoconfig, self.find, self.cancel])
        fields.add_class("mw-find")
        chosen = plain(widgets.VBox, list(self.choices.values()))
        chosen.add_class("mw-choices")
        intro = plain(widgets.HTML, markup.hint(_intro()))
        return [intro, fields, self.progress, chosen, self.fill, self.evidence]

    def _chooser(self, section: str) -> widgets.Dropdown:
        chooser = plain(widgets.Dropdown, description=SECTIONS[section].title)
        chooser.observe(lambda _: self._show_fill(), "value")
        return chooser

    def close(self) -> None:
        """Stop searching and close the box."""
        self._on_cancel()
        super().close()

    def _fold(self) -> None:
        mark(self.inside, "mw-folded", on=not self.toggle.value)

    def _on_find(self) -> None:
        if self.searching is not None:
            return
        self.found = None
        self._show()
        self._tell(_("Looking …"))
        self.searching = asyncio.get_running_loop().create_task(self._search())
        self._show_running()

    async def _search(self) -> None:
        """Search to the end and show what was found."""
        said = _("The search was cancelled.")
        kind = "status"
        try:
            self.found = await self.draft.servers.discover(
                self.address.value.strip(),
                autoconfig=self.autoconfig.value.strip(),
                changes=self.draft.changes(),
                documents=self.draft.stored,
                on_progress=self._tell,
            )
            missed = _("No server was found; the reasons stand below.")
            said = "" if self.found.proposals else missed
            kind = "warn"
        except MailwidgetsError as error:
            said, kind = str(error), "bad"
        finally:
            self.searching = None
            self._tell(said, kind)
            self._show()

    def _on_cancel(self) -> None:
        if self.searching is not None:
            # One turn later, so that a search cancelled right after its start has begun.
            self.searching.get_loop().call_soon(self.searching.cancel)
            self.find.focus()  # the pressed button goes away

    def _tell(self, text: str, kind: str = "status") -> None:
        self.progress.value = markup.message(text, kind=kind)

    def _show(self) -> None:
        """Show the proposals, the best of each section chosen."""
        for name, chooser in self.choices.items():
            proposed = [
                one for one in (self.found.proposals if self.found else ()) if one.protocol == name
            ]
            options: list[tuple[str, Proposal | None]] = [(_words(one), one) for one in proposed]
            chooser.options = [*options, (_("leave as it is"), None)]
            chooser.index = 0
            mark(chooser, "mw-folded", on=not proposed)
        self.evidence.value = check_markup.evidence(self.found) if self.found else ""
        self._show_running()
        self._show_fill()

    def _show_running(self) -> None:
        # Not disabled, or the pressed button would lose the focus; a second press does nothing.
        mark(self.find, "mw-busy", on=self.searching is not None)
        mark(self.cancel, "mw-away", on=self.searching is None)
        self.cancel.disabled = self.searching is None

    def _show_fill(self) -> None:
        chosen = [chooser.value for chooser in self.choices.values() if chooser.value is not None]
        self.fill.disabled = not chosen
        mark(self.fill, "mw-folded", on=not (self.found and self.found.proposals))

    def _on_fill(self) -> None:
        try:
            with self.draft.one_step(N_("Put into the forms")):
                for name, chooser in self.choices.items():
                    if chooser.value is not None:
                        self.draft.fill(name, self._wanted(name, chooser.value))
        except MailwidgetsError as error:
            self._tell(str(error), "bad")
        else:
            self._tell(_("In the forms now: add the passwords, test, then save."), "good")

    def _wanted(self, section: str, one: Proposal) -> Fix:
        """Return the settings of a proposal; who logs in stays where another account is used."""
        borrowed = self.draft.resolution()[section, "user"].borrowed
        return tuple(pair for pair in one.settings() if not (borrowed and pair[0] == "user"))


def _intro() -> str:
    return _(
        "Type an address: its servers are looked up in DNS, in an autoconfig document if you name"
        " one, and under their usual names. Nobody logs in, and nothing is stored until you save."
    )


def _words(one: Proposal) -> str:
    """Return a proposal in a line short enough for a phone."""
    told = _("{host}:{port}, {tls}, verified") if one.verified else _("{host}:{port}, {tls}")
    tls = {"implicit": "TLS", "require": "STARTTLS", "none": _("no TLS")}.get(str(one.tls), "TLS?")
    return told.format(host=one.host, port=one.port, tls=tls)


def _text(label: str, placeholder: str) -> widgets.Text:
    # Sent once, on leaving the field: while keys are still on their way, a press of the button
    # would overtake the last of them.
    return plain(widgets.Text, description=label, placeholder=placeholder, continuous_update=False)

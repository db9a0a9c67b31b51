"""HTML of a check on the page: how far it is, what it came to, what to do, all that was seen.

Every function takes plain text, from a server or a person, and returns HTML that shows it as text.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from mailwidgets.languages.formats import clock, number
from mailwidgets.languages.texts import _
from mailwidgets.reports import page
from mailwidgets.reports.report import Finding, Report, State, Step
from mailwidgets.reports.wording import SIGNS, duration, step_name
from mailwidgets.settings.sections import SECTIONS, SETTINGS
from mailwidgets.widgets.markup import message

if TYPE_CHECKING:
    from mailwidgets.discovery.proposal import Discovery

FIX: Final = "fix"
"""What a panel calls the press of the button that applies the fix."""
STEPS: Final = "steps"
"""What it calls the press of the one that leads to the steps."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is told of a report beside what it says itself.

    Attributes:
        tested: when it was made, in a sentence; or that and why it does not count any more.
        stale: whether the settings have changed since.
        fix: what the button that applies the fix is called; empty: there is none.
    """

    tested: str
    stale: bool = False
    fix: str = ""


def progress(done: Sequence[Step], expected: int) -> str:
    """Return how far a running check has come, and what it does now.

    Args:
        done: its steps as they stand; one of them may be running.
        expected: how many there will be, as far as is known.
    """
    ended = sum(step.state is not State.RUNNING for step in done)
    most = max(expected, ended + 1)
    now = next((step_name(step) for step in done if step.state is State.RUNNING), "")
    told = _("{done} of about {all} steps").format(done=number(ended), all=number(most))
    label = escape(_("Progress of the check"), quote=True)
    return (
        "<div class='mw-card mw-progress'>"
        f"<progress max='{most}' value='{ended}' aria-label='{label}'></progress>"
        f"<p><strong>{escape(now)}</strong> <span class='mw-quiet'>{escape(told)}</span></p></div>"
    )


def verdict(report: Report, standing: Standing) -> str:
    """Return what a check found in a sentence, what to do, and when that was."""
    sign, word = SIGNS[report.state]
    found = report.finding
    css = f"mw-card mw-verdict mw-{report.state.value}{' mw-stale' if standing.stale else ''}"
    advice = f"<p>{escape(found.advice)}</p>" if found and found.advice else ""
    mending = _button("mw-fix", FIX, standing.fix) if standing.fix else ""
    more = _button("mw-link", STEPS, _("Show the steps"))
    facts = [standing.tested, duration(_whole(report))]
    if found is not None:
        facts.append(_("Who can do it: {who}").format(who=found.who.words))
        if field := _field(report, found):
            facts.append(_("Field: {field}").format(field=field))
        facts.append(_("Code: {code}").format(code=found.code))
    mark, *rest = (f"<span>{escape(one)}</span>" for one in facts)
    stale = f"<p class='mw-outdated'>{mark}</p>" if standing.stale else ""
    quiet = "".join(rest if stale else [mark, *rest])
    return (
        f"<div class='{css}'>{stale}<strong><span class='mw-sign' aria-hidden='true'>{sign}</span>"
        f"<span class='mw-hidden'>{escape(_(word))}: </span> {escape(report.verdict)}</strong>"
        f"{advice}<p class='mw-ways'>{mending}{more}</p><p class='mw-facts'>{quiet}</p></div>"
    )


def broken(text: str) -> str:
    """Return that a check ended without a report."""
    return f"<div class='mw-card mw-verdict mw-failed'><strong>{escape(text)}</strong></div>"


def _button(css: str, act: str, label: str) -> str:
    return f"<button type='button' class='{css}' data-act='{act}'>{escape(label)}</button>"


def _whole(report: Report) -> float:
    """Return the milliseconds from a check's beginning to its end."""
    return max((step.at + step.ms for step in report.steps), default=0.0)


def _field(report: Report, found: Finding) -> str:
    """Return what the forms call the field to look at, with its form where that is another one."""
    section = found.section or report.section
    setting = SETTINGS.get((section, found.field))
    if setting is None:
        return report.field_name(found)
    other = "" if section == report.section else f"{SECTIONS[section].title}: "
    return f"{other}{setting.marked_label}"


def running(steps: Sequence[Step], waiting: Sequence[Step], ident: str) -> str:
    """Return the steps of a running check, and those expected to follow."""
    return _region(page.course(steps, _("Steps so far."), waiting), ident)


def course(report: Report, ident: str, bundled: str) -> str:
    """Return what else a check saw, its steps on one time axis, and its dialogue, folded.

    Args:
        report: the finished check's.
        ident: the name of all of it in the page, where the focus may go.
        bundled: the link that saves the support bundle.
    """
    steps = page.course(report.steps, page.begun(report))
    return _region(
        f"{page.also(report)}{steps}{page.transcript(report.transcript)}{bundled}", ident
    )


def _region(inside: str, ident: str) -> str:
    label = escape(_("Steps of the check"), quote=True)
    name = escape(ident, quote=True)
    return (
        f"<div class='mw-course' id='{name}' role='region' tabindex='-1' aria-label='{label}'>"
        f"{inside}</div>"
    )


def bundle(data: bytes, name: str) -> str:
    """Return a link that saves a support bundle, which the page itself holds.

    Args:
        data: the ZIP file.
        name: what the file is to be called.
    """
    encoded = base64.b64encode(data).decode("ascii")
    size = number(math.ceil(len(data) / 1024))
    told = _("(ZIP, {size} kB: report, transcript, versions, settings; no passwords)")
    return (
        f"<p class='mw-bundle'><a href='data:application/zip;base64,{encoded}'"
        f" download='{escape(name, quote=True)}'>{escape(_('Save support bundle'))}</a>"
        f" {escape(told.format(size=size))}</p>"
    )


def oddities(found: Sequence[Finding]) -> str:
    """Return what is odd about settings, a line for each; empty where nothing is."""
    return "".join(message(f"{one.saw} {one.meaning} {one.advice}", kind="warn") for one in found)


def evidence(found: Discovery) -> str:
    """Return why each server was proposed, and what was asked without finding one."""
    items = "".join(
        f"<li><strong>{escape(str(one))}</strong>"
        + (_caveat(one.caveat) if one.caveat else "")
        + f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in one.evidence)}</ul></li>"
        for one in found.proposals
    )
    remarks = "".join(f"<li>{escape(remark)}</li>" for remark in found.remarks)
    return (
        "<details class='mw-evidence'>"
        f"<summary>{escape(_('Why these, and what was asked'))}</summary>"
        f"<ol>{items}</ol><ul>{remarks}</ul></details>"
    )


def _caveat(text: str) -> str:
    return f"<p class='mw-caveat'>{escape(_('To confirm: {what}').format(what=text))}</p>"


@dataclass(frozen=True, slots=True)
class Told:
    """How a section stands where all are tested.

    Attributes:
        section: its name.
        title: what people call it.
        sign: how it stands, where a report or a running check says so.
        words: the same in a sentence.
        stale: whether that is about other settings than those of now.
        when: when it was tested; ``None``: it was not.
        waits: whether there is no server to test.
    """

    section: str
    title: str
    words: str
    state: State | None = None
    stale: bool = False
    when: str = ""
    waits: bool = False


def together(rows: Sequence[Told], overall: str, *, busy: bool, begun: bool = True) -> str:
    """Return what the checks of all sections come to, and a chip for each once one began."""
    off = " aria-disabled='true'" if busy or all(one.waits for one in rows) else ""
    stop = (
        "<button type='button' id='mw-stop-all' class='mw-plain' data-act='stop'>"
        f"{escape(_('Cancel all'))}</button>"
        if busy
        else ""
    )
    chips = _chips(rows) if begun else ""
    return (
        "<div class='mw-together'><div class='mw-together-head'>"
        f"<button type='button' id='mw-test-all' data-act='all'{off}>{escape(_('Test all'))}"
        f"</button>{stop}{chips}<p class='mw-overall'>{escape(overall)}</p></div></div>"
    )


def _chips(rows: Sequence[Told]) -> str:
    label = escape(_("Checks of all servers"), quote=True)
    return f"<ul class='mw-chips' aria-label='{label}'>{''.join(map(_chip, rows))}</ul>"


def _chip(one: Told) -> str:
    """Return how a section stands, as a button that leads there; its words stand in its name."""
    sign = SIGNS[one.state][0] if one.state else "·"
    css = f"mw-{one.state.value if one.state else 'waiting'}{' mw-stale' if one.stale else ''}"
    section = escape(one.section, quote=True)
    name = _("{section}: {result}").format(section=one.title, result=one.words)
    named = escape(f"{name} {one.when}".rstrip(), quote=True)
    return (
        f"<li class='{css}'><button type='button' id='mw-show-{section}' data-act='show'"
        f" data-value='{section}' aria-label='{named}' title='{named}'>"
        f"<span class='mw-sign' aria-hidden='true'>{sign}</span>{escape(one.title)}</button></li>"
    )


def tested(report: Report, *, sent: bool) -> str:
    """Return when a check was made: ``Tested 14:03``."""
    at = clock(report.began)
    return _("Sent {time}").format(time=at) if sent else _("Tested {time}").format(time=at)

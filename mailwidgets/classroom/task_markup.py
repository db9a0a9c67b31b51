"""HTML of an exercise: what is to be done, and what came of looking at it.

Every function takes plain text and returns HTML that shows it as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.lessons.exercise import Verdict
from mailwidgets.lessons.standing import Standing
from mailwidgets.reports import page

BEGIN, CHECK, HINT = "begin", "check", "hint"
"""What a panel calls the press of its buttons."""


def task(ident: str, title: str, text: str, standing: Standing, *, begun: bool) -> str:
    """Return an exercise's task, how the learner stands, and the button that begins it.

    Args:
        ident: the exercise's name, for the ids of what is in the page once for each.
        title: what people call it.
        text: what is to be done.
        standing: what the learner did about it so far.
        begun: whether the bench is set up for it.
    """
    name = escape(ident, quote=True)
    label = _("Begin again") if begun else _("Begin")
    css = "" if begun else " class='mw-begin'"
    what = _("Sets the bench up anew; what you changed there goes.") if begun else ""
    return (
        f"<section class='mw-task' aria-label='{escape(title, quote=True)}'>"
        f"<h2>{escape(title)} {_badge(standing)}</h2><p>{escape(text)}</p>"
        f"<p class='mw-ways'><button type='button' id='mw-begin-{name}'{css}"
        f" data-act='{BEGIN}'>"
        f"{escape(label)}</button> <span class='mw-hint'>{escape(what)}</span></p></section>"
    )


def work(  # noqa: PLR0913 - all but three are given by name
    ident: str,
    outcome: Verdict | None,
    hints: Sequence[str],
    *,
    busy: bool,
    left: int,
    unsaved: int = 0,
    trouble: str = "",
) -> str:
    """Return the buttons that look at the work, the hints so far, and what came of it.

    Args:
        ident: the exercise's name.
        outcome: of the last look; ``None``: there was none.
        hints: those given, the first one first.
        busy: whether it is being looked at.
        left: how many more hints there are.
        unsaved: how many changes were not saved when it was looked at.
        trouble: why it could not be looked at; empty where it could.
    """
    name = escape(ident, quote=True)
    off = " aria-disabled='true'" if busy else ""
    label = _("Checking …") if busy else _("Check my work")
    asking = ngettext("Hint ({count} left)", "Hint ({count} left)", left).format(count=number(left))
    none = "" if left else " aria-disabled='true'"
    listed = "".join(f"<li>{escape(one)}</li>" for one in hints)
    shown = f"<ol class='mw-hints' aria-label='{escape(_('Hints'), quote=True)}'>{listed}</ol>"
    return (
        "<section class='mw-task'><p class='mw-ways'>"
        f"<button type='button' id='mw-check-{name}' class='mw-begin' data-act='{CHECK}'{off}>"
        f"{escape(label)}</button>"
        f"<button type='button' id='mw-ask-{name}' data-act='{HINT}'{none}>"
        f"{escape(asking)}</button></p>{shown if hints else ''}"
        f"{_outcome(outcome, unsaved, trouble)}</section>"
    )


def not_saved(count: int) -> str:
    """Return that changes did not count, since they are not saved; empty where all are."""
    if not count:
        return ""
    return ngettext(
        "{count} change is not saved yet, and does not count.",
        "{count} changes are not saved yet, and do not count.",
        count,
    ).format(count=number(count))


def _outcome(outcome: Verdict | None, unsaved: int, trouble: str) -> str:
    if trouble:
        return f"<div class='mw-card mw-verdict mw-failed'><strong>{escape(trouble)}</strong></div>"
    if outcome is None:
        return ""
    css, sign = ("mw-passed", "✓") if outcome.passed else ("mw-warned", "→")
    word = _("Passed.") if outcome.passed else _("Not yet.")
    said = f"<p>{escape(not_saved(unsaved))}</p>" if unsaved else ""
    return (
        f"<div class='mw-card mw-verdict {css}'><strong><span class='mw-sign' aria-hidden='true'>"
        f"{sign}</span> {escape(word)}</strong><p>{escape(outcome.said)}</p>{said}{_seen(outcome)}"
        "</div>"
    )


def _seen(outcome: Verdict) -> str:
    """Return the test that did not pass, folded."""
    if outcome.report is None:
        return ""
    report = outcome.report
    steps = page.course(report.steps, page.begun(report))
    return f"<details><summary>{escape(_('What the test saw'))}</summary>{steps}</details>"


def _badge(standing: Standing) -> str:
    """Return how a learner stands, in a few words."""
    if not standing.tries and not standing.hints:
        return ""
    tries = ngettext("{count} try", "{count} tries", standing.tries)
    told = [tries.format(count=number(standing.tries))]
    if standing.hints:
        hints = ngettext("{count} hint", "{count} hints", standing.hints)
        told.append(hints.format(count=number(standing.hints)))
    if standing.passed:
        told.insert(0, _("passed"))
    css = " mw-done-well" if standing.passed else ""
    return f"<span class='mw-badge{css}'>{escape(', '.join(told))}</span>"

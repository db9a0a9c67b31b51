"""A check's result as HTML: here text from a server becomes markup, and so it is escaped here.

Every function takes plain text and returns HTML that shows it as text. The style sheet beside it
goes by the colours of the page around, so that light and dark follow it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from mailwidgets.languages.texts import _, ngettext
from mailwidgets.reports.outcome import Outcome
from mailwidgets.reports.steps import Finding, Line, State, Step
from mailwidgets.reports.timeline import Axis, bar, scale, slow
from mailwidgets.reports.wording import SIGNS, SPEAKERS, duration, moment, step_name


def stylesheet() -> str:
    """Return the rules for all that is made here, each below a class ``mw-report``."""
    return Path(__file__).with_name("report.css").read_text("utf-8")


def whole(outcome: Outcome) -> str:
    """Return all of a check's result, with its style, for a page of someone else's."""
    return (
        f"<style>{stylesheet()}</style><div class='mw-report'>"
        f"{verdict(outcome)}{also(outcome)}{course(outcome.steps, begun(outcome))}"
        f"{transcript(outcome.transcript)}</div>"
    )


def verdict(outcome: Outcome) -> str:
    """Return what a check found and, where something is wrong, what to do about it."""
    sign = SIGNS[outcome.state][0]
    mark = f"<span class='mw-sign' aria-hidden='true'>{sign}</span>"
    head = f"<strong>{mark} {escape(outcome.verdict)}</strong>"
    found = outcome.finding
    rows = [] if found is None else _rows(outcome, found)
    terms = "".join(f"<dt>{escape(term)}</dt><dd>{text}</dd>" for term, text in rows if text)
    listed = f"<dl>{terms}</dl>" if terms else ""
    return f"<div class='mw-verdict mw-{outcome.state.value}'>{head}{listed}</div>"


def _rows(outcome: Outcome, found: Finding) -> list[tuple[str, str]]:
    said = {True: _("yes"), False: _("no")}
    mending = ", ".join(
        f"{name} = {said[value] if isinstance(value, bool) else value}"
        for name, value in outcome.fix.items()
    )
    return [
        (_("What we saw"), escape(found.saw)),
        (_("What it means"), escape(found.meaning)),
        (_("What to do"), escape(found.advice)),
        (_("Who can do it"), escape(found.who.words)),
        (_("Field"), escape(outcome.field_name(found))),
        (_("Would mend it"), f"<code>{escape(mending)}</code>" if mending else ""),
        (_("Code"), f"<code>{escape(found.code)}</code>"),
    ]


def also(outcome: Outcome) -> str:
    """Return what else was seen to be wrong; empty where nothing was."""
    if not outcome.remarks:
        return ""
    items = "".join(_remark(outcome, step, found) for step, found in outcome.remarks)
    head = escape(_("Also seen"))
    return f"<div class='mw-also'><p><strong>{head}</strong></p><ul>{items}</ul></div>"


def _remark(outcome: Outcome, step: Step, found: Finding) -> str:
    sign, word = SIGNS[found.severity]
    field = outcome.field_name(found)
    who = _("For {who}, field {field};") if field else _("For {who};")
    said = escape(who.format(who=found.who.words, field=field))
    return (
        f"<li class='mw-{found.severity.value}'><span class='mw-sign' aria-hidden='true'>{sign}"
        f"</span><div><p><b>{escape(step_name(step))}, {escape(_(word))}:</b>"
        f" {escape(found.meaning)}</p>"
        f"<p>{escape(found.saw)}</p><p>{escape(found.advice)}</p>"
        f"<p class='mw-quiet'>{said} {escape(_('code'))} <code>{escape(found.code)}</code></p>"
        "</div></li>"
    )


def begun(outcome: Outcome) -> str:
    """Return the caption of a check's steps: which check, and when it began."""
    told = _("Steps of the check of {title}, begun {time}.")
    return told.format(title=outcome.title, time=moment(outcome.began))


def course(done: Sequence[Step], caption: str, waiting: Sequence[Step] = ()) -> str:
    """Return a check's steps in order, as they stand: a table, with a bar each on one time axis.

    Args:
        done: the steps; one may be running.
        caption: what the table holds.
        waiting: what is expected to follow, so that nothing moves when it comes.
    """
    if not done and not waiting:
        return ""
    axis = Axis.of(done)
    heads = "".join(
        f"<th scope='col' class='mw-{css}'>{text}</th>"
        for css, text in (
            ("name", _("Step")),
            ("word", _("Result")),
            ("when", f"<span class='mw-hidden'>{_('When')}</span>{scale(axis) if done else ''}"),
            ("took", _("Took")),
            ("seen", _("What was seen")),
        )
    )
    rows = [*map(_row, _grouped(done), itertools.repeat(axis)), *map(_waiting, waiting)]
    return (
        f"<table class='mw-steps'><caption>{escape(caption)} {escape(summary(done))}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def summary(done: Sequence[Step]) -> str:
    """Return in a sentence how long some steps took, and which of them most of it."""
    timed = [step for step in done if step.state not in {State.RUNNING, State.SKIPPED}]
    if not timed or len(timed) != sum(step.state is not State.SKIPPED for step in done):
        return ""
    longest = max(timed, key=lambda step: step.ms)
    return ngettext(
        "{count} step in {total}; the longest, {name}, took {time}.",
        "{count} steps in {total}; the longest, {name}, took {time}.",
        len(timed),
    ).format(
        count=len(timed),
        total=duration(max(step.at + step.ms for step in timed)),
        name=step_name(longest),
        time=duration(longest.ms),
    )


def _grouped(done: Sequence[Step]) -> Iterator[tuple[Step, ...]]:
    """Yield the steps of each row: one, or all that were skipped in a line for one reason."""
    for key, together in itertools.groupby(done, key=_skipped):
        if key is None:
            yield from ((step,) for step in together)
        else:
            yield tuple(together)


def _skipped(step: Step) -> tuple[str, ...] | None:
    return (step.via, *step.evidence) if step.state is State.SKIPPED else None


def _row(row: tuple[Step, ...], axis: Axis) -> str:
    step = row[0]
    sign, word = SIGNS[step.state]
    found = (one.saw for one in (step.finding, *step.also) if one)
    told = [escape(one) for one in dict.fromkeys((*step.evidence, *found)) if one]
    name = step_name(step)
    if len(row) > 1:
        name = ngettext("{count} step", "{count} steps", len(row)).format(count=len(row))
        told.append(escape(", ".join(map(step_name, row))))
    seen = "".join(f"<li>{one}</li>" for one in told)
    timed = step.state not in {State.RUNNING, State.SKIPPED}
    start = _("from {time} on").format(time=duration(step.at)) if timed else ""
    took = escape(duration(step.ms)) if timed else ""
    if slow(step):
        took += f" <span class='mw-slow'>{escape(_('slow'))}</span>"
    return (
        f"<tr class='mw-{step.state.value}'><th scope='row'>{escape(name)}</th>"
        f"<td class='mw-word'><span class='mw-sign' aria-hidden='true'>{sign}</span>"
        f" {escape(_(word))}</td><td class='mw-when'><span class='mw-hidden'>{escape(start)}</span>"
        f"{bar(step, axis)}</td><td class='mw-took'>{took}</td>"
        f"<td class='mw-seen'>{f'<ul>{seen}</ul>' if seen else ''}</td></tr>"
    )


def _waiting(step: Step) -> str:
    return (
        f"<tr class='mw-waiting'><th scope='row'>{escape(step_name(step))}</th>"
        "<td class='mw-word'><span class='mw-sign' aria-hidden='true'>·</span>"
        f" {escape(_('waiting'))}</td><td class='mw-when'></td><td class='mw-took'></td>"
        "<td class='mw-seen'></td></tr>"
    )


def transcript(lines: Sequence[Line]) -> str:
    """Return the dialogue with its times, folded; empty where nothing was said."""
    if not lines:
        return ""
    rows = "".join(_line(line) for line in lines)
    told = ngettext("Transcript, {count} line", "Transcript, {count} lines", len(lines))
    heads = "".join(
        f"<th scope='col'>{escape(one)}</th>" for one in (_("Time"), _("Who"), _("Line"))
    )
    return (
        f"<details class='mw-transcript'><summary>{escape(told.format(count=len(lines)))}</summary>"
        f"<div role='group' aria-label='{escape(_('Transcript'), quote=True)}' tabindex='0'>"
        f"<table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _line(line: Line) -> str:
    speaker = SPEAKERS.get(line.who, "remark")
    took = _("{count} ms").format(count=f"{line.ms:.0f}")
    return (
        f"<tr class='mw-by-{speaker}'><td>{escape(took)}</td><th scope='row'>"
        f"<abbr title='{escape(_(speaker), quote=True)}'>{escape(line.who)}</abbr></th>"
        f"<td><code>{escape(line.text)}</code></td></tr>"
    )

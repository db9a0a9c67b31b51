"""HTML of all about one setting: what stands below its row when that is unfolded. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mailwidgets.languages.formats import moment
from mailwidgets.languages.texts import _
from mailwidgets.overview.details import Detail, Held
from mailwidgets.overview.rows import label_of
from mailwidgets.overview.seen import Trace
from mailwidgets.settings.declare import Setting


def details(
    setting: Setting,
    found: Sequence[tuple[str, Detail]],
    *,
    different: bool = False,
    goes: bool = True,
) -> str:
    """Return all about a setting.

    Args:
        setting: which.
        found: for whom, in words, and what there is; one identity's or two.
        different: whether two values differ.
        goes: whether there is a field to go to.
    """
    parts = "".join(_one(setting, whose, one) for whose, one in found)
    secret = ""
    if different and setting.secret:
        told = _("Both are set, in two places. Whether they are the same, nobody can tell.")
        secret = f"<p>{escape(told)}</p>"
    button = ""
    if goes:
        label = _("Go to this field")
        named = f"{label}: {label_of(setting)}"
        button = (
            f"<button type='button' data-act='go' data-value='{setting.name}'"
            f" aria-label='{escape(named)}'>{escape(label)}</button>"
        )
    rule = _("Must be {rule}.").format(rule=_(setting.field.info_text))
    return (
        f"<div class='mw-about'><p>{escape(_(setting.help))}"
        f" <span class='mw-rule'>{escape(rule)}</span></p>"
        f"{secret}<div class='mw-sides'>{parts}</div>"
        f"<div class='mw-ways'>{button}<code>{setting.name}</code></div></div>"
    )


def _one(setting: Setting, whose: str, found: Detail) -> str:
    heads = (_("Level"), _("Value"), _("Set by"), _("When"))
    head = "".join(f"<th scope='col' role='columnheader'>{escape(one)}</th>" for one in heads)
    rows = "".join(_held(setting, one, heads) for one in found.held)
    remarks = "".join(f"<li>{escape(one)}</li>" for one in found.remarks)
    if found.lock is not None:
        who = ", ".join(filter(None, (found.lock.by, _when(found.lock))))
        told = _("Lock set by {who}").format(who=who) if who else _unknown(found.lock)
        remarks += f"<li>{escape(told)}</li>"
    listed = f"<ul class='mw-remarks'>{remarks}</ul>" if remarks else ""
    return (
        f"<div><table class='mw-levels' role='table'><caption>{escape(whose)}</caption>"
        f"<thead role='rowgroup'><tr role='row'>{head}</tr></thead>"
        f"<tbody role='rowgroup'>{rows}</tbody></table>{listed}</div>"
    )


def _held(setting: Setting, one: Held, heads: Sequence[str]) -> str:
    value = escape(one.shown) if one.shown else f"<i>{escape(_('not set'))}</i>"
    state = f"<span class='mw-state'>{escape(one.state)}</span>" if one.state else ""
    who = when = ""
    if one.stored:
        who = "…" if one.trace is None else one.trace.by or _unknown(one.trace)
        when = "" if one.trace is None else _when(one.trace)
    why = ""
    if one.trace is not None and one.trace.why:
        why = f"<span class='mw-state'>{escape(one.trace.why)}</span>"
    kind = "mw-deciding" if one.in_force else ""
    mono = " mw-code" if setting.field.kind == "pem" else ""
    cells = "".join(
        f"<td role='cell' class='{'mw-value' + mono if number == 0 else ''}"
        f"{'' if cell else ' mw-empty'}' data-label='{escape(head)}'>{cell}</td>"
        for number, (head, cell) in enumerate(
            zip(heads[1:], (value + state, escape(who) + why, escape(when)), strict=True)
        )
    )
    return (
        f"<tr role='row' class='{kind}'>"
        f"<th scope='row' role='rowheader'>{escape(one.level)}</th>{cells}</tr>"
    )


def _when(trace: Trace) -> str:
    return "" if trace.at is None else moment(trace.at)


def _unknown(trace: Trace) -> str:
    """Return why nobody is named."""
    if trace.trouble:
        return _("The history cannot be read: {trouble}").format(trouble=trace.trouble)
    if trace.outside:
        return _("edited outside mailwidgets")
    return _("The history does not tell")

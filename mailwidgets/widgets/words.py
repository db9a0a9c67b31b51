"""What a form says about a value: where it comes from, what it hides, who changed it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any, Final

from mailwidgets.draft.disputes import label_of, side_of
from mailwidgets.draft.edits import Move
from mailwidgets.draft.news import Author, News
from mailwidgets.languages.formats import clock
from mailwidgets.languages.texts import N_, _, ngettext
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.resolve import Value
from mailwidgets.settings.sections import SECTIONS, SETTINGS

_LONGEST: Final = 60  # characters of a value that is told beside others
_NAMED: Final = 4  # settings that are told by name
_WHOSE: Final = {
    Level.COMPANY: N_("the company's (c)"),
    Level.USER: N_("the user's (u)"),
    Level.WORKSTATION: N_("the workstation's (m)"),
}
_ORIGINS: Final = {
    "default": N_("default"),
    "company": N_("company"),
    "user": N_("user"),
    "workstation": N_("workstation"),
}
_SHADOWED: Final = {
    Level.USER: N_("The user's own value is not in force: {value}."),
    Level.WORKSTATION: N_("The workstation's own value is not in force: {value}."),
}
_NARROWER: Final = {
    Level.USER: N_("This user has its own value: {value}."),
    Level.WORKSTATION: N_("This workstation has its own value: {value}."),
}


def inherited(value: Value, *, at_company: bool) -> Any:  # noqa: ANN401 - a value has its field's type
    """Return what would be in force if the edited level had no value."""
    if not at_company and value.setting.level is not Level.COMPANY and value.company is not None:
        return value.company
    return value.setting.default


def without(setting: Setting, fallback: Any) -> str:  # noqa: ANN401 - likewise
    """Return what removing the edited level's own value does."""
    if setting.secret:
        return _("Remove this password")
    told = setting.field.shown(fallback)
    return _("Use inherited: {value}").format(value=short(told)) if told else _("Leave empty")


def origin(value: Value, *, at_company: bool) -> str:
    """Return where the value comes from: ``default``, ``company``, ``from POP3 (user)``."""
    if (value.company if at_company else value.effective) is None and value.setting.default is None:
        return _("not set")
    if at_company:
        return _("default") if value.company is None else _("company")
    came = _(_ORIGINS[value.origin])
    if value.borrowed is None:
        return came
    told = _("from {section} ({origin})")
    return told.format(section=SECTIONS[value.borrowed].title, origin=came)


def aside(value: Value, *, at_company: bool) -> str:
    """Return what else is stored for the setting and not in force, or in force instead."""
    level, told = value.setting.level, value.shown
    narrower = level is not Level.COMPANY
    remarks = []
    if value.problem:
        remarks.append(_("What is stored is passed over: {why}").format(why=value.problem))
    if value.shadowed:
        remarks.append(_(_SHADOWED[level]).format(value=told(value.own)))
    elif at_company and narrower and value.own is not None:
        remarks.append(_(_NARROWER[level]).format(value=told(value.own)))
    elif narrower and not at_company and value.own is not None and value.company is not None:
        remarks.append(_("Instead of the company's: {value}.").format(value=told(value.company)))
    return " ".join(remarks)


def moved(move: Move | None) -> str:
    """Return how a port went along with another setting; empty where it did not."""
    if move is None:
        return ""
    told = _("Moved from {before} to {after} with {setting}.")
    by = _(SETTINGS[move.by].label)
    return told.format(before=move.before, after=move.after, setting=by)


def elsewhere(news: News, *, level: Level) -> str:
    """Return what changed elsewhere, as in "Changed elsewhere: 25 → 587 (by bob, 14:03)".

    Args:
        news: what changed; of a secret, and of whole certificates, it is not told from what.
        level: the one that the form shows.
    """
    place, key, lock = news.slot
    plain = lock or SETTINGS[key].field.kind not in ("secret", "pem")
    if lock:
        told = _("The company's lock changed elsewhere: {before} → {after}{who}.")
    elif place.level is not level:
        told = _("The company's value changed elsewhere: {before} → {after}{who}.")
        if not plain:
            told = _("The company's value changed elsewhere{who}.")
    elif plain:
        told = _("Changed elsewhere: {before} → {after}{who}.")
    else:
        told = _("Changed elsewhere{who}.")
    before, after = (side(news.slot, one) for one in (news.before, news.after))
    return told.format(before=before, after=after, who=who(news.author))


def side(slot: tuple[Place, tuple[str, str], bool], value: object) -> str:
    """Return a value as it is told beside another: short, and in words where there is none."""
    return short(side_of(slot, value), lock=slot[2])


def short(told: str, *, lock: bool = False) -> str:
    """Return a value's words, cut where they are long; what there is instead where it is none."""
    line = " ".join(told.split())
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 1] + "…"
    return line or (_("not locked") if lock else _("not set"))


def who(author: Author | None) -> str:
    """Return who did it and when, in brackets after a blank; empty where nothing is known."""
    if author is None:
        return " " + _("(edited outside)")
    when = "" if author.at is None else clock(author.at)
    if author.by and when:
        return " " + _("(by {who}, {when})").format(who=author.by, when=when)
    if author.by:
        return " " + _("(by {who})").format(who=author.by)
    return f" ({when})" if when else ""


def listed(keys: Iterable[tuple[str, str]]) -> str:
    """Return settings by the forms' words: ``SMTP port (u), IMAP: Name (m) and 7 more``."""
    names = [label_of(key) for key in dict.fromkeys(keys)]
    first, more = ", ".join(names[:_NAMED]), len(names) - _NAMED
    if more <= 0:
        return first
    told = ngettext("{settings} and {count} more", "{settings} and {count} more", more)
    return told.format(settings=first, count=more)


def refused(refusals: Mapping[Place, str]) -> list[str]:
    """Return what cannot be changed in a form and why, each reason once."""
    reasons: dict[str, list[str]] = {}
    for place, why in refusals.items():
        if why:
            reasons.setdefault(why, []).append(_(_WHOSE[place.level]))
    # Translators: {whose} is "the user's (u)", or several such.
    told = _("You cannot change {whose} settings here: {why}.")
    return [told.format(whose=reduce(_both, whose), why=why) for why, whose in reasons.items()]


def _both(one: str, other: str) -> str:
    return _("{one} and {other}").format(one=one, other=other)

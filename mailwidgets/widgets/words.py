"""What a form says about a value: where it comes from, what it hides, who changed it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from mailwidgets.draft.disputes import label_of, side_of
from mailwidgets.draft.news import Author, News
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.resolve import Value
from mailwidgets.settings.sections import SETTINGS

_LONGEST: Final = 60  # characters of a value that is told beside others
_NAMED: Final = 4  # settings that are told by name
_WHOSE: Final = {
    Level.COMPANY: "the company's (c)",
    Level.USER: "the user's (u)",
    Level.WORKSTATION: "the workstation's (m)",
}


def inherited(value: Value, *, at_company: bool) -> Any:  # noqa: ANN401 - a value has its field's type
    """Return what would be in force if the edited level had no value."""
    if not at_company and value.setting.level is not Level.COMPANY and value.company is not None:
        return value.company
    return value.setting.default


def without(setting: Setting, fallback: Any) -> str:  # noqa: ANN401 - likewise
    """Return what removing the edited level's own value does."""
    if setting.secret:
        return "Remove this password"
    told = setting.field.shown(fallback)
    return f"Use inherited: {told}" if told else "Leave empty"


def origin(value: Value, *, at_company: bool) -> str:
    """Return where the value comes from: ``default``, ``company``, ``from POP3 (user)``."""
    if (value.company if at_company else value.effective) is None and value.setting.default is None:
        return "not set"
    if at_company:
        return "default" if value.company is None else "company"
    return replace(value, locked=None).from_words


def aside(value: Value, *, at_company: bool) -> str:
    """Return what else is stored for the setting and not in force, or in force instead."""
    told = value.shown
    narrower = value.setting.level is not Level.COMPANY
    remarks = [f"What is stored is passed over: {value.problem}"] if value.problem else []
    if value.shadowed:
        remarks.append(f"The {value.setting.level}'s own value is not in force: {told(value.own)}.")
    elif at_company and narrower and value.own is not None:
        remarks.append(f"This {value.setting.level} has its own value: {told(value.own)}.")
    elif narrower and not at_company and value.own is not None and value.company is not None:
        remarks.append(f"Instead of the company's: {told(value.company)}.")
    return " ".join(remarks)


def elsewhere(news: News, *, level: Level) -> str:
    """Return what changed elsewhere, as in "Changed elsewhere: 25 → 587 (by bob, 14:03)".

    Args:
        news: what changed; of a secret, and of whole certificates, it is not told from what.
        level: the one that the form shows.
    """
    place, key, lock = news.slot
    field = SETTINGS[key].field
    what = "Changed elsewhere"
    if place.level is not level:
        what = "The company's value changed elsewhere"
    if lock:
        what = "The company's lock changed elsewhere"
    sides = ""
    if lock or field.kind not in ("secret", "pem"):
        sides = f": {side(news.slot, news.before)} → {side(news.slot, news.after)}"
    return f"{what}{sides}{who(news.author)}."


def side(slot: tuple[Place, tuple[str, str], bool], value: object) -> str:
    """Return a value as it is told beside another: short, and in words where there is none."""
    return short(side_of(slot, value), lock=slot[2])


def short(told: str, *, lock: bool = False) -> str:
    """Return a value's words, cut where they are long; what there is instead where it is none."""
    line = " ".join(told.split())
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 1] + "…"
    return line or ("not locked" if lock else "not set")


def who(author: Author | None) -> str:
    """Return who did it and when, in brackets; empty where nothing is known."""
    if author is None:
        return " (edited outside)"
    told = [f"by {author.by}"] if author.by else []
    if author.at is not None:
        told.append(_moment(author.at))
    return f" ({', '.join(told)})" if told else ""


def _moment(at: datetime) -> str:
    """Return a time as the clock on the wall has it, with the day unless that is today."""
    here = at.astimezone()
    today = here.date() == datetime.now(here.tzinfo).date()
    return f"{here:%H:%M}" if today else f"{here:%Y-%m-%d %H:%M}"


def listed(keys: Iterable[tuple[str, str]]) -> str:
    """Return settings by the forms' words: ``SMTP port (u), IMAP: Name (m) and 7 more``."""
    names = [label_of(key) for key in dict.fromkeys(keys)]
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def refused(refusals: Mapping[Place, str]) -> list[str]:
    """Return what cannot be changed in a form and why, each reason once."""
    reasons: dict[str, list[str]] = {}
    for place, why in refusals.items():
        if why:
            reasons.setdefault(why, []).append(_WHOSE[place.level])
    return [
        f"You cannot change {' and '.join(whose)} settings here: {why}."
        for why, whose in reasons.items()
    ]

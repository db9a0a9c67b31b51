"""What keeps a person from editing a field, or from reading what is stored for it. Pure."""

from __future__ import annotations

from mailwidgets.draft.sight import Sight
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import DEFAULT, Value
from mailwidgets.settings.secret import Sealed


def blocked(value: Value, *, at_company: bool, refusal: str) -> str:
    """Return why a field cannot be edited now; empty where it can.

    Args:
        value: the setting as the draft has it.
        at_company: whether the company's level is edited.
        refusal: why the person may not write the edited place; empty where they may.
    """
    level = Level.COMPANY if at_company else value.setting.level
    if value.locked is not None and level is not Level.COMPANY:
        return f"Locked by the company: {value.locked or 'no reason given'}"
    if value.borrowed is not None and not at_company:
        return f"Taken from {value.borrowed.upper()}, by “Use {value.borrowed.upper()} account”."
    return f"Read-only: {refusal}." if refusal else ""


def unreadable(value: Value, identity: Identity, sight: Sight, *, at_company: bool) -> str:
    """Return why the stored password of a setting cannot be read here; empty where it can.

    Args:
        value: the setting as the draft has it.
        identity: whose form it is.
        sight: the store as it was last seen.
        at_company: whether the company's level is edited.
    """
    if not at_company:
        if value.origin == DEFAULT or not isinstance(value.effective, Sealed):
            return ""
        place = identity.place(Level(value.origin))
        return sight.troubles.get((place, value.source), "")
    if not isinstance(value.company, Sealed):
        return ""
    return sight.troubles.get((Place(Level.COMPANY), value.setting.id), "")

"""What keeps a person from editing a field, or from reading what is stored for it. Pure."""

from __future__ import annotations

from mailwidgets.draft.sight import Sight
from mailwidgets.languages.texts import _
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import BORROWERS, DEFAULT, Resolution, Value
from mailwidgets.settings.secret import Sealed
from mailwidgets.settings.sections import SECTIONS, SETTINGS


def blocked(value: Value, *, at_company: bool, refusal: str) -> str:
    """Return why a field cannot be edited now; empty where it can.

    Args:
        value: the setting as the draft has it.
        at_company: whether the company's level is edited.
        refusal: why the person may not write the edited place; empty where they may.
    """
    level = Level.COMPANY if at_company else value.setting.level
    if value.locked is not None and level is not Level.COMPANY:
        told = _("Locked by the company: {reason}")
        return told.format(reason=value.locked or _("no reason given"))
    if value.borrowed is not None and not at_company:
        told = _("Taken from {section}, by “{switch}”.")
        switch = SETTINGS[value.setting.section, BORROWERS[value.setting.section]]
        return told.format(section=SECTIONS[value.borrowed].title, switch=_(switch.label))
    return _("Read-only: {reason}.").format(reason=refusal) if refusal else ""


def idle(setting: Setting, values: Resolution, *, at_company: bool) -> str:
    """Return why a setting has nothing to do as the others stand; empty where it has.

    What the company keeps for others may well apply to them: there, a setting that narrower
    levels have is never idle.

    Args:
        setting: the one that is edited.
        values: the settings as the draft has them.
        at_company: whether the company's level is edited.
    """
    section, key = setting.id
    if at_company and setting.level is not Level.COMPANY:
        return ""
    if section == "workflow" and key in ("outbox", "inbox", "ehlo"):
        wanted = "smtp" if key == "ehlo" else "imap"
        if values[section, "server_type"].effective != wanted:
            told = _("Not used: “{switch}” is {value}.")
            return told.format(**_switch(values[section, "server_type"]))
    if (section, key) == ("imap", "outbox") and values[section, "use_smtp_account"].effective:
        told = _("Not used: with “{switch}”, mail is sent by SMTP.")
        return told.format(**_switch(values[section, "use_smtp_account"]))
    if key == "sasl" and values[section, "token"].effective:
        told = _("Not used: with “{switch}”, the login is by SASL.")
        return told.format(**_switch(values[section, "token"]))
    if key == "force_tls12" and values[section, "tls"].effective in (False, "none"):
        told = _("Not used: “{switch}” is {value}.")
        return told.format(**_switch(values[section, "tls"]))
    return ""


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


def _switch(value: Value) -> dict[str, str]:
    """Return a setting that makes others idle, in words."""
    return {"switch": _(value.setting.label), "value": value.shown(value.effective)}

"""The usual ports, what each means, and which one goes with a TLS mode. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mailwidgets.languages.texts import N_, _
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Level
from mailwidgets.settings.resolve import Resolution

# RFC 8314 §3 and §4: implicit TLS on 993, 995 and 465; RFC 6409 §3.1: submission on 587.
_USUAL: Final[Mapping[str, Mapping[int, str]]] = {
    "pop3": {995: N_("TLS from the start"), 110: N_("STLS, or no TLS")},
    "imap": {993: N_("TLS from the start"), 143: N_("STARTTLS, or no TLS")},
    "smtp": {
        587: N_("STARTTLS, for people"),
        465: N_("TLS from the start, for people"),
        25: N_("STARTTLS or no TLS, between servers"),
    },
}
# Yes requires TLS, as SSL/TLS does; Auto takes what the server offers after a greeting.
_FITTING: Final[Mapping[str, Mapping[object, int]]] = {
    "pop3": {True: 995, False: 110, "require": 995, "implicit": 995, "auto": 110, "none": 110},
    "imap": {True: 993, False: 143, "require": 993, "implicit": 993, "auto": 143, "none": 143},
    "smtp": {"require": 587, "implicit": 465, "auto": 25, "none": 25},
}
_MOVERS: Final = ("tls", "server_type")


def movers(section: str) -> tuple[Key, ...]:
    """Return what a section's port goes along with: its TLS mode, and Workflow's server type."""
    own = _MOVERS if section == "workflow" else _MOVERS[:1]
    return tuple((section, key) for key in own)


def usual(section: str, modes: tuple[object, ...]) -> dict[int, str]:
    """Return the usual ports of a section and what each means, in words.

    Args:
        section: whose port.
        modes: the values of its ``movers``.
    """
    return {number: _(told) for number, told in _USUAL[_protocol(section, modes)].items()}


def goal(stored: Resolution, draft: Resolution, section: str, *, at_company: bool) -> int | None:
    """Return the port that goes along with what a draft makes of the ``movers``.

    Where they are as they are stored, that is the built-in default. ``None`` where somebody has
    set the port: it is stored at the edited level, or the company has set or locked it.

    Args:
        stored: the values in force without the draft.
        draft: the values in force with it.
        section: whose port.
        at_company: whether the company's level is edited.
    """
    port = stored[section, "port"]
    own = port.company if at_company else port.own
    now = draft[section, "port"]
    if own is not None or (
        not at_company
        and port.setting.level is not Level.COMPANY
        and (now.company is not None or now.locked is not None)
    ):
        return None
    modes = modes_of(draft, section, at_company=at_company)
    if modes == modes_of(stored, section, at_company=at_company):
        return int(port.setting.default)
    return _FITTING[_protocol(section, modes)][modes[0]]


def modes_of(values: Resolution, section: str, *, at_company: bool) -> tuple[object, ...]:
    """Return the values of a section's ``movers`` that count at the level that is edited."""
    found = (values[key] for key in movers(section))
    if not at_company:
        return tuple(one.effective for one in found)
    return tuple(one.setting.default if one.company is None else one.company for one in found)


def _protocol(section: str, modes: tuple[object, ...]) -> str:
    return str(modes[1]) if section == "workflow" else section

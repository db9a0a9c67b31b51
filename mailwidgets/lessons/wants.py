"""What exercises want: values in force, at the right level, and a real test that passes."""

from __future__ import annotations

from typing import Final

from mailwidgets.languages.texts import _
from mailwidgets.lessons.bench import Bench
from mailwidgets.lessons.exercise import Shortfall, Want
from mailwidgets.reports.report import Report
from mailwidgets.settings.documents import UNSET
from mailwidgets.settings.levels import Identity
from mailwidgets.settings.resolve import Value
from mailwidgets.settings.sections import SECTIONS, setting

_OPEN: Final = ("none", "auto", False)
"""The TLS modes with which a password may travel in the clear."""


def passes(section: str, *, user: str = "") -> Want:
    """Want a section's real test to pass, with what is stored.

    Args:
        section: ``pop3``, ``smtp``, ``imap`` or ``workflow``.
        user: for whom; empty: the learner.
    """

    async def want(bench: Bench) -> Shortfall | None:
        report = await bench.servers.as_seen_by(user or None).check(section)
        return None if report.ok else Shortfall(_next(report, user), report, report.code)

    return want


def in_force(name: str, expected: str, told: str, *, user: str = "") -> Want:
    """Want a value to be in force.

    Args:
        name: dotted, as ``pop3.port``.
        expected: as a person types it, with the gaps of ``Bench.facts``.
        told: the next step where it is another, in English; ``_`` looks it up.
        user: for whom; empty: the learner.
    """

    async def want(bench: Bench) -> Shortfall | None:
        value, whose = _value(bench, name, user)
        if value.effective == value.setting.field.parse(expected.format_map(bench.facts())):
            return None
        return Shortfall(f"{_stands(value, whose)} {_told(told, bench)}".rstrip())

    return want


def stored(name: str, expected: str | None, told: str, *, user: str = "") -> Want:
    """Want a value to be stored at the setting's own level, in force or not.

    Args:
        name: dotted.
        expected: as a person types it; ``None``: nothing is to be stored.
        told: the next step where it is otherwise.
        user: by whom; empty: the learner.
    """

    async def want(bench: Bench) -> Shortfall | None:
        wanted = setting(name)
        servers = bench.servers.as_seen_by(user or None)
        held = servers.documents().at(wanted.level).get(wanted.id)
        right = UNSET if expected is None else wanted.field.parse(expected)
        return None if held == right else Shortfall(_told(told, bench), code="stored_otherwise")

    return want


def locked(name: str, told: str) -> Want:
    """Want a setting to be locked by the company, with a reason."""

    async def want(bench: Bench) -> Shortfall | None:
        reason = _value(bench, name)[0].locked
        return None if reason and reason.strip() else Shortfall(_told(told, bench), code="unlocked")

    return want


def secured(section: str, *, user: str = "") -> Want:
    """Want TLS to be required, so that no password can travel in the clear."""

    async def want(bench: Bench) -> Shortfall | None:
        value, whose = _value(bench, f"{section}.tls", user)
        if value.effective not in _OPEN:
            return None
        told = _("With that, a password may travel in the clear. Choose {mode}: it requires TLS.")
        mode = value.shown(True if value.effective is False else "require")
        return Shortfall(f"{_stands(value, whose)} {told.format(mode=mode)}", code="insecure")

    return want


async def not_pinned(bench: Bench) -> Shortfall | None:
    """Want no certificate to be pinned: a pin makes a test pass whatever is wrong with it."""
    if not bench.servers.resolve()["trust", "pins"].effective:
        return None
    told = _(
        "A pin is a way round what is wrong: empty Pinned certificates, on the tab Advanced, and "
        "save."
    )
    return Shortfall(told, code="pinned")


def delivered(address: str, told: str, *, folder: str = "INBOX") -> Want:
    """Want a message from the workflow's sender to have come since the bench was set up.

    Args:
        address: whose mailbox, with the gaps of ``Bench.facts``.
        told: the next step where none has come.
        folder: which of its folders.
    """

    async def want(bench: Bench) -> Shortfall | None:
        sender = str(_value(bench, "workflow.sender")[0].effective)
        box = address.format_map(bench.facts())
        came = bench.new_messages(box, folder)
        if sender and any(sender.encode() in one.partition(b"\r\n\r\n")[0] for one in came):
            return None
        return Shortfall(_told(told, bench), code="no_message")

    return want


def _value(bench: Bench, name: str, user: str = "") -> tuple[Value, Identity]:
    servers = bench.servers.as_seen_by(user or None)
    return servers.resolve()[setting(name).id], servers.identity


def _stands(value: Value, whose: Identity) -> str:
    """Return what is in force, and where it comes from, in a sentence."""
    told = _("{setting} in force for {user} is {value}, from: {origin}.")
    return told.format(
        setting=f"{SECTIONS[value.setting.section].title}: {value.setting.marked_label}",
        user=whose.user,
        value=value.shown(value.effective) or _("empty"),
        origin=value.from_words,
    )


def _next(report: Report, user: str) -> str:
    """Return what a failed test says, and the step after it."""
    if report.code == "name_missing":
        told = _(
            "{section} names no server yet. Only what is saved counts: fill in its form, test it "
            "and press Save."
        )
        return told.format(section=report.title)
    advice = report.finding.advice if report.finding else ""
    said = f"{report.verdict} {advice}".rstrip()
    return said if not user else _("For {user}: {said}").format(user=user, said=said)


def _told(text: str, bench: Bench) -> str:
    return _(text).format_map(bench.facts())

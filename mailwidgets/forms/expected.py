"""The steps that a check is going to take, as far as its settings tell: room for what comes."""

from __future__ import annotations

from collections.abc import Sequence

from mailwidgets.reports.report import State, Step
from mailwidgets.settings.resolve import Resolution


def expected(resolution: Resolution, section: str, *, sending: bool = False) -> tuple[Step, ...]:
    """Return the steps of a section's check in their order, each as one that is yet to come.

    Args:
        resolution: the values in force: they decide which way workflow e-mail goes.
        section: what is checked.
        sending: whether a message is sent.
    """
    # The check itself needs them at once: whoever only looks at the forms does not.
    from mailwidgets.checks import imap, pop3, smtp  # noqa: PLC0415

    names = {"pop3": pop3.STEPS, "smtp": smtp.STEPS, "imap": imap.STEPS}
    if section != "workflow":
        return _steps(names[section])
    first: tuple[Step, ...] = ()
    if sending:
        from mailwidgets.checks import sending as ladders  # noqa: PLC0415 - it needs email

        first = _steps(ladders.COMPOSITION)
        names |= {"smtp": ladders.SMTP_STEPS, "imap": ladders.IMAP_STEPS}
    if resolution["workflow", "server_type"].effective == "smtp":
        return first + _steps(names["smtp"])
    if resolution["imap", "use_smtp_account"].effective:
        return first + _steps(names["imap"], "imap") + _steps(names["smtp"], "smtp")
    return first + _steps(names["imap"], "imap")


def same(one: Step, other: Step) -> bool:
    """Return whether both are the same step, however it stands."""
    return (one.name, one.via) == (other.name, other.via)


def _steps(names: Sequence[str], via: str = "") -> tuple[Step, ...]:
    return tuple(Step(name, State.RUNNING, via=via) for name in names)

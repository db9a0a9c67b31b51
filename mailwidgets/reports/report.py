"""The result of one check, as each surface tells it: plain text, JSON, HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mailwidgets.languages.texts import _
from mailwidgets.reports.document import as_document
from mailwidgets.reports.outcome import Outcome
from mailwidgets.reports.steps import Finding, Fix, Line, State, Step, Try, Who
from mailwidgets.reports.wording import SIGNS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Finding", "Fix", "Line", "Report", "State", "Step", "Try", "Who"]


@dataclass(frozen=True, slots=True)
class Report(Outcome):
    """The result of one check: what it came to, told in a terminal, a notebook or as JSON.

    >>> print(failed)
    IMAP does not work at inbox: There is no folder named My inbox.
      ✓ settings ...
      Code:  folder_missing (field inbox)
      Also:  There is no folder named My outbox. (folder_missing)
    """

    def as_dict(self) -> dict[str, object]:
        """Return the report as plain JSON values, the shape of ``check --format json``.

        ``mailwidgets.reports.document.report_schema`` describes it.

        >>> told = failed.as_dict()
        >>> told["code"], told["fix"], len(told["steps"])
        ('folder_missing', {'imap.inbox': 'INBOX'}, 11)
        """
        return as_document(self)

    def table(self) -> pd.DataFrame:
        """Return the steps as a table with their times (needs pandas); see ``steps_table``.

        >>> report.table().loc[["connection", "tls", "goodbye"], "State"].tolist()
        ['passed', 'passed', 'passed']
        """
        from mailwidgets.reports.tables import steps_table  # noqa: PLC0415 - pandas takes 0.3 s

        return steps_table(self)

    def __str__(self) -> str:
        """Return the report for a terminal: the verdict, the steps, what to do."""
        lines = [self.verdict]
        reached = [step for step in self.steps if step.state is not State.SKIPPED or step.evidence]
        for step in reached:
            head = f"  {SIGNS[step.state][0]} {_name(step):<20}{step.ms:>8.1f} ms  "
            first, *rest = step.evidence or ("",)
            lines += [f"{head}{first}".rstrip(), *(" " * len(head) + one for one in rest)]
        passed_over = [_name(step) for step in self.steps if step not in reached]
        if passed_over:
            told = _("not reached: {steps}").format(steps=", ".join(passed_over))
            lines.append(f"  - {told}")
        found = self.finding
        if found is not None:
            lines += self._told(found)
        return "\n".join(lines)

    def _told(self, found: Finding) -> list[str]:
        """Return what was found, a line per part of it."""
        code = found.code
        if found.field:
            told = _("{code} (field {field})")
            code = told.format(code=code, field=self.field_name(found))
        terms = [
            (_("Saw:"), found.saw),
            (_("Means:"), found.meaning),
            (_("Do:"), found.advice),
            (_("Who:"), found.who.words),
            (_("Code:"), code),
            *((_("Also:"), f"{one.meaning} ({one.code})") for one in self.also),
        ]
        width = max(len(term) for term, _said in terms)
        return [f"  {term:<{width}} {said}" for term, said in terms]

    def _repr_html_(self) -> str:
        """Show the report in a notebook: verdict, advice, timeline, table and transcript."""
        from mailwidgets.reports import page  # noqa: PLC0415 - no check waits for HTML

        return page.whole(self)

    def _repr_pretty_(self, printer: _Printer, cycle: bool) -> None:  # noqa: FBT001 - IPython's
        """Show the report itself as the last value of a notebook's cell."""
        printer.text("…" if cycle else str(self))


def _name(step: Step) -> str:
    return f"{step.via} {step.name}" if step.via else step.name


class _Printer(Protocol):
    """What IPython hands to ``_repr_pretty_``."""

    def text(self, obj: str) -> None:
        """Write text."""

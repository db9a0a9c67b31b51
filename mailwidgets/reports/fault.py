"""A fault as it travels from where it was seen to the step that reports it."""

from __future__ import annotations

from mailwidgets.languages.texts import _
from mailwidgets.reports.connection_faults import CONNECTION_FAULTS
from mailwidgets.reports.diagnosis import Diagnosis
from mailwidgets.reports.mail_faults import MAIL_FAULTS
from mailwidgets.reports.report import Finding, Fix, State, Who

DIAGNOSES: dict[str, Diagnosis] = {**CONNECTION_FAULTS, **MAIL_FAULTS}
"""Code of every fault there is → what it means and what to do."""

# Settings that a section lacks, and the one to look at there instead.
_INSTEAD = {
    "pop3": {
        "sender": "user",
        "ehlo": "",
        "outbox": "user",
        "inbox": "user",
        "charset": "",
        "use_pop3_account": "user",
    },
    "smtp": {"sender": "user", "outbox": "user", "inbox": "user", "charset": ""},
    "imap": {"sender": "user", "ehlo": "", "charset": ""},
    "workflow": {"use_pop3_account": "user"},
}


class Fault(Exception):
    """What is wrong, seen anywhere below a step; the step turns it into its ``Finding``.

    Args:
        code: stable name, a key of ``DIAGNOSES``.
        saw: what was seen, the server's own words already escaped.
        meaning: what it means, where more is known than the table says.
        advice: what to do, likewise.
        field: the setting to look at, likewise; None takes the table's.
        severity: FAILED or WARNED, likewise.
        fix: settings of the same section that would mend it.
        who: who can mend it, where more is known than the table says.
    """

    def __init__(  # noqa: PLR0913 - each word of a finding may be made more precise
        self,
        code: str,
        saw: str,
        *,
        meaning: str = "",
        advice: str = "",
        field: str | None = None,
        severity: State | None = None,
        fix: Fix = (),
        who: Who | None = None,
    ) -> None:
        super().__init__(code, saw)
        self.code = code
        self.saw = saw
        self.meaning = meaning
        self.advice = advice
        self.field = field
        self.severity = severity
        self.fix = fix
        self.who = who

    def finding(self, section: str) -> Finding:
        """Return the finding for ``section``, whose settings decide which field to look at."""
        known = DIAGNOSES[self.code]
        field = known.field if self.field is None else self.field
        return Finding(
            code=self.code,
            saw=self.saw,
            meaning=self.meaning or _(known.meaning),
            advice=self.advice or _(known.advice),
            field=_INSTEAD.get(section, {}).get(field, field),
            # Where settings are known that mend it, the person who edits them can.
            who=self.who or (Who.YOU if self.fix else known.who),
            severity=self.severity or known.severity,
            fix=self.fix,
        )

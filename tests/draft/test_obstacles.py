from __future__ import annotations

import pytest

from mailwidgets import Draft, Servers
from mailwidgets.draft.obstacles import idle
from mailwidgets.settings.levels import Level
from mailwidgets.settings.sections import setting


def why(servers: Servers, name: str, *, at_company: bool = False) -> str:
    return idle(setting(name), Draft(servers).resolution(), at_company=at_company)


@pytest.mark.parametrize(
    ("change", "idle_name", "told"),
    [
        (("workflow.server_type", "imap"), "workflow.ehlo", "“Server type” is IMAP."),
        (("workflow.server_type", "smtp"), "workflow.outbox", "“Server type” is SMTP."),
        (("workflow.server_type", "smtp"), "workflow.inbox", "“Server type” is SMTP."),
        (("imap.use_smtp_account", True), "imap.outbox", "“Use SMTP account”"),
        (("smtp.tls", "none"), "smtp.force_tls12", "“Use TLS/SSL” is None."),
        (("pop3.tls", False), "pop3.force_tls12", "“Use TLS/SSL” is No."),
        (("imap.token", True), "imap.sasl", "“Password is a token”"),
    ],
)
def test_a_field_with_nothing_to_do_says_why(
    servers: Servers, change: tuple[str, object], idle_name: str, told: str
) -> None:
    servers.commit([servers.change(*change)])

    said = why(servers, idle_name)

    assert said.startswith("Not used: ")
    assert told in said


@pytest.mark.parametrize(
    "name", ["workflow.ehlo", "imap.outbox", "imap.inbox", "smtp.force_tls12", "imap.sasl"]
)
def test_fields_apply_as_long_as_nothing_is_set(servers: Servers, name: str) -> None:
    assert why(servers, name) == ""


def test_what_the_company_gives_others_applies_to_them(servers: Servers) -> None:
    servers.commit([servers.change("imap.use_smtp_account", value=True, level=Level.COMPANY)])

    assert why(servers, "imap.outbox", at_company=True) == ""
    assert why(servers, "imap.outbox")
    assert why(servers, "workflow.outbox", at_company=True), "nobody has another of these"

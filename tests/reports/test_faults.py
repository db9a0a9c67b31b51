"""The catalogue: every fault has a code, a meaning, an advice and a field that its section has."""

from __future__ import annotations

import re

import pytest

from mailwidgets.reports.fault import DIAGNOSES, Fault
from mailwidgets.reports.report import State

# Scripts, lessons and pages go by these: a code may be added, never renamed.
CODES = (
    *("dns_not_found", "dns_timeout", "refused", "timeout_connect", "unreachable_ipv6"),
    *("plain_on_tls_port", "silent_server", "tls_on_plain_port", "wrong_protocol"),
    *("captive_portal", "greeting_refused", "busy", "starttls_missing", "starttls_refused"),
    *("tls_version", "tls_cipher", "cert_expired", "cert_not_yet", "cert_expiring"),
    *("cert_name", "cert_untrusted", "cert_chain", "cert_fingerprint", "auth_needs_tls"),
    *("auth_not_offered", "auth_mechanism", "auth_rejected", "auth_app_password"),
    *("auth_disabled", "auth_token", "auth_missing", "pop3_locked", "pop3_disabled"),
    *("folder_missing", "folder_prefix", "folder_readonly", "over_quota", "ehlo_rejected"),
    *("sender_refused", "relay_denied", "greylisted", "rate_limited", "size_limit"),
    *("smtputf8_missing", "charset_refused", "line_too_long", "dropped", "cancelled"),
    *("deadline", "name_missing", "host_not_allowed", "unreachable", "malformed_reply"),
    *("command_refused", "starttls_injection", "tls_failed", "ca_unreadable"),
    *("cert_invalid", "server_not_proven", "recipient_refused", "fallback_missing"),
    *("secret_unreadable", "port_mismatch", "implicit_on_25", "sasl_without_user"),
    *("borrowed_empty", "sender_domain", "delivery_unknown"),
    *("sender_missing", "message_refused"),
)
COMMON = {"name", "port", "timeout", "user", "password", "tls", "sasl", "force_tls12", ""}
FIELDS = {
    "pop3": COMMON,
    "smtp": COMMON | {"ehlo", "use_pop3_account"},
    "imap": COMMON | {"inbox", "outbox", "use_pop3_account"},
    "workflow": COMMON | {"ehlo", "sender", "charset", "inbox", "outbox"},
}


def test_the_codes_are_these_and_no_others() -> None:
    assert set(DIAGNOSES) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_fault_says_what_it_means_and_what_to_do_in_sentences(code: str) -> None:
    known = DIAGNOSES[code]

    for text in (known.meaning, known.advice):
        assert re.fullmatch(r"[A-Z].*\.", text), text
    assert known.severity in {State.FAILED, State.WARNED}


@pytest.mark.parametrize("section", FIELDS)
@pytest.mark.parametrize("code", CODES)
def test_a_finding_names_a_field_that_its_section_has(section: str, code: str) -> None:
    assert Fault(code, "").finding(section).field in FIELDS[section]


def test_a_fault_may_know_more_than_the_table() -> None:
    fault = Fault(
        "folder_missing", "seen", meaning="M.", advice="A.", field="inbox", fix=(("a", 1),)
    )
    found = fault.finding("imap")

    assert (found.meaning, found.advice, found.field, found.fix) == (
        "M.",
        "A.",
        "inbox",
        (("a", 1),),
    )

"""Each row of the table, by a real check against real practice servers behind the doors."""

from __future__ import annotations

import pytest

from mailwidgets import Servers
from mailwidgets.faults import FAULTS, Laboratory, ServerFault
from mailwidgets.reports.fault import DIAGNOSES
from mailwidgets.reports.report import Report

# The most instructive faults, by the diagnosis that each must lead to.
INSTRUCTIVE = {
    *("cert_expired", "cert_name", "cert_untrusted", "starttls_missing", "tls_version"),
    *("tls_on_plain_port", "plain_on_tls_port", "auth_needs_tls", "auth_mechanism"),
    *("auth_rejected", "auth_app_password", "greylisted", "sender_refused", "relay_denied"),
    *("pop3_locked", "folder_missing", "folder_prefix", "over_quota", "deadline"),
    *("silent_server", "line_too_long", "busy", "greeting_refused"),
    *("dns_not_found", "dns_timeout", "refused", "unreachable_ipv6"),
}
EVERY = [
    pytest.param(fault, protocol, id=f"{name}-{protocol}")
    for name, fault in FAULTS.items()
    for protocol in fault.protocols
]


async def checked(
    servers: Servers, laboratory: Laboratory, fault: ServerFault, section: str, **more: object
) -> Report:
    values = {**fault.scene(section, laboratory.ports), **more}
    changes = [servers.change(name, value) for name, value in values.items()]
    return await servers.check(section, changes=changes)


def test_the_table_has_what_is_most_instructive() -> None:
    assert {fault.code for fault in FAULTS.values()} >= INSTRUCTIVE


def test_every_code_is_a_diagnosis() -> None:
    assert {fault.code for fault in FAULTS.values()} <= {*DIAGNOSES, "ok"}


def test_names_are_those_of_the_rows() -> None:
    assert all(name == fault.name for name, fault in FAULTS.items())


@pytest.mark.parametrize("section", ["pop3", "smtp", "imap", "workflow"])
async def test_without_a_fault_everything_works(rehearsing: Servers, section: str) -> None:
    report = await rehearsing.check(section)
    assert report.code == "ok", str(report)


@pytest.mark.parametrize(("fault", "protocol"), EVERY)
async def test_a_fault_leads_to_its_diagnosis(
    laboratory: Laboratory, rehearsing: Servers, fault: ServerFault, protocol: str
) -> None:
    laboratory.inject(fault.name)
    report = await checked(rehearsing, laboratory, fault, protocol)
    assert report.code == fault.code, str(report)


@pytest.mark.parametrize(
    ("fault", "protocol"),
    [one for one in EVERY if one.values[0].mended_by],  # type: ignore[attr-defined]
)
async def test_what_is_said_to_mend_a_fault_does(
    laboratory: Laboratory, rehearsing: Servers, fault: ServerFault, protocol: str
) -> None:
    laboratory.inject(fault.name)
    report = await checked(rehearsing, laboratory, fault, protocol, **fault.remedy(protocol))
    assert report.code == "ok", str(report)


async def test_a_fault_that_warns_lets_mail_work(
    laboratory: Laboratory, rehearsing: Servers
) -> None:
    laboratory.inject("greylisted")
    report = await rehearsing.check("workflow")
    assert (report.ok, report.code) == (True, "greylisted"), str(report)


async def test_a_fault_befalls_the_chosen_protocol_only(
    laboratory: Laboratory, rehearsing: Servers
) -> None:
    laboratory.inject("cert_expired", ["imap"])
    reports = {section: await rehearsing.check(section) for section in ("pop3", "smtp", "imap")}
    codes = {section: report.code for section, report in reports.items()}
    assert codes == {"pop3": "ok", "smtp": "ok", "imap": "cert_expired"}


async def test_each_protocol_has_a_fault_of_its_own(
    laboratory: Laboratory, rehearsing: Servers
) -> None:
    laboratory.inject("wrong_password", ["imap"])
    laboratory.inject("mailbox_locked")
    assert (await rehearsing.check("imap")).code == "auth_rejected"
    assert (await rehearsing.check("pop3")).code == "pop3_locked"
    laboratory.mend(["imap"])
    assert (await rehearsing.check("imap")).code == "ok"
    assert (await rehearsing.check("pop3")).code == "pop3_locked"

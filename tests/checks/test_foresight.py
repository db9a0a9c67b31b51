"""What is odd about settings is told before any network use."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scripted import step

from mailwidgets.checks.counter_probe import ALTERNATIVES, Alternative
from mailwidgets.checks.foresight import oddities
from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import State

Make = Callable[..., Endpoint]
USUAL = (
    ("smtp", 25, TlsMode.AUTO),
    ("smtp", 587, TlsMode.REQUIRE),
    ("smtp", 465, TlsMode.REQUIRE),
    ("smtp", 465, TlsMode.IMPLICIT),
    ("smtp", 2525, TlsMode.IMPLICIT),
    ("imap", 143, TlsMode.REQUIRE),
    ("imap", 143, TlsMode.NONE),
    ("imap", 993, TlsMode.REQUIRE),
    ("pop3", 110, TlsMode.REQUIRE),
    ("pop3", 1110, TlsMode.NONE),
)


def at(port: int, tls: TlsMode) -> Endpoint:
    return Endpoint("mail.example.com", port, tls, timeout=1)


def codes(section: str, endpoint: Endpoint, login: Login, sender: str = "") -> list[str]:
    found = oddities(section, endpoint, login, protocol=section, sender=sender)
    return [fault.code for fault in found]


@pytest.mark.parametrize(("section", "port", "tls"), USUAL)
def test_what_is_usual_is_not_remarked_upon(section: str, port: int, tls: TlsMode) -> None:
    login = Login("ana@example.com", "secret", sasl=True)

    assert codes(section, at(port, tls), login, "office@example.com") == []


@pytest.mark.parametrize(
    ("section", "port", "tls", "fix"),
    [
        ("smtp", 587, TlsMode.IMPLICIT, (("tls", "require"),)),
        ("workflow", 587, TlsMode.IMPLICIT, (("tls", "require"),)),
        ("smtp", 465, TlsMode.NONE, (("tls", "implicit"),)),
        ("imap", 993, TlsMode.NONE, (("tls", True),)),
        ("pop3", 995, TlsMode.NONE, (("tls", True),)),
        ("pop3", 110, TlsMode.IMPLICIT, (("tls", True),)),
    ],
)
def test_a_port_and_a_tls_mode_that_do_not_go_together_are_told(
    section: str, port: int, tls: TlsMode, fix: tuple[tuple[str, object], ...]
) -> None:
    protocol = "smtp" if section == "workflow" else section
    (fault,) = oddities(section, at(port, tls), Login(), protocol=protocol)

    assert (fault.code, fault.fix) == ("port_mismatch", fix)
    assert str(port) in fault.saw


def test_a_port_of_another_protocol_is_told_with_the_right_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(ALTERNATIVES, "smtp", (Alternative(587, implicit=False),))

    (fault,) = oddities("smtp", at(993, TlsMode.REQUIRE), Login(), protocol="smtp")

    assert fault.code == "port_mismatch"
    assert fault.fix == (("port", 587), ("tls", "require"))
    assert "IMAP" in fault.saw


def test_implicit_on_port_25_has_a_code_of_its_own() -> None:
    (fault,) = oddities("smtp", at(25, TlsMode.IMPLICIT), Login(), protocol="smtp")

    assert (fault.code, fault.fix) == ("implicit_on_25", (("tls", "require"),))


def test_sasl_without_a_user_name_is_told() -> None:
    assert codes("imap", at(993, TlsMode.REQUIRE), Login(sasl=True)) == ["sasl_without_user"]


def test_a_borrowed_account_that_is_empty_is_told_once() -> None:
    login = Login(sasl=True, borrowed="POP3")

    assert codes("imap", at(993, TlsMode.REQUIRE), login) == ["borrowed_empty"]


@pytest.mark.parametrize(
    ("user", "sender", "expected"),
    [
        ("ana@example.com", "office@example.org", ["sender_domain"]),
        ("ana@example.com", "office@notexample.com", ["sender_domain"]),
        ("ana@example.com", "office@EXAMPLE.com.", []),
        ("ana@example.com", "office@mail.example.com", []),
        ("ana@mail.example.com", "office@example.com", []),
        ("ana", "office@example.org", []),
        ("ana@example.com", "", []),
        ('quoted "ana" @ home', "office@example.org", []),
    ],
)
def test_a_sender_of_another_domain_than_the_logins_is_told(
    user: str, sender: str, expected: list[str]
) -> None:
    assert codes("smtp", at(587, TlsMode.REQUIRE), Login(user), sender) == expected


async def test_each_ladder_tells_it_first_and_goes_on(endpoint: Make, free_port: int) -> None:
    login = Login(sasl=True)
    for check in (check_smtp, check_imap, check_pop3):
        report = await check(endpoint(free_port), login)  # type: ignore[operator]

        assert report.steps[0].name == "settings"
        assert report.steps[0].state is State.WARNED
        assert report.code == "refused"
        assert [one.code for one in report.also] == ["sasl_without_user"]
        assert "sasl_without_user" in str(report)


async def test_the_step_says_what_will_be_tried(endpoint: Make, free_port: int) -> None:
    report = await check_pop3(endpoint(free_port), Login("ana\x1b[2J", "secret"))

    (tried,) = step(report, "settings").evidence
    assert tried == f"POP3 to localhost port {free_port}, without TLS, as ana\\x1b[2J."

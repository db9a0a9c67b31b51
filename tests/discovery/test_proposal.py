"""What is proposed first, and what settings it amounts to."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from mailwidgets.connection.endpoint import TlsMode
from mailwidgets.discovery.proposal import Discovery, Proposal, Source

IMPLICIT = Proposal("imap", "imap.example.test", 993, TlsMode.IMPLICIT, Source.SRV, verified=True)


def ranked(*proposals: Proposal) -> list[Proposal]:
    return list(Discovery.of("ana@example.test", proposals, ()).proposals)


def test_secured_ones_come_before_clear_ones_whatever_says_so() -> None:
    clear = replace(IMPLICIT, port=143, tls=TlsMode.NONE, source=Source.SRV)
    guess = replace(IMPLICIT, source=Source.GUESS, verified=False)

    assert ranked(clear, guess) == [guess, clear]


def test_srv_comes_before_autoconfig_before_guesses_and_verified_ones_first_within() -> None:
    guess = replace(IMPLICIT, host="a.test", source=Source.GUESS)
    autoconfig = replace(IMPLICIT, host="b.test", source=Source.AUTOCONFIG)
    unproven = replace(IMPLICIT, host="c.test", verified=False)

    assert ranked(guess, autoconfig, unproven, IMPLICIT) == [IMPLICIT, unproven, autoconfig, guess]


def test_srv_records_are_ranked_by_priority_then_weight_then_implicit_tls() -> None:
    first = replace(IMPLICIT, host="a.test", priority=1, weight=0)
    heavy = replace(IMPLICIT, host="b.test", priority=2, weight=90)
    light = replace(IMPLICIT, host="c.test", priority=2, weight=10)
    starttls = replace(light, host="d.test", tls=TlsMode.REQUIRE)

    assert ranked(starttls, light, heavy, first) == [first, heavy, light, starttls]


def test_what_a_person_must_agree_to_comes_behind() -> None:
    outside = replace(IMPLICIT, host="mail.other.test", caveat="mail.other.test is outside")
    guess = replace(IMPLICIT, source=Source.GUESS)

    assert ranked(outside, guess) == [guess, outside]


def test_a_server_that_two_sources_name_is_one_proposal_with_the_evidence_of_both() -> None:
    srv = replace(IMPLICIT, evidence=("SRV record.",))
    document = replace(
        IMPLICIT, source=Source.AUTOCONFIG, evidence=("Document.",), user="ana", sasl=True
    )

    joined = replace(srv, evidence=("SRV record.", "Document."), user="ana", sasl=True)
    assert ranked(document, srv) == [joined]


@pytest.mark.parametrize(
    ("protocol", "tls", "section", "expected"),
    [
        ("imap", TlsMode.IMPLICIT, "imap", True),
        ("pop3", TlsMode.REQUIRE, "pop3", True),
        ("pop3", TlsMode.NONE, "pop3", False),
        ("smtp", TlsMode.REQUIRE, "smtp", "require"),
        ("smtp", TlsMode.IMPLICIT, "workflow", "implicit"),
        ("imap", TlsMode.REQUIRE, "workflow", "require"),
    ],
)
def test_tls_is_said_as_the_section_says_it(
    protocol: str, tls: TlsMode, section: str, expected: object
) -> None:
    settings = dict(replace(IMPLICIT, protocol=protocol, tls=tls).settings(section))

    assert settings["tls"] == expected
    assert settings.get("server_type") == (protocol if section == "workflow" else None)


def test_only_what_is_known_is_set() -> None:
    place = (("name", "imap.example.test"), ("port", 993), ("tls", True))

    assert IMPLICIT.settings() == place
    assert replace(IMPLICIT, user="ana", sasl=False, token=True).settings() == (
        *place,
        *(("user", "ana"), ("sasl", False), ("token", True)),
    )


def test_no_section_is_filled_that_cannot_use_the_server() -> None:
    with pytest.raises(ValueError, match="speaks pop3, got 'workflow'"):
        replace(IMPLICIT, protocol="pop3").settings("workflow")


def test_it_is_read_as_text_and_as_json() -> None:
    pop3 = replace(IMPLICIT, protocol="pop3", port=110, tls=TlsMode.NONE, caveat="There is no TLS.")
    found = Discovery.of("ana@example.test", [IMPLICIT, pop3], ["No MX records."])

    assert str(found).splitlines() == [
        "Servers for ana@example.test: 2 found.",
        "  POP3 imap.example.test port 110, no TLS (srv, verified)",
        "      To confirm: There is no TLS.",
        "  IMAP imap.example.test port 993, TLS from the first byte (srv, verified)",
        "  - No MX records.",
    ]
    told = json.loads(json.dumps(found.as_dict()))
    assert told["best"] == {"pop3": 0, "imap": 1}
    assert told["proposals"][1]["settings"] == dict(IMPLICIT.settings())
    assert found.best() == {"pop3": pop3, "imap": IMPLICIT}


def test_the_values_load_without_dns_tls_or_xml() -> None:
    script = (
        "import sys, mailwidgets.discovery.proposal;"
        "print({'dns', 'ssl', 'xml.parsers.expat', 'asyncio'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"

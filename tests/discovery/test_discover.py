"""From an address to servers: real DNS, real mail servers, and what happens when they fail."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from daemons.dnsmasq import name_server
from scripted import HANG, TLS, Scripted
from web_server import page, web

from mailwidgets.checks.counter_probe import Alternative
from mailwidgets.connection.endpoint import TlsMode
from mailwidgets.connection.name_server import NoRecords
from mailwidgets.connection.patience import Patience
from mailwidgets.discovery.discover import discover
from mailwidgets.discovery.proposal import Discovery, Source
from mailwidgets.discovery.resolver import Resolver, Service
from mailwidgets.errors import InvalidValue
from mailwidgets.practice import Practice

ANA = "ana@example.test"
IMAP = {"CAPABILITY": "* CAPABILITY IMAP4rev1\n{tag} OK", "LOGOUT": "* BYE\n{tag} OK"}
SMTP = {"EHLO": "250-mx.test\n250 STARTTLS", "STARTTLS": "220 go" + TLS, "QUIT": "221 bye"}
PLAIN_POP3 = {"CAPA": "+OK\nUSER\n.", "QUIT": "+OK"}
NO_PORTS: dict[str, tuple[Alternative, ...]] = {}


async def found_by(records: list[str], ca_pem: str, **options: object) -> Discovery:
    """Discover with a name server of these records."""
    with name_server(*records) as dns:
        chosen = {"resolver": dns, "timeout": 2.0, "ehlo": "pc.example.test", "ports": NO_PORTS}
        return await discover(ANA, ca_pem=ca_pem, **{**chosen, **options})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def tls(
    ca: trustme.CA, server_context: Callable[[trustme.LeafCert], ssl.SSLContext]
) -> ssl.SSLContext:
    """A server's context with a certificate for the names that these tests use."""
    year = dt.datetime.now(dt.UTC) + dt.timedelta(days=365)
    return server_context(ca.issue_cert("*.example.test", "mx.other.test", not_after=year))


@pytest.fixture
def silent_dns() -> Iterator[str]:
    """A name server that never answers."""
    with socket.socket(type=socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{mute.getsockname()[1]}"


# Records


async def test_records_come_in_the_order_in_which_they_are_to_be_tried() -> None:
    records = [
        "srv-host=_imaps._tcp.example.test,c.example.test,993,20,0",
        "srv-host=_imaps._tcp.example.test,b.example.test,993,10,1",
        "srv-host=_imaps._tcp.example.test,A.example.test,994,10,9",
        "srv-host=_pop3s._tcp.example.test",
        *("mx-host=example.test,late.test,20", "mx-host=example.test,early.test,10"),
        "txt-record=text.example.test,hello",
    ]
    with name_server(*records) as dns:
        resolver, patience = Resolver.at(dns), Patience(2.0)
        services = await resolver.services("_imaps._tcp.example.test", patience)
        withheld = await resolver.services("_pop3s._tcp.example.test", patience)
        exchangers = await resolver.exchangers("example.test", patience)
        with pytest.raises(NoRecords, match=r"^No SRV records of no.test: there is no such name.$"):
            await resolver.services("no.test", patience)
        with pytest.raises(NoRecords, match=r"^No MX records of text.example.test.$"):
            await resolver.exchangers("text.example.test", patience)

    assert services == [
        Service("a.example.test", 994, 10, 9),
        Service("b.example.test", 993, 10, 1),
        Service("c.example.test", 993, 20, 0),
    ]
    assert [one.target for one in withheld] == [""]
    assert exchangers == ["early.test", "late.test"]


@pytest.mark.parametrize("text", ["", "localhost:53", "127.0.0.1:x", "127.0.0.1:0", "::1:", "a b"])
def test_a_name_server_is_an_ip_address_with_or_without_a_port(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"such as 127.0.0.1:5353"):
        Resolver.at(text)


@pytest.mark.parametrize("text", ["192.0.2.1", "127.0.0.1:5353", "::1", "[::1]", "[::1]:5353"])
def test_ipv6_name_servers_may_have_ports_too(text: str) -> None:
    assert Resolver.at(text)


# SRV records, tried


async def test_srv_records_lead_to_verified_proposals(ca_pem: str, tls: ssl.SSLContext) -> None:
    async with (
        Scripted("* OK ready", IMAP, tls=tls, implicit=True) as imap,
        Scripted("220 mx.test", SMTP, tls=tls) as smtp,
    ):
        found = await found_by(
            [
                f"srv-host=_imaps._tcp.example.test,imap.example.test,{imap.port},5,7",
                f"srv-host=_submission._tcp.example.test,smtp.example.test,{smtp.port}",
                "host-record=imap.example.test,127.0.0.1",
                "host-record=smtp.example.test,127.0.0.1",
            ],
            ca_pem,
        )

    best = found.best()
    assert best["imap"].settings() == (
        *(("name", "imap.example.test"), ("port", imap.port), ("tls", True), ("user", ANA)),
    )
    assert dict(best["smtp"].settings())["tls"] == "require"
    assert all(one.verified and not one.caveat for one in found.proposals)
    evidence = "\n".join(best["imap"].evidence)
    assert "SRV record _imaps._tcp.example.test" in evidence
    assert "priority 5, weight 7" in evidence
    assert "answers: ready" in evidence
    assert "the certificate verified: for *.example.test" in evidence
    assert "No SRV records of _imap._tcp.example.test: there is no such name." in found.remarks


async def test_nobody_logs_in(ca_pem: str, tls: ssl.SSLContext) -> None:
    async with (
        Scripted("* OK ready", IMAP, tls=tls, implicit=True) as imap,
        Scripted("220 mx.test", SMTP, tls=tls) as smtp,
    ):
        await found_by(
            [
                f"srv-host=_imaps._tcp.example.test,imap.example.test,{imap.port}",
                f"srv-host=_submission._tcp.example.test,imap.example.test,{smtp.port}",
                "host-record=imap.example.test,127.0.0.1",
            ],
            ca_pem,
        )

    assert [line.split(" ", 1)[1] for line in imap.seen] == ["CAPABILITY", "LOGOUT"]
    ehlo = "EHLO pc.example.test"
    assert smtp.seen == [ehlo, "STARTTLS", ehlo, "QUIT"]


async def test_practice_servers_are_found_and_verified() -> None:
    with Practice.start() as practice:
        services = {"_imaps": "imaps", "_pop3": "pop3", "_submissions": "smtps"}
        records = [
            f"srv-host={label}._tcp.example.test,localhost,{practice.ports[name]}"
            for label, name in services.items()
        ]
        found = await found_by(["host-record=localhost,127.0.0.1", *records], practice.ca_pem)

    modes = {name: (one.tls, one.verified) for name, one in found.best().items()}
    assert modes == {
        "pop3": (TlsMode.REQUIRE, True),
        "smtp": (TlsMode.IMPLICIT, True),
        "imap": (TlsMode.IMPLICIT, True),
    }
    assert all("localhost is outside example.test" in one.caveat for one in found.proposals)


async def test_a_target_outside_the_domain_has_to_be_confirmed_and_stands_behind(
    ca_pem: str, tls: ssl.SSLContext
) -> None:
    async with (
        Scripted("* OK ready", IMAP, tls=tls, implicit=True) as imap,
        Scripted("* OK ready", IMAP, tls=tls, implicit=True) as other,
    ):
        found = await found_by(
            [
                f"srv-host=_imaps._tcp.example.test,mx.other.test,{other.port},0,0",
                f"srv-host=_imaps._tcp.example.test,imap.example.test,{imap.port},9,0",
                "host-record=imap.example.test,127.0.0.1",
                "host-record=mx.other.test,127.0.0.1",
            ],
            ca_pem,
        )

    inside, outside = found.proposals
    assert (inside.host, inside.caveat) == ("imap.example.test", "")
    assert outside.verified
    assert outside.caveat.startswith("mx.other.test is outside example.test, and plain DNS")
    assert outside.caveat in outside.evidence


async def test_a_service_that_is_not_offered_is_not_guessed(ca_pem: str) -> None:
    async with Scripted("* OK ready", IMAP) as imap, Scripted("+OK", PLAIN_POP3) as pop3:
        found = await found_by(
            [
                *("srv-host=_imap._tcp.example.test", "srv-host=_imaps._tcp.example.test"),
                "host-record=mail.example.test,127.0.0.1",
            ],
            ca_pem,
            ports={
                "imap": (Alternative(imap.port, implicit=False),),
                "pop3": (Alternative(pop3.port, implicit=False),),
            },
        )

    assert imap.connections == 0
    assert [one.protocol for one in found.proposals] == ["pop3"]
    assert any("_imaps._tcp.example.test says" in remark for remark in found.remarks)


@pytest.mark.parametrize("port", ["993", "none"])
async def test_a_server_that_does_not_answer_is_still_proposed_unverified(
    ca_pem: str, port: str, free_port: int
) -> None:
    address = ["host-record=imap.example.test,127.0.0.1"] if port != "none" else []
    found = await found_by(
        [f"srv-host=_imaps._tcp.example.test,imap.example.test,{free_port}", *address], ca_pem
    )

    (one,) = found.proposals
    assert not one.verified
    expected = "refused" if address else "imap.example.test has no address: there is no such name"
    assert expected in one.evidence[-1]


async def test_a_certificate_that_does_not_verify_is_told_of(
    ca_pem: str, server_context: Callable[[trustme.LeafCert], ssl.SSLContext]
) -> None:
    strange = server_context(trustme.CA().issue_cert("imap.example.test"))
    async with (
        Scripted("* OK ready", IMAP, tls=strange, implicit=True) as imap,
        Scripted("220 mx.test", SMTP, tls=strange) as smtp,
    ):
        found = await found_by(
            [
                f"srv-host=_imaps._tcp.example.test,imap.example.test,{imap.port}",
                f"srv-host=_submission._tcp.example.test,imap.example.test,{smtp.port}",
                "host-record=imap.example.test,127.0.0.1",
            ],
            ca_pem,
        )

    assert [one.verified for one in found.proposals] == [False, False]
    assert all("(cert_" in one.evidence[-1] for one in found.proposals)
    assert imap.seen == [], "nothing is said over a connection that was not verified"


async def test_a_server_without_starttls_is_proposed_last_and_has_to_be_confirmed(
    ca_pem: str,
) -> None:
    async with Scripted("+OK ready", PLAIN_POP3) as pop3:
        found = await found_by(
            [
                f"srv-host=_pop3._tcp.example.test,pop.example.test,{pop3.port}",
                "host-record=pop.example.test,127.0.0.1",
            ],
            ca_pem,
        )

    (one,) = found.proposals
    assert (one.tls, one.verified) == (TlsMode.NONE, False)
    assert one.caveat == "There is no TLS: password and mail could be read on the way."
    assert "STLS is not offered." in one.evidence


async def test_what_is_injected_before_tls_is_noticed(ca_pem: str, tls: ssl.SSLContext) -> None:
    injected = {**SMTP, "STARTTLS": b"220 go\r\n250 injected\r\n"}
    async with Scripted("220 mx.test", injected, tls=tls) as smtp:
        found = await found_by(
            [
                f"srv-host=_submission._tcp.example.test,smtp.example.test,{smtp.port}",
                "host-record=smtp.example.test,127.0.0.1",
            ],
            ca_pem,
        )

    (one,) = found.proposals
    assert not one.verified
    assert "250 injected" in one.evidence[-1]


# Documents


async def test_a_document_and_srv_records_add_up(
    ca_pem: str, tls: ssl.SSLContext, good: ssl.SSLContext
) -> None:
    async with Scripted("* OK ready", IMAP, tls=tls, implicit=True) as imap:
        text = (
            '<clientConfig><emailProvider><incomingServer type="imap">'
            f"<hostname>imap.example.test</hostname><port>{imap.port}</port>"
            "<socketType>SSL</socketType><username>%EMAILLOCALPART%</username>"
            "<authentication>password-encrypted</authentication>"
            '</incomingServer><incomingServer type="pop3"><hostname>nowhere.example.test</hostname>'
            "<port>995</port><socketType>SSL</socketType></incomingServer>"
            "</emailProvider></clientConfig>"
        )
        async with web({"/mail/config-v1.1.xml": page(text.encode())}, good) as site:
            found = await found_by(
                [
                    f"srv-host=_imaps._tcp.example.test,imap.example.test,{imap.port}",
                    "host-record=imap.example.test,127.0.0.1",
                    "host-record=localhost,127.0.0.1",
                ],
                ca_pem,
                autoconfig=f"https://localhost:{site.port}",
            )

    pop3, one = found.proposals
    assert imap.connections == 1, "one server is asked once, whoever names it"
    assert (one.source, one.user, one.sasl) == (Source.SRV, ANA, True)
    assert any("Autoconfig document" in sentence for sentence in one.evidence)
    assert (pop3.source, pop3.verified) == (Source.AUTOCONFIG, False)


async def test_a_clear_document_is_bettered_by_a_server_that_offers_starttls(
    ca_pem: str, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    async with Scripted("220 mx.test", SMTP, tls=tls) as smtp:
        path = tmp_path / "config.xml"
        path.write_text(
            '<clientConfig><emailProvider><outgoingServer type="smtp">'
            f"<hostname>smtp.example.test</hostname><port>{smtp.port}</port>"
            "<socketType>plain</socketType></outgoingServer></emailProvider></clientConfig>"
        )
        found = await found_by(
            ["host-record=smtp.example.test,127.0.0.1"], ca_pem, autoconfig=str(path)
        )

    (one,) = found.proposals
    assert (one.tls, one.verified, one.caveat) == (TlsMode.REQUIRE, True, "")


# Guesses


async def test_usual_names_and_exchangers_are_tried_where_nothing_is_known(
    ca_pem: str, tls: ssl.SSLContext
) -> None:
    async with Scripted("220 mx.test", SMTP, tls=tls) as smtp:
        found = await found_by(
            [
                "host-record=smtp.example.test,127.0.0.1",
                "host-record=mx.other.test,127.0.0.1",
                "mx-host=example.test,mx.other.test,5",
            ],
            ca_pem,
            ports={"smtp": (Alternative(smtp.port, implicit=False),)},
        )

    usual, exchanger = found.proposals
    assert (usual.host, usual.source, usual.user) == ("smtp.example.test", Source.GUESS, "")
    assert usual.verified
    assert "takes the mail of example.test (MX record)" in exchanger.evidence[0]
    assert exchanger.caveat.startswith("mx.other.test is outside")
    assert "4 ports of 4 names tried, 2 answered" in found.remarks[-1]


async def test_nothing_is_guessed_for_a_protocol_that_has_proved_itself_or_when_told_not_to(
    ca_pem: str, tls: ssl.SSLContext
) -> None:
    async with (
        Scripted("* OK ready", IMAP, tls=tls, implicit=True) as imap,
        Scripted("* OK ready", IMAP) as usual,
    ):
        records = [
            f"srv-host=_imaps._tcp.example.test,imap.example.test,{imap.port}",
            "host-record=imap.example.test,127.0.0.1",
        ]
        ports = {"imap": (Alternative(usual.port, implicit=False),)}
        await found_by(records, ca_pem, ports=ports)
        await found_by(records[1:], ca_pem, ports=ports, guess=False)

    assert usual.connections == 0


async def test_another_protocol_on_a_guessed_port_is_no_proposal(ca_pem: str) -> None:
    async with Scripted("SSH-2.0-OpenSSH") as ssh:
        found = await found_by(
            ["host-record=imap.example.test,127.0.0.1"],
            ca_pem,
            ports={"imap": (Alternative(ssh.port, implicit=False),)},
        )

    assert found.proposals == ()


async def test_hosts_that_are_not_allowed_are_not_connected_to(
    ca_pem: str, tls: ssl.SSLContext
) -> None:
    async with Scripted("* OK ready", IMAP, tls=tls, implicit=True) as imap:
        found = await found_by(
            [
                f"srv-host=_imaps._tcp.example.test,mx.other.test,{imap.port}",
                "host-record=mx.other.test,127.0.0.1",
            ],
            ca_pem,
            allowed_hosts=("*.example.test",),
        )

    (one,) = found.proposals
    assert imap.connections == 0
    assert "not among the allowed hosts" in one.evidence[-1]


# When nothing goes well


async def test_a_name_server_that_says_nothing_leaves_remarks(silent_dns: str) -> None:
    found = await discover(ANA, resolver=silent_dns, timeout=0.2, ports=NO_PORTS)

    assert found.proposals == ()
    assert sum("no answer within" in remark for remark in found.remarks) == 7


class Drip(Scripted):
    """A server whose greeting never ends, a byte at a time."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert reader
        while True:
            writer.write(b"*")
            await writer.drain()
            await asyncio.sleep(0.02)


async def test_a_server_has_one_timeout_for_all_it_says(ca_pem: str) -> None:
    async with (
        Scripted(None) as silent,
        Drip(None) as drip,
        Scripted("220 mx.test", {"EHLO": HANG}) as hanging,
    ):
        services = {"_imaps": silent, "_imap": drip, "_submission": hanging}
        found = await found_by(
            [
                "host-record=mail.example.test,127.0.0.1",
                *(
                    f"srv-host={label}._tcp.example.test,mail.example.test,{server.port}"
                    for label, server in services.items()
                ),
            ],
            ca_pem,
            timeout=0.4,
        )

    assert len(found.proposals) == 3
    assert not any(one.verified for one in found.proposals)
    assert all("within 0.4 s" in one.evidence[-1] for one in found.proposals)


async def test_a_domain_beyond_ascii_is_asked_as_a_labels() -> None:
    with name_server("srv-host=_imaps._tcp.xn--bcher-kva.test,imap.xn--bcher-kva.test,993") as dns:
        found = await discover("ana@Bücher.test", resolver=dns, timeout=2, ports=NO_PORTS)

    (one,) = found.proposals
    assert (one.host, one.user, one.caveat) == ("imap.xn--bcher-kva.test", "ana@Bücher.test", "")


async def test_it_is_cancelled_at_once_and_leaves_nothing_behind(ca_pem: str) -> None:
    async with Scripted(None) as silent:
        records = [
            f"srv-host=_imaps._tcp.example.test,imap.example.test,{silent.port}",
            "host-record=imap.example.test,127.0.0.1",
        ]
        with name_server(*records) as dns:
            task = asyncio.create_task(discover(ANA, resolver=dns, ca_pem=ca_pem, timeout=30))
            await silent.connected.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(task, 1)


async def test_it_is_cancelled_while_names_are_looked_up(silent_dns: str) -> None:
    asked = asyncio.Event()
    task = asyncio.create_task(discover(ANA, resolver=silent_dns, timeout=30))
    asyncio.get_running_loop().call_later(0, asked.set)
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 1)


@pytest.mark.parametrize("address", ["", "  ", "ana", "ana@", "@example.test"])
async def test_a_wrong_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidValue, match="An e-mail address is needed"):
        await discover(address)


@pytest.mark.parametrize("wrong", [{"ca_pem": "none"}, {"timeout": 0}, {"resolver": "nowhere"}])
async def test_wrong_use_is_refused_before_anything_is_asked(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        await discover(ANA, **wrong)  # type: ignore[arg-type]


async def test_progress_is_told_and_nothing_hostile_reaches_a_screen(ca_pem: str) -> None:
    told: list[str] = []
    evil = "\x1b[2J<script>\u202e"
    async with Scripted(f"* OK {evil}", {"CAPABILITY": f"* CAPABILITY {evil}\n{{tag}} OK"}) as imap:
        found = await found_by(
            [
                f"srv-host=_imap._tcp.example.test,imap.example.test,{imap.port}",
                "host-record=imap.example.test,127.0.0.1",
            ],
            ca_pem,
            on_progress=told.append,
        )

    everything = [*told, *str(found).splitlines(), json.dumps(found.as_dict())]
    assert any("imap.example.test" in line for line in told)
    assert any("<script>" in line for line in everything), "markup is the page's to escape"
    assert all(line.isprintable() for line in everything)

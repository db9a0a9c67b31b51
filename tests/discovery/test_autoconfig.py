"""Where an autoconfig document is looked for, and what it proposes."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from web_server import moved, page, web

from mailwidgets.connection.endpoint import TlsMode
from mailwidgets.connection.patience import Patience
from mailwidgets.connection.tls import verifying_context
from mailwidgets.discovery.autoconfig import from_autoconfig
from mailwidgets.discovery.client_config import MAX_OCTETS
from mailwidgets.discovery.fetch import Fetcher
from mailwidgets.discovery.names import MailAddress
from mailwidgets.discovery.proposal import Proposal
from mailwidgets.discovery.resolver import Resolver
from mailwidgets.discovery.srv import Found

ANA = MailAddress.parse("ana+x@bücher.test")
WELL_KNOWN = "/.well-known/autoconfig/mail/config-v1.1.xml"


def server(
    kind: str = "imap",
    host: str = "imap.xn--bcher-kva.test",
    port: str = "993",
    tls: str = "SSL",
    user: str = "%EMAILADDRESS%",
    *authentication: str,
) -> str:
    ways = "".join(f"<authentication>{way}</authentication>" for way in authentication)
    return (
        f'<incomingServer type="{kind}"><hostname>{host}</hostname><port>{port}</port>'
        f"<socketType>{tls}</socketType><username>{user}</username>{ways}</incomingServer>"
    )


def document(*servers: str) -> bytes:
    inside = "".join(servers)
    return f"<clientConfig><emailProvider>{inside}</emailProvider></clientConfig>".encode()


Look = Callable[..., "object"]


@pytest.fixture
def fetcher(ca_pem: str) -> Callable[[], Fetcher]:
    def make() -> Fetcher:
        context = verifying_context(ca_pem, force_tls12=False)
        return Fetcher(context, Resolver(), Patience(2.0), (), MAX_OCTETS)

    return make


Make = Callable[[], Fetcher]


async def in_file(fetcher: Make, folder: Path, data: bytes) -> Found:
    path = folder / "config.xml"
    path.write_bytes(data)
    return await from_autoconfig(str(path), ANA, fetcher())


async def only(fetcher: Make, folder: Path, said: str) -> Proposal:
    found = await in_file(fetcher, folder, document(said))
    assert found.remarks == []
    return found.proposals[0]


async def test_a_base_url_is_asked_at_the_two_usual_places(fetcher: Make) -> None:
    async with web({WELL_KNOWN: page(document(server()))}) as site:
        found = await from_autoconfig(f"http://127.0.0.1:{site.port}/", ANA, fetcher())

    first, second = (urlsplit(target) for target in site.asked)
    assert first.path == "/mail/config-v1.1.xml"
    assert parse_qs(first.query) == {"emailaddress": [ANA.whole]}
    assert (second.path, second.query) == (WELL_KNOWN, "")
    assert [one.host for one in found.proposals] == ["imap.xn--bcher-kva.test"]
    assert "404 Not Found" in found.remarks[0]


async def test_a_url_with_a_path_is_asked_exactly(fetcher: Make) -> None:
    async with web({"/own.xml": page(document(server()))}) as site:
        url = f"http://127.0.0.1:{site.port}/own.xml?a=%EMAILADDRESS%"
        found = await from_autoconfig(url, ANA, fetcher())

    assert site.asked == ["/own.xml?a=ana%2Bx%40b%C3%BCcher.test"]
    assert found.proposals
    assert found.remarks == []


@pytest.mark.parametrize(
    ("said", "port", "tls"),
    [
        ("SSL", "993", TlsMode.IMPLICIT),
        ("STARTTLS", "143", TlsMode.REQUIRE),
        ("plain", "143", TlsMode.NONE),
    ],
)
async def test_the_socket_type_is_the_tls_mode(
    fetcher: Make, tmp_path: Path, said: str, port: str, tls: TlsMode
) -> None:
    one = await only(fetcher, tmp_path, server(port=port, tls=said))

    assert (one.tls, one.port) == (tls, int(port))
    assert f"socketType {said}" in one.evidence[0]


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("%EMAILADDRESS%", "ana+x@bücher.test"),
        ("%EMAILLOCALPART%", "ana+x"),
        ("%EMAILDOMAIN%\\%EMAILLOCALPART%", "bücher.test\\ana+x"),
        ("fixed", "fixed"),
        ("%OTHER%", "%OTHER%"),
        ("a&#x202e;b", ""),
        ("x" * 500, ""),
    ],
)
async def test_placeholders_of_the_user_name_are_filled(
    fetcher: Make, tmp_path: Path, text: str, user: str
) -> None:
    assert (await only(fetcher, tmp_path, server(user=text))).user == user


async def test_what_fills_a_placeholder_is_no_placeholder(fetcher: Make, tmp_path: Path) -> None:
    path = tmp_path / "config.xml"
    path.write_bytes(document(server(user="%EMAILLOCALPART%")))
    sly = MailAddress.parse("%EMAILDOMAIN%@bücher.test")

    found = await from_autoconfig(str(path), sly, fetcher())
    assert found.proposals[0].user == "%EMAILDOMAIN%"


async def test_a_placeholder_in_the_host_becomes_a_labels(fetcher: Make, tmp_path: Path) -> None:
    one = await only(fetcher, tmp_path, server(host="mail.%EMAILDOMAIN%"))

    assert one.host == "mail.xn--bcher-kva.test"


@pytest.mark.parametrize(
    ("ways", "sasl", "token"),
    [
        (["password-cleartext"], False, False),
        (["password-encrypted"], True, False),
        (["OAuth2"], None, True),
        (["OAuth2", "password-cleartext"], False, False),
        (["GSSAPI"], None, False),
        ([], None, False),
    ],
)
async def test_the_way_to_log_in_is_a_hint(
    fetcher: Make, tmp_path: Path, ways: list[str], sasl: object, token: object
) -> None:
    one = await only(fetcher, tmp_path, server("imap", "mail.bücher.test", "993", "SSL", "", *ways))

    assert (one.sasl, one.token) == (sasl, token)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (server("exchange"), "only pop3, smtp, imap are checked"),
        (server(host="a b"), "no server that can be connected to"),
        (server(host=""), "no server that can be connected to"),
        (server(host="a&#10;b"), r"imap a\x0ab, port 993"),
        (server(port="993x"), "port 993x"),
        (server(port="0"), "no server that can be connected to"),
        (server(tls="TLSv9"), "socketType TLSv9"),
    ],
)
async def test_a_server_that_cannot_be_one_is_passed_over(
    fetcher: Make, tmp_path: Path, said: str, reason: str
) -> None:
    found = await in_file(fetcher, tmp_path, document(said, server()))

    assert len(found.proposals) == 1
    assert reason in found.remarks[0]
    assert found.remarks[0].isprintable()


async def test_a_host_elsewhere_needs_consent_where_the_document_came_without_tls(
    fetcher: Make, good: ssl.SSLContext
) -> None:
    elsewhere = document(server(host="mail.other.test"))
    async with (
        web({"/c": page(elsewhere)}) as clear,
        web({"/c": page(elsewhere)}, good) as site,
        web({"/c": moved(f"https://localhost:{site.port}/c")}) as mover,
    ):
        caveats = []
        for url in (
            f"http://127.0.0.1:{clear.port}/c",
            f"https://localhost:{site.port}/c",
            f"http://127.0.0.1:{mover.port}/c",
        ):
            found = await from_autoconfig(url, ANA, fetcher())
            caveats.append(found.proposals[0].caveat)

    assert caveats[1] == ""
    assert "mail.other.test is outside xn--bcher-kva.test" in caveats[0]
    assert caveats[2] == caveats[0], "anyone could have sent it elsewhere"


async def test_a_file_that_is_none_is_a_remark(fetcher: Make, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * (MAX_OCTETS + 1))
    names = ("missing", "", "pipe", "large", "a\0b", "autoconfig.example.test")
    remarks = [
        (await from_autoconfig(str(tmp_path / name), ANA, fetcher())).remarks[0] for name in names
    ]

    assert "there is no such file, and a URL begins with https://" in remarks[0]
    assert all("no such file" in remarks[n] for n in (1, 2, 5))
    assert "more than 256 KiB" in remarks[3]
    assert "no such file" in remarks[4] or "cannot be read" in remarks[4]
    assert all(remark.isprintable() for remark in remarks)


@pytest.mark.parametrize(
    "given",
    ["ftp://x.test/c", "https://", "https://ana:c4nary@127.0.0.1/c", "https://[c4nary@x/", "://"],
)
async def test_a_url_that_is_none_is_a_remark(fetcher: Make, given: str) -> None:
    found = await from_autoconfig(given, ANA, fetcher())

    assert found.proposals == []
    assert "URL" in found.remarks[0]
    assert "c4nary" not in "".join(found.remarks)


async def test_a_document_is_never_quoted_in_its_refusal(fetcher: Make, tmp_path: Path) -> None:
    found = await in_file(fetcher, tmp_path, b"root:c4nary:0:0\n")

    assert "no XML: line 1" in found.remarks[0]
    assert "c4nary" not in found.remarks[0]

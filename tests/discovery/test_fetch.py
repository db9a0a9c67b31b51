"""Documents over HTTP and HTTPS from servers that do as they please."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import tracemalloc
from collections.abc import Callable

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from web_server import moved, page, status, web

from mailwidgets.connection.patience import Patience
from mailwidgets.connection.tls import verifying_context
from mailwidgets.discovery.fetch import Fetcher, NotFetched
from mailwidgets.discovery.resolver import Resolver

MOST = 2048


@pytest.fixture
def fetcher(ca_pem: str) -> Callable[..., Fetcher]:
    def make(timeout: float = 2.0, allowed: tuple[str, ...] = ()) -> Fetcher:
        context = verifying_context(ca_pem, force_tls12=False)
        return Fetcher(context, Resolver(), Patience(timeout), allowed, MOST)

    return make


Make = Callable[..., Fetcher]


async def refused(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(NotFetched) as failed:
        await fetcher.get(url)
    assert str(failed.value).isprintable()
    return str(failed.value)


async def test_a_document_is_fetched_with_one_polite_request(fetcher: Make) -> None:
    async with web({"/a%20b": page(b"text")}) as site:
        body = await fetcher().get(f"http://127.0.0.1:{site.port}/a b?x=ü#part")

    assert body == b"text"
    (head,) = site.heads
    assert head.split("\r\n") == [
        *("GET /a%20b?x=%C3%BC HTTP/1.0", f"Host: 127.0.0.1:{site.port}"),
        *("User-Agent: mailwidgets", "Accept: text/xml, application/xml"),
        *("Accept-Encoding: identity", "Connection: close", "", ""),
    ]


async def test_a_document_without_a_length_ends_with_the_connection(fetcher: Make) -> None:
    async with web({"/": status("200 OK") + b"x" * MOST}) as site:
        assert await fetcher().get(f"http://127.0.0.1:{site.port}") == b"x" * MOST


async def test_https_verifies_the_certificate(fetcher: Make, good: ssl.SSLContext) -> None:
    async with web({"/": page(b"text")}, good) as site:
        assert await fetcher().get(f"https://localhost:{site.port}/") == b"text"


async def test_a_certificate_of_another_ca_is_not_accepted(
    fetcher: Make, server_context: Callable[[trustme.LeafCert], ssl.SSLContext]
) -> None:
    strange = server_context(trustme.CA().issue_cert("localhost"))
    async with web({"/": page(b"text")}, strange) as site:
        why = await refused(fetcher(), f"https://localhost:{site.port}/")

    assert why.startswith("its certificate: ")
    assert site.asked == [], "nothing is asked before the certificate verified"


async def test_redirects_are_followed_three_times(fetcher: Make) -> None:
    hops = {f"/{n}": moved(f"/{n + 1}") for n in range(3)}
    async with web({**hops, "/3": page(b"there"), "/4": moved("/0")}) as site:
        assert await fetcher().get(f"http://127.0.0.1:{site.port}/0") == b"there"
        why = await refused(fetcher(), f"http://127.0.0.1:{site.port}/4")

    assert why == "it redirects more than 3 times"


async def test_a_redirect_in_a_circle_is_reported_as_one(fetcher: Make) -> None:
    async with web({"/a": moved("/b"), "/b": moved("/a")}) as site:
        base = f"http://127.0.0.1:{site.port}"
        why = await refused(fetcher(), f"{base}/a")

    assert why == f"it redirects in a circle: {base}/a → {base}/b → {base}/a"
    assert site.asked == ["/a", "/b"]


async def test_no_redirect_leads_from_https_to_http(fetcher: Make, good: ssl.SSLContext) -> None:
    async with (
        web({"/": page(b"text")}) as clear,
        web({"/": moved(f"http://127.0.0.1:{clear.port}/")}, good) as site,
    ):
        why = await refused(fetcher(), f"https://localhost:{site.port}/")

    assert why.endswith("redirects to HTTP without TLS")
    assert clear.asked == []


@pytest.mark.parametrize(
    "to",
    [
        *("file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://[::1"),
        *("http://127.0.0.1:0/", "http://127.0.0.1:99999/", "data:text/xml,<clientConfig/>"),
        *("http://a\x1b[2Jb/", "http://ana:c4nary@127.0.0.1/"),
    ],
)
async def test_no_redirect_leads_away_from_the_web(fetcher: Make, to: str) -> None:
    async with web({"/": moved(to)}) as site:
        why = await refused(fetcher(), f"http://127.0.0.1:{site.port}/")

    assert "URL" in why
    assert "c4nary" not in why


async def test_a_host_that_is_not_allowed_is_not_connected_to(fetcher: Make) -> None:
    async with (
        web({}, host="127.0.0.2") as beyond,
        web({"/": moved(f"http://127.0.0.2:{beyond.port}/")}) as site,
    ):
        why = await refused(fetcher(allowed=("127.0.0.1",)), f"http://127.0.0.1:{site.port}/")

    assert why.endswith("(host_not_allowed)")
    assert not beyond.connected.is_set()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (status("404 Not Found"), "the answer is HTTP/1.1 404 Not Found"),
        (status("302 Found"), "302"),
        (b"220 mx.example.test ESMTP\r\n", "the answer is no HTTP: 220 mx"),
        (b"\x1b[2J<b>hi</b>\r\n", r"no HTTP: \\x1b\[2J<b>hi</b>"),
        (page(b"x" * (MOST + 1)), "it has 2049 octets, more than 2 KiB"),
        (status("200 OK") + b"x" * (MOST + 1), "more than 2 KiB"),
        (status("200 OK", "Content-Length: 10") + b"short", "cut off after 5 of 10 octets"),
        (status("200 OK", "Content-Length: -1"), "its length is no number: -1"),
        (b"", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\n", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 101, "header does not end"),
        (b"HTTP/1.1 200 OK\r\na: " + b"b" * 40_000 + b"\r\n", "header does not end"),
        (b"x" * 100_000, "line_too_long"),
    ],
)
async def test_an_answer_without_a_document_says_why(
    fetcher: Make, answer: bytes, reason: str
) -> None:
    async with web({"/": answer}) as site:
        with pytest.raises(NotFetched, match=reason):
            await fetcher().get(f"http://127.0.0.1:{site.port}/")


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(status("200 OK"))
    for _ in itertools.count():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def flood(writer: asyncio.StreamWriter) -> None:
    writer.write(status("200 OK"))
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.get_running_loop().create_future()
    assert writer


async def test_a_body_that_drips_ends_with_the_time_for_all_of_it(fetcher: Make) -> None:
    async with web({"/": drip}) as site:
        why = await refused(fetcher(timeout=0.3), f"http://127.0.0.1:{site.port}/")

    assert why == "it was not there after 0.6 s"


async def test_a_server_that_says_nothing_ends_with_the_timeout(fetcher: Make) -> None:
    async with web({"/": silence}) as site:
        why = await refused(fetcher(timeout=0.2), f"http://127.0.0.1:{site.port}/")

    assert "within 0.2 s" in why


async def test_an_endless_body_is_left_without_being_kept(fetcher: Make) -> None:
    async with web({"/": flood}) as site:
        tracemalloc.start()
        try:
            why = await refused(fetcher(), f"http://127.0.0.1:{site.port}/")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert "more than 2 KiB" in why
    assert peak < 4_000_000


async def test_it_is_cancelled_at_once_and_leaves_nothing_behind(fetcher: Make) -> None:
    async with web({"/": silence}) as site:
        task = asyncio.create_task(fetcher(timeout=30).get(f"http://127.0.0.1:{site.port}/"))
        await site.connected.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 1)


@pytest.mark.parametrize(
    "url", ["https://ana:c4nary@localhost/", "https://c4nary@localhost/", "https://[c4nary@x/"]
)
async def test_a_password_in_a_url_is_neither_sent_nor_shown(fetcher: Make, url: str) -> None:
    assert "c4nary" not in await refused(fetcher(), url)


@given(answer=st.binary(max_size=200) | st.binary(max_size=200).map(status("200 OK").__add__))
def test_whatever_a_server_answers_is_a_document_or_a_reason(ca_pem: str, answer: bytes) -> None:
    async def get() -> None:
        async with web({"/": answer}) as site:
            context = verifying_context(ca_pem, force_tls12=False)
            fetcher = Fetcher(context, Resolver(), Patience(2.0), (), MOST)
            try:
                assert len(await fetcher.get(f"http://127.0.0.1:{site.port}/")) <= MOST
            except NotFetched as failed:
                assert str(failed).isprintable()  # noqa: PT017 - some are documents

    asyncio.run(get())

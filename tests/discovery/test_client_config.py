"""Autoconfig documents, the hostile ones above all."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailwidgets.discovery.client_config import MAX_OCTETS, Refused, servers

GOOD = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<clientConfig version="1.1">
  <emailProvider id="example.test">
    <domain>example.test</domain>
    <displayName>Example &amp; Co</displayName>
    <incomingServer type="imap">
      <hostname>imap.example.test</hostname>
      <port>993</port>
      <socketType>SSL</socketType>
      <username>%EMAILADDRESS%</username>
      <authentication>OAuth2</authentication>
      <authentication>password-cleartext</authentication>
      <pop3><hostname>not.this.one</hostname></pop3>
    </incomingServer>
    <outgoingServer type="smtp">
      <hostname>smtp.<![CDATA[example]]>.test</hostname>
    </outgoingServer>
  </emailProvider>
  <webMail><incomingServer type="imap"><hostname>nor.this</hostname></incomingServer></webMail>
</clientConfig>
"""
LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<clientConfig>&c;</clientConfig>"""
EXTERNAL = b"""<!DOCTYPE clientConfig [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<clientConfig><emailProvider><incomingServer type="imap"><hostname>&x;</hostname>
</incomingServer></emailProvider></clientConfig>"""


def around(inside: bytes) -> bytes:
    return b"<clientConfig><emailProvider>" + inside + b"</emailProvider></clientConfig>"


def test_servers_are_read_with_all_that_is_said_of_them() -> None:
    incoming, outgoing = servers(GOOD)

    assert incoming.kind == "imap"
    assert incoming.texts == {
        "hostname": ["imap.example.test"],
        "port": ["993"],
        "socketType": ["SSL"],
        "username": ["%EMAILADDRESS%"],
        "authentication": ["OAuth2", "password-cleartext"],
    }
    assert (outgoing.kind, outgoing.first("hostname")) == ("smtp", "smtp.example.test")
    assert outgoing.first("port") == ""


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (LAUGHS, "document type"),
        (EXTERNAL, "document type"),
        (b'<!DOCTYPE clientConfig SYSTEM "http://x.test/x.dtd"><clientConfig/>', "document type"),
        (around(b"&undefined;"), "line 1: undefined entity"),
        (b"<!DOCTYPE html><html></html>", "HTML page"),
        (b"\n <HTML><body>login</body></html>", "HTML page"),
        (b"<config/>", "begins with config, not with clientConfig"),
        (b'<\xd0\xb0\xe2\x80\xaeb xmlns="x"/>', "no XML"),
        (b"", "no element found"),
        (b"hello", "no XML: line 1"),
        (GOOD[:-20], "line 20: unclosed token"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><clientConfig>\xe9</clientConfig>', "UTF-8"),
        (GOOD.decode().encode("utf-16"), "UTF-8"),
        (b"<clientConfig>\0</clientConfig>", "no XML"),
        (b"x" * (MAX_OCTETS + 1), "more than 256 KiB"),
        (around(b"<a>" * 20 + b"</a>" * 20), "levels"),
        (around(b"<a/>" * 1001), "1000 elements"),
        (around(b'<incomingServer type="imap"/>' * 17), "more than 16 servers"),
    ],
)
def test_a_document_that_may_not_be_used_is_refused_with_the_reason(
    document: bytes, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        servers(document)


@pytest.mark.parametrize("encoding", ["rot13", "idna", "utf-7", "base64", "utf-16", "nonsense"])
def test_a_declared_encoding_opens_no_codec(encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()

    assert servers(head + around(b'<incomingServer type="imap"/>'))[0].kind == "imap"


def test_an_endless_text_takes_no_memory_of_its_size_in_what_is_kept() -> None:
    text = b"x" * 200_000
    document = around(
        b'<incomingServer type="imap"><hostname>' + text + b"</hostname></incomingServer>"
    )

    assert len(servers(document)[0].first("hostname")) == 1000


def test_laughs_cost_nothing() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Refused):
            servers(LAUGHS)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


PIECES = (
    *(b"<clientConfig>", b"</clientConfig>", b"<emailProvider>", b"</emailProvider>", b"<a", b"/>"),
    *(b'<incomingServer type="imap">', b"</incomingServer>", b"<hostname>", b"</hostname>", b"]]>"),
    *(b"<!DOCTYPE x [", b"<!ENTITY a 'b'>", b"&a;", b"&#0;", b"&#x10ffff;", b"<![CDATA[", b"<!--"),
    *(b'<?xml version="1.0" encoding="rot13"?>', b"\xef\xbb\xbf", b"\xff", b"\0", b">", b" "),
)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)), max_size=40).map(
            b"".join
        ),
        st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=20)).map(
            lambda cut: GOOD[: cut[0]] + cut[1] + GOOD[cut[0] :]
        ),
    )
)
@example(b"<a\xe2\x80\xae/>")
def test_whatever_comes_is_read_or_refused(document: bytes) -> None:
    try:
        found = servers(document)
    except Refused as refused:
        assert str(refused).isprintable()  # noqa: PT017 - most documents raise nothing
    else:
        assert len(found) <= 16

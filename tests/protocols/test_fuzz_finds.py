"""What fuzzing and hostile servers have found in parsers, kept so that it stays found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import assume, given
from hypothesis import strategies as st

from mailwidgets.connection import certificate
from mailwidgets.protocols.replies import imap_literal, imap_response
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.transcript import MASK, Transcript, challenge_masked, verb

COUNTRY = b"\x06\x03\x55\x04\x06"  # an OID of NameOID.COUNTRY_NAME, in DER


def der(name: str = "DE", *, oid: x509.ObjectIdentifier = NameOID.COUNTRY_NAME) -> bytes:
    """A self-signed certificate of a name with one attribute."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(oid, name)])
    begins = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + dt.timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x27"),
        lambda data: data.replace(COUNTRY + b"\x13", COUNTRY + b"\x03"),
        lambda data: data[:-1],
        lambda data: data[:40],
    ],
    ids=["version 40", "a name of bits", "cut", "cut short"],
)
def test_an_odd_certificate_is_invalid_and_nothing_worse(spoil: Callable[[bytes], bytes]) -> None:
    whole = der()
    spoiled = spoil(whole)
    assert spoiled != whole
    with pytest.raises(Fault) as caught:
        certificate.read(spoiled)
    assert caught.value.code == "cert_invalid"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b"\x02\x01\x01\x30", b"\x02\x01\x00\x30"),
        lambda data: data.replace(b"\x13\x02DE", b"\x16\x02DE"),
    ],
    ids=["serial number 0", "another kind of text"],
)
def test_an_odd_certificate_is_read_without_a_warning(spoil: Callable[[bytes], bytes]) -> None:
    assert certificate.read(spoil(der())).subject == "C=DE"


def test_what_nobody_could_see_in_a_name_is_escaped() -> None:
    read = certificate.read(der("mx\x1b[2J\u202e", oid=NameOID.COMMON_NAME))
    assert read.subject == "CN=mx\\x1b[2J\\u202e"


def test_an_attribute_too_long_is_read_without_a_warning() -> None:
    long = der("DEUTSCH", oid=NameOID.COMMON_NAME).replace(b"\x06\x03\x55\x04\x03", COUNTRY)
    assert certificate.read(long).subject == "C=DEUTSCH"


def test_a_continuation_announces_no_literal() -> None:
    assert imap_literal(b"+ go on with {5}\r\n") is None


def test_a_response_code_is_made_of_what_can_be_seen() -> None:
    odd = imap_response(b"A3 NO [N\0\x1b[2JNT] no")
    assert (odd.code, odd.text) == ("", "[N\0\x1b[2JNT] no")


@pytest.mark.parametrize(
    "said",
    [
        "500 UNKNOWN COMMAND: PASS HUNTER2-STRASSE",
        "500 unknown command: pass hunter2-straße",
        "500 Unknown: Hunter2-Straße",
        "500 unknown: " + "x" * 480 + "HUNTER2-STRAßE",
        "500 unknown: " + "x" * 480 + "hunter2-straße" * 9000,
        b"\xff" * 70000 + b"hunter2-",
        "hunter2…",
    ],
)
def test_a_server_that_says_the_password_in_other_letters_is_masked_too(said: str | bytes) -> None:
    transcript = Transcript(("hunter2-straße",))
    transcript.add("S", said)
    (line,) = transcript.lines()
    assert "hunt" not in line.text.lower()
    assert MASK in line.text or isinstance(said, bytes)
    assert len(line.text) <= 500


def test_a_long_secret_costs_no_more_than_what_is_kept() -> None:
    secret = "s3cret" * 100_000
    transcript = Transcript((secret,))
    transcript.add("S", f"500 {secret[:9000]}…")
    assert "s3cret" not in transcript.lines()[0].text


@given(
    st.binary(max_size=600),
    st.binary(max_size=600),
    st.sampled_from(["s3cret-wörd", "S3CRET-WÖRD", "czNjcmV0LXfDtnJk"]),
)
def test_whatever_stands_around_it_a_secret_is_masked(
    before: bytes, after: bytes, form: str
) -> None:
    assume(b"3cret" not in (before + after).lower())
    transcript = Transcript(("s3cret-wörd",))
    transcript.add("S", before + form.encode() + after)
    challenge_masked(before + after)
    verb(before.decode("utf-8", "replace"))
    text = transcript.lines()[0].text
    assert text.isprintable()
    assert "s3cret" not in text.lower()
    assert form not in text


DER = der()


@given(st.lists(st.tuples(st.integers(0, len(DER) - 1), st.integers(0, 255)), max_size=4))
def test_a_certificate_with_any_octets_changed_is_read_or_invalid(
    changes: list[tuple[int, int]],
) -> None:
    spoiled = bytearray(DER)
    for place, octet in changes:
        spoiled[place] = octet
    assert "".join(told(bytes(spoiled))).isprintable()


def told(data: bytes) -> tuple[str, ...]:
    """What a report says about a certificate, or about why it is none."""
    try:
        return certificate.read(data).evidence()
    except Fault as fault:
        return (fault.code, fault.saw)

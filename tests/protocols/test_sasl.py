"""The mechanisms: the RFCs' own examples, a server's side, and hostile servers."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import subprocess
import sys
import traceback

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from scramp import ScramException, ScramMechanism

from mailwidgets.protocols.sasl import (
    PREFERENCE,
    TOKEN_PREFERENCE,
    Mechanism,
    SaslError,
    ServerNotProven,
    mechanism,
    strongest,
)
from mailwidgets.protocols.scram import Scram

SCRAMS = ("SCRAM-SHA-256", "SCRAM-SHA-1")
ALL = PREFERENCE + TOKEN_PREFERENCE
SECRET = "tanstaaftanstaaf"
# Signs with a meaning in SCRAM, letters that SASLprep maps or drops, and whatever else there is.
ODD = st.text(st.sampled_from("aZ09 ,=\\\"'%+/äßéñΩжﬃ①Ⅸ日本語\u00a0\u00ad\u0301"), min_size=1)


def made(name: str, user: str = "ana", password: str = SECRET) -> Mechanism:
    return mechanism(name, user, password, host="mx.example.com", port=587)


# Choosing


@pytest.mark.parametrize("index", range(len(PREFERENCE)))
def test_each_mechanism_gives_way_to_the_stronger(index: int) -> None:
    assert strongest(reversed(PREFERENCE[index:])) == PREFERENCE[index]


@pytest.mark.parametrize(
    ("offered", "token", "chosen"),
    [
        (["login", "Plain"], False, "PLAIN"),
        (["SCRAM-SHA-256-PLUS", "PLAIN"], False, "PLAIN"),
        (["XOAUTH2", "PLAIN"], False, "PLAIN"),
        (["XOAUTH2", "PLAIN"], True, "XOAUTH2"),
        (["XOAUTH2", "OAUTHBEARER"], True, "OAUTHBEARER"),
        (["PLAIN"], True, None),
        (["GSSAPI", "NTLM"], False, None),
        ([], False, None),
    ],
)
def test_a_password_and_a_token_each_find_their_mechanism(
    offered: list[str],
    token: bool,  # noqa: FBT001 - a parameter of the test
    chosen: str | None,
) -> None:
    assert strongest(offered, token=token) == chosen


@pytest.mark.parametrize("name", ALL)
def test_a_mechanism_says_what_it_is_and_what_a_listener_learns(name: str) -> None:
    exchange = made(name.lower())
    assert exchange.name == name
    assert exchange.plaintext is (name not in {*SCRAMS, "CRAM-MD5"})
    assert (exchange.initial is None) is (name in {"CRAM-MD5", "LOGIN"})
    assert exchange.error == ""


def test_an_unknown_mechanism_is_refused_with_those_there_are() -> None:
    with pytest.raises(SaslError, match=r"SCRAM-SHA-256, .*, got NTLM\\x0a"):
        made("NTLM\n")


@pytest.mark.parametrize("name", ALL)
def test_no_representation_shows_the_secret(name: str) -> None:
    exchange = made(name)
    assert SECRET not in repr(exchange) + str(exchange)


@pytest.mark.parametrize("name", ALL)
def test_half_a_surrogate_pair_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(SaslError) as caught:
        made(name, password=f"{SECRET}\ud800")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_scramp_is_loaded_only_for_scram() -> None:
    program = (
        "import sys; from mailwidgets.protocols.sasl import mechanism; "
        "mechanism('PLAIN', 'u', 'p', host='h', port=1); print('scramp' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


# PLAIN, LOGIN, CRAM-MD5


def test_plain_sends_utf8_in_one_message() -> None:
    exchange = made("PLAIN", "josé", "pä ss")  # as RFC 4616 §4, with other letters
    assert exchange.initial == b"\0jos\xc3\xa9\0p\xc3\xa4 ss"
    assert exchange.complete


@pytest.mark.parametrize(("user", "password"), [("an\0a", "x"), ("ana", "x\0y")])
def test_plain_refuses_a_nul(user: str, password: str) -> None:
    with pytest.raises(SaslError, match="NUL"):
        made("PLAIN", user, password)


@pytest.mark.parametrize("prompts", [(b"Username:", b"Password:"), (b"", b""), (b"\xff", b"?")])
def test_login_answers_two_prompts_whatever_they_say(prompts: tuple[bytes, bytes]) -> None:
    exchange = made("LOGIN", "josé", "pä")
    assert exchange.respond(prompts[0]) == "josé".encode()
    assert not exchange.complete
    assert exchange.respond(prompts[1]) == "pä".encode()
    assert exchange.complete
    exchange.finish(None)
    with pytest.raises(SaslError, match="another challenge"):
        exchange.respond(b"Password:")


def test_cram_md5_digests_the_challenge_of_the_standard() -> None:
    exchange = made("CRAM-MD5", "tim", SECRET)
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    assert exchange.respond(challenge) == b"tim b913a602c7eda7a495b4e6e7334d3890"  # RFC 2195 §2
    assert exchange.complete
    with pytest.raises(SaslError, match="another challenge"):
        exchange.respond(challenge)


def test_cram_md5_digests_nothing_empty() -> None:
    with pytest.raises(SaslError, match="empty"):
        made("CRAM-MD5").respond(b"")


@pytest.mark.parametrize("name", ["PLAIN", *TOKEN_PREFERENCE, *SCRAMS])
def test_the_initial_response_goes_once_to_a_server_that_asks_for_it(name: str) -> None:
    exchange = made(name)
    assert exchange.respond(b"") == exchange.initial
    with pytest.raises(SaslError):
        exchange.respond(b"")


# Tokens


def test_oauthbearer_sends_the_message_of_the_standard() -> None:
    exchange = mechanism(  # RFC 7628 §4.1
        "OAUTHBEARER",
        "user@example.com",
        "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
        host="server.example.com",
        port=143,
    )
    assert exchange.initial == base64.b64decode(
        "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZ"
        "GOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
    )


def test_xoauth2_sends_the_message_of_its_description() -> None:
    exchange = made(
        "XOAUTH2", "someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
    )
    assert exchange.initial == base64.b64decode(
        "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhk"
        "SFJoZG1semRHRXVZMjl0Q2cBAQ=="
    )


def test_oauthbearer_escapes_a_comma_and_an_equals_sign_in_the_user_name() -> None:
    initial = made("OAUTHBEARER", "a,b=c").initial
    assert initial is not None
    assert initial.startswith(b"n,a=a=2Cb=3Dc,\x01host=mx.example.com\x01port=587\x01")


@pytest.mark.parametrize(
    ("name", "answer"),
    [("XOAUTH2", b""), ("OAUTHBEARER", b"\x01")],  # RFC 7628 §3.2.3
)
def test_a_refused_token_is_answered_and_its_status_kept(name: str, answer: bytes) -> None:
    exchange = made(name)
    refusal = b'{"status":"invalid_token","scope":"example_scope"}'  # RFC 7628 §4.3
    assert exchange.respond(refusal) == answer
    assert exchange.error == "invalid_token"
    with pytest.raises(SaslError, match="another challenge"):
        exchange.respond(refusal)


@pytest.mark.parametrize(
    ("challenge", "error"),
    [
        (b'{"status":401}', "401"),
        (b'{"status":"a\\u202eb\\u0000"}', "a\\u202eb\\x00"),
        (b'{"status":"' + b"x" * 500 + b'"}', "x" * 79 + "…"),
        (b'{"scope":"s"}', '{"scope":"s"}'),
        (b'["status"]', '["status"]'),
        (b"no JSON\xff", "no JSON\\xff"),
        (b"[" * 60000, "[" * 79 + "…"),
        (b'{"status":""}', "refused"),
        (b'{"status":"bad ' + SECRET.encode() + b'"}', "bad ****"),
        (SECRET.encode() + b" is wrong", "**** is wrong"),
    ],
)
def test_whatever_refuses_a_token_is_kept_short_and_harmless(challenge: bytes, error: str) -> None:
    exchange = made("XOAUTH2")
    exchange.respond(challenge)
    assert exchange.error == error


@pytest.mark.parametrize("name", TOKEN_PREFERENCE)
@pytest.mark.parametrize(("user", "token"), [("a\x01auth=x", "t"), ("a", "t\x01"), ("a\n", "t")])
def test_no_user_name_or_token_adds_a_field(name: str, user: str, token: str) -> None:
    with pytest.raises(SaslError, match="control character"):
        made(name, user, token)


# SCRAM

# RFC 7677 §3 and RFC 5802 §5: the client's nonce and the four messages.
VECTORS = {
    "SCRAM-SHA-256": (
        "rOprNGfwEbeRWgbNEkqO",
        b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        (
            b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        ),
        b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
    "SCRAM-SHA-1": (
        "fyko+d2lbbFgONRv9qkxdawL",
        b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
}
SHA256 = VECTORS["SCRAM-SHA-256"]


def pencil(name: str = "SCRAM-SHA-256") -> Scram:
    """Return the standard's own client: user ``user``, password ``pencil``."""
    return Scram(name, "user", "pencil", nonce=VECTORS[name][0])


@pytest.mark.parametrize("name", SCRAMS)
def test_scram_says_what_the_standard_says(name: str) -> None:
    _, client_first, server_first, client_final, server_final = VECTORS[name]
    exchange = pencil(name)
    assert exchange.initial == client_first
    assert exchange.respond(server_first) == client_final
    assert not exchange.complete
    assert exchange.respond(server_final) == b""
    assert exchange.complete
    exchange.finish(None)
    with pytest.raises(SaslError, match="another challenge"):
        exchange.respond(server_final)


def test_the_servers_proof_may_come_with_its_success() -> None:
    exchange = pencil()
    exchange.respond(SHA256[2])
    exchange.finish(SHA256[4])
    assert exchange.complete


@pytest.mark.parametrize(
    "data", [None, b"", b"v=AAAA", b"e=other-error", b"hello", b"\xff", b"v=!"]
)
def test_success_without_the_right_proof_is_not_believed(data: bytes | None) -> None:
    exchange = pencil()
    exchange.respond(SHA256[2])
    with pytest.raises(ServerNotProven):
        exchange.finish(data)
    assert not exchange.complete


@pytest.mark.parametrize("final", [b"", b"v=AAAA", b"hello", b"\xff", b"v=" + b"A" * 44])
def test_a_wrong_proof_is_not_believed_and_success_after_it_neither(final: bytes) -> None:
    exchange = pencil()
    exchange.respond(SHA256[2])
    with pytest.raises(ServerNotProven):
        exchange.respond(final)
    with pytest.raises(ServerNotProven):
        exchange.finish(SHA256[4])


def test_success_before_any_challenge_is_not_believed() -> None:
    with pytest.raises(ServerNotProven):
        pencil().finish(None)


@pytest.mark.parametrize("before", [(), (SHA256[2],)])
def test_a_server_that_refuses_inside_the_exchange_is_quoted(before: tuple[bytes, ...]) -> None:
    exchange = pencil()
    for challenge in before:
        exchange.respond(challenge)
    assert exchange.respond(b"e=invalid-proof") == b""
    assert exchange.error == "invalid-proof"
    with pytest.raises(ServerNotProven):
        exchange.finish(SHA256[4])


@pytest.mark.parametrize(
    "challenge",
    [
        SHA256[2].replace(b"i=4096", b"i=1000001"),
        SHA256[2].replace(b"i=4096", b"i=99999999999999999999"),
        SHA256[2].replace(b"i=4096", b"i=" + b"9" * 60000),
        SHA256[2].replace(b"i=4096", b"i=-1"),
        SHA256[2].replace(b"i=4096", b"i=0"),
        SHA256[2].replace(b"r=rOpr", b"r=xOpr"),
        SHA256[2].replace(b"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", b""),
        SHA256[2].replace(b"s=W22Z", b"s=!"),
        b"m=mandatory," + SHA256[2],
        SHA256[4],
        b"\xff",
        b"hello",
    ],
)
def test_a_senseless_challenge_is_refused_before_anything_is_computed(challenge: bytes) -> None:
    with pytest.raises(SaslError, match="SCRAM-SHA-256"):
        pencil().respond(challenge)


def test_a_million_iterations_are_still_done() -> None:
    assert pencil().respond(SHA256[2].replace(b"i=4096", b"i=1000000")).startswith(b"c=biws,r=rOpr")


@pytest.mark.parametrize("password", ["\u05d0\u05d1\u05d21", "\u0627a", "a\u0007", "🔑\U0010ffff"])
def test_a_password_that_saslprep_refuses_is_refused_before_anything_is_sent(password: str) -> None:
    with pytest.raises(SaslError, match="cannot carry this user name or password") as caught:
        made("SCRAM-SHA-256", "ana", password)
    assert password not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("user", ["a,b=c", "=2C", "user", "josé", "\u2168"])
def test_a_scram_server_reads_the_user_name_that_was_meant(user: str) -> None:
    seen: list[str] = []
    scram = ScramMechanism("SCRAM-SHA-256")
    info = scram.make_auth_info("x")
    server = scram.make_server(lambda name: seen.append(name) or info)
    initial = made("SCRAM-SHA-256", user, "x").initial
    assert initial is not None
    server.set_client_first(initial.decode())
    assert seen == [user.replace("\u2168", "IX")]  # SASLprep's example: RFC 4013 §3


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SCRAMS), ODD, ODD)
def test_scram_logs_in_wherever_the_server_knows_the_password(
    name: str, user: str, password: str
) -> None:
    scram = ScramMechanism(name)
    try:
        info = scram.make_auth_info(password)
        exchange = made(name, user, password)
    except (ScramException, SaslError):
        reject()  # SASLprep refuses this text
    server = scram.make_server(lambda _: info)
    server.set_client_first((exchange.initial or b"").decode())
    server.set_client_final(exchange.respond(server.get_server_first().encode()).decode())
    assert exchange.respond(server.get_server_final().encode()) == b""
    assert exchange.complete


@pytest.mark.parametrize(
    "password",
    ["naïve \uff30\uff21\uff33\uff33", "a\u00adb", "ﬃ①", "x" * 5000, "Füße=,\\\"'", "\u00a0 "],
)
def test_scrams_proof_is_what_the_standards_formula_gives(password: str) -> None:
    exchange = Scram("SCRAM-SHA-256", "user", password, nonce=SHA256[0])
    proof = exchange.respond(SHA256[2])
    without_proof = proof.rsplit(b",p=", 1)[0]
    message = b",".join((SHA256[1][3:], SHA256[2], without_proof))
    salted = hashlib.pbkdf2_hmac(
        "sha256", prepared(password), base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096
    )
    key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
    expected = bytes(one ^ other for one, other in zip(key, signature, strict=True))
    assert base64.b64decode(proof.rsplit(b",p=", 1)[1]) == expected
    final = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
    exchange.finish(b"v=" + base64.b64encode(final))


def prepared(password: str) -> bytes:
    """Return what SASLprep (RFC 4013) makes of the passwords above, by hand."""
    by_hand = {
        "naïve \uff30\uff21\uff33\uff33": "naïve PASS",
        "a\u00adb": "ab",
        "ﬃ①": "ffi1",
        "\u00a0 ": "  ",
    }
    return by_hand.get(password, password).encode()


@given(st.sampled_from(ALL), st.lists(st.binary() | st.sampled_from([b"", b"r=", b"e=", b"v="])))
def test_no_server_makes_a_mechanism_raise_anything_else(name: str, said: list[bytes]) -> None:
    exchange = made(name)
    with contextlib.suppress(SaslError):
        for challenge in said:
            exchange.respond(challenge)
    with contextlib.suppress(ServerNotProven):
        exchange.finish(said[-1] if said else None)
    if name in SCRAMS:
        assert not exchange.complete

"""TLS: whether it comes first or later, versions, ciphers, and every fault of a certificate."""

from __future__ import annotations

import ssl

import trustme
from scripted import TLS, Answer

from mailwidgets.connection.endpoint import TlsMode
from mailwidgets.reports.report import State, Who
from proof.issuing import chain, for_clients_only
from proof.scenarios_stage import (
    ESCAPED,
    HOSTILE,
    REAL_ANA,
    Reach,
    Scenario,
    against,
    daemon,
    scripted,
)

POP3: dict[str, Answer] = {
    "CAPA": "+OK\nUSER\nSTLS\n.",
    "STLS": "+OK go" + TLS,
    "USER": "+OK",
    "PASS": "+OK in",
    "STAT": "+OK 1 20",
    "QUIT": "+OK bye",
}
_FINGERPRINT = r"SHA-256 [0-9a-f]{64}"
_ALERT = bytes((21, 3, 3, 0, 2, 2, 80))  # RFC 8446 §6: fatal, internal_error


def starttls(variant: str, protocol: str = "pop3", **more: object) -> Reach:
    """Return a check by STARTTLS of Dovecot or Postfix in a variant."""
    at = daemon(protocol, "starttls", variant)  # type: ignore[arg-type]  # one of the three
    return against(protocol, at, tls=TlsMode.REQUIRE, login=REAL_ANA, more=more)


def _no_intermediate(ca: trustme.CA) -> ssl.SSLContext:
    return chain(ca, "Corp Issuing CA 1", whole=False)[0]


def _no_intermediate_but_its_place(ca: trustme.CA) -> ssl.SSLContext:
    return chain(ca, "R11", whole=False, url="http://r11.example.test/ca.der")[0]


def _stls(answer: Answer = "+OK go" + TLS, **more: object) -> Reach:
    at = scripted("+OK ready", {**POP3, "STLS": answer}, **more)  # type: ignore[arg-type]
    return against("pop3", at, tls=TlsMode.REQUIRE)


HANDSHAKE = (
    Scenario(
        code="plain_on_tls_port",
        section="smtp",
        reach=against("smtp", daemon("smtp", "implicit"), timeout=1),
        step="greeting",
        saw=("Silence for 0.25 s", "TLS handshake is answered"),
        field="tls",
        fix=(("tls", "implicit"),),
    ),
    Scenario(
        code="tls_on_plain_port",
        section="imap",
        reach=against("imap", scripted("* OK" + HOSTILE), tls=TlsMode.IMPLICIT),
        step="tls",
        saw=("* OK" + ESCAPED,),
        field="tls",
    ),
    Scenario(
        code="starttls_missing",
        section="pop3",
        reach=against("pop3", daemon("pop3", "none", "clear"), tls=TlsMode.REQUIRE),
        step="tls",
        saw=("does not offer STLS",),
        advice="Do not go on in the clear",
        field="tls",
        who=Who.SERVER,
    ),
    Scenario(
        code="starttls_refused",
        section="pop3",
        reach=_stls("-ERR no certificate" + HOSTILE),
        step="tls",
        saw=("-ERR no certificate" + ESCAPED,),
        field="tls",
        who=Who.SERVER,
    ),
    Scenario(
        code="starttls_injection",
        section="pop3",
        reach=_stls(b"+OK go\r\n+OK \x1b[2J injected\r\n"),
        step="tls",
        saw=(r"+OK \x1b[2J injected",),
        field="tls",
        who=Who.NETWORK,
    ),
    Scenario(
        code="tls_version",
        note="a server too old",
        section="pop3",
        reach=starttls("tls1.1"),
        step="tls",
        saw=("The client offers TLS 1.2 and 1.3, the server has TLSv1.1 at most",),
        advice="upgraded",
        field="force_tls12",
        who=Who.SERVER,
    ),
    Scenario(
        code="tls_version",
        note="a client forced",
        section="smtp",
        reach=starttls("tls1.3", "smtp", force_tls12=True),
        step="tls",
        saw=("The client offers TLS 1.2 alone, the server has TLSv1.3",),
        advice="Lift Force TLS 1.2",
        field="force_tls12",
        fix=(("force_tls12", False),),
    ),
    Scenario(
        code="tls_cipher",
        section="smtp",
        reach=starttls("no-cipher", "smtp"),
        step="tls",
        saw=("HANDSHAKE_FAILURE",),
        field="force_tls12",
        who=Who.SERVER,
    ),
    Scenario(
        code="tls_failed",
        section="pop3",
        reach=_stls(["+OK go", _ALERT]),
        step="tls",
        saw=("ALERT_INTERNAL_ERROR",),
        field="tls",
        who=Who.SERVER,
    ),
    Scenario(
        code="ca_unreadable",
        section="smtp",
        reach=starttls("standard", "smtp", ca_pem="no certificate at all"),
        step="tls",
        saw=("no start line",),
        field="",
    ),
)

CERTIFICATE = (
    Scenario(
        code="cert_expired",
        section="pop3",
        reach=starttls("expired"),
        step="certificate",
        saw=("It expired on",),
        pattern=r"\d{4}-\d\d-\d\d \d\d:\d\d UTC, 1 day ago",
        field="name",
        who=Who.SERVER,
    ),
    Scenario(
        code="cert_not_yet",
        section="imap",
        reach=starttls("not-yet", "imap"),
        step="certificate",
        saw=("It begins on", "this machine's clock says"),
        advice="date and time of this machine and of the server",
        field="name",
    ),
    Scenario(
        code="cert_expiring",
        section="imap",
        reach=starttls("expiring", "imap"),
        step="certificate",
        saw=("It ends on", "in 9 days"),
        field="name",
        who=Who.SERVER,
        state=State.WARNED,
    ),
    Scenario(
        code="cert_name",
        section="smtp",
        reach=starttls("wrong-name", "smtp"),
        step="certificate",
        saw=("It is for mail.other.example, not for localhost",),
        field="name",
    ),
    Scenario(
        code="cert_untrusted",
        note="self-signed",
        section="smtp",
        reach=starttls("self-signed", "smtp"),
        step="certificate",
        saw=("It is self-signed",),
        pattern=_FINGERPRINT,
        advice="pin it",
        field="name",
    ),
    Scenario(
        code="cert_untrusted",
        note="an unknown CA",
        section="pop3",
        reach=starttls("unknown-ca"),
        step="certificate",
        saw=("Its issuer is not known here", "nobody knows"),
        pattern=_FINGERPRINT,
        advice="If the company has a CA of its own, add its certificate",
        field="name",
    ),
    Scenario(
        code="cert_chain",
        note="an intermediate by name",
        section="pop3",
        reach=_stls(context=_no_intermediate),
        step="certificate",
        saw=("Its issuer is neither sent nor known here: CN=Corp Issuing CA 1",),
        advice="send its whole chain",
        field="name",
        who=Who.SERVER,
    ),
    Scenario(
        code="cert_chain",
        note="an intermediate by its address",
        section="pop3",
        reach=_stls(context=_no_intermediate_but_its_place),
        step="certificate",
        saw=("CN=R11",),
        advice="send its whole chain",
        field="name",
        who=Who.SERVER,
    ),
    Scenario(
        code="cert_invalid",
        section="pop3",
        reach=_stls(context=for_clients_only),
        step="certificate",
        saw=("verify error 26",),
        field="name",
        who=Who.SERVER,
    ),
    Scenario(
        code="cert_fingerprint",
        section="imap",
        reach=starttls("standard", "imap", pins=("ab" * 32,)),
        step="certificate",
        saw=("pinned: " + "ab" * 32,),
        pattern=_FINGERPRINT.replace("SHA-256", "fingerprint"),
        field="name",
    ),
)

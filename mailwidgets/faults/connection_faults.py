"""Rows of the table of faults: from the name to the certificate."""

from __future__ import annotations

from typing import Final

from mailwidgets.faults.fault import Do, Names, ServerFault
from mailwidgets.faults.misbehaviour import (
    ANY_COMMAND,
    FIRST_WORD,
    LOGIN,
    SHORT,
    STARTTLS,
    answers,
    does,
    says,
)
from mailwidgets.languages.texts import N_
from mailwidgets.practice.shown import ZONE, Certificate, Versions

_NAMES = (
    ServerFault(
        "name_unknown",
        N_("There is no such name"),
        "dns_not_found",
        names=Names.UNKNOWN,
        mended_by={"name": f"mail.{ZONE}"},
    ),
    ServerFault(
        "dns_silent",
        N_("The name server gives no answer"),
        "dns_timeout",
        names=Names.SILENT,
        settings={"timeout": 1.0},  # a login has to do with it, too, where it is mended
        mended_by={"name": "localhost"},
    ),
    ServerFault(
        "nothing_listens",
        N_("The name leads to a machine where nothing listens"),
        "refused",
        names=Names.ASTRAY,
        mended_by={"name": "localhost"},
    ),
    ServerFault(
        "ipv6_broken",
        N_("The name has an IPv6 address that does not work"),
        "unreachable_ipv6",
        names=Names.BROKEN_IPV6,
        mended_by={"name": "localhost"},
    ),
)

_CONNECTION = (
    ServerFault(
        "greeting_refused",
        N_("The server turns this machine away"),
        "greeting_refused",
        answers(
            FIRST_WORD,
            close=True,
            smtp="554 5.7.1 Your address is on our block list",
            imap="* BYE Your address is on our block list",
            pop3="-ERR Your address is on our block list",
        ),
    ),
    ServerFault(
        "busy",
        N_("The server has no room for another client"),
        "busy",
        answers(
            FIRST_WORD,
            close=True,
            smtp="421 4.3.2 Too many connections, try again later",
            imap="* BYE [UNAVAILABLE] Too many connections, try again later",
            pop3="-ERR [SYS/TEMP] Too many connections, try again later",
        ),
    ),
    ServerFault(
        "silent_server",
        N_("The server takes the connection and says nothing"),
        "silent_server",
        does(Do.HOLD, FIRST_WORD),
        settings={"timeout": SHORT},
    ),
    ServerFault(
        "slow_server",
        N_("The server takes its time for every answer"),
        "deadline",
        does(Do.DELAY, ANY_COMMAND, seconds=0.45),
        settings={"timeout": SHORT},
        mended_by={"timeout": 10.0},
    ),
    ServerFault(
        "flood",
        N_("The server sends a line without end"),
        "line_too_long",
        does(Do.FLOOD, FIRST_WORD),
    ),
    ServerFault(
        "dropped",
        N_("The connection ends in the middle"),
        "dropped",
        does(Do.CUT, LOGIN),
    ),
    ServerFault(
        "wrong_protocol",
        N_("Another kind of server answers"),
        "wrong_protocol",
        does(Do.ANSWER, FIRST_WORD, "SSH-2.0-OpenSSH_9.2"),
    ),
    ServerFault(
        "captive_portal",
        N_("The network wants a sign-in first"),
        "captive_portal",
        does(
            Do.ANSWER,
            FIRST_WORD,
            "HTTP/1.1 302 Found\nLocation: http://login.example/",
            close=True,
        ),
    ),
)

_TLS = (
    ServerFault(
        "starttls_stripped",
        N_("Something on the way takes STARTTLS out"),
        "starttls_missing",
        says(smtp=("STARTTLS", "XNONE"), imap=(" STARTTLS", ""), pop3=("STLS", "")),
    ),
    ServerFault(
        "starttls_refused",
        N_("The server offers STARTTLS and refuses it"),
        "starttls_refused",
        answers(
            STARTTLS,
            smtp="454 4.7.0 TLS not available due to temporary reason",
            imap="{tag} NO TLS initialisation failed",
            pop3="-ERR TLS initialisation failed",
        ),
    ),
    ServerFault(
        "starttls_injected",
        N_("Someone on the way adds to the answer to STARTTLS"),
        "starttls_injection",
        answers(
            STARTTLS,
            smtp="220 2.0.0 Go ahead\n250 2.0.0 Nothing to see here",
            imap="{tag} OK Go ahead\n* OK Nothing to see here",
            pop3="+OK Go ahead\n+OK Nothing to see here",
        ),
    ),
    ServerFault(
        "tls10_only",
        N_("The server speaks TLS 1.0 and nothing newer"),
        "tls_version",
        versions=Versions.ONLY_10,
    ),
    ServerFault(
        "tls12_only",
        N_("The server speaks TLS 1.2 and nothing newer"),
        "ok",
        versions=Versions.ONLY_12,
    ),
    ServerFault(
        "tls13_only",
        N_("The server speaks TLS 1.3 and nothing older"),
        "tls_version",
        versions=Versions.ONLY_13,
        settings={"force_tls12": True},
        mended_by={"force_tls12": False},
    ),
    ServerFault(
        "tls_on_plain_port",
        N_("The port for TLS begins in the clear"),
        "tls_on_plain_port",
        turned=True,
        befalls=("smtp",),
        implicit=True,
    ),
    ServerFault(
        "plain_on_tls_port",
        N_("The port for STARTTLS begins with TLS"),
        "plain_on_tls_port",
        turned=True,
        tls="none",
    ),
)

_CERTIFICATES = (
    ServerFault(
        "cert_expired",
        N_("The certificate has expired"),
        "cert_expired",
        certificate=Certificate.EXPIRED,
    ),
    ServerFault(
        "cert_not_yet",
        N_("The certificate is not valid yet"),
        "cert_not_yet",
        certificate=Certificate.NOT_YET,
    ),
    ServerFault(
        "cert_expiring",
        N_("The certificate expires soon"),
        "cert_expiring",
        certificate=Certificate.EXPIRING,
    ),
    ServerFault(
        "cert_name",
        N_("The certificate is for another name"),
        "cert_name",
        certificate=Certificate.OTHER_NAME,
    ),
    ServerFault(
        "cert_untrusted",
        N_("The certificate is of an unknown authority"),
        "cert_untrusted",
        certificate=Certificate.UNKNOWN_CA,
    ),
    ServerFault(
        "cert_chain",
        N_("The intermediate certificate is not sent"),
        "cert_chain",
        certificate=Certificate.HALF_A_CHAIN,
    ),
)

CONNECTION_FAULTS: Final = (*_NAMES, *_CONNECTION, *_TLS, *_CERTIFICATES)

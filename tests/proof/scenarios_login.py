"""Logging in: what the server offers, and every way in which it says no."""

from __future__ import annotations

import base64

from daemons import accounts
from scripted import Answer

from mailwidgets.connection.endpoint import Login, TlsMode
from mailwidgets.reports.report import Report, Who
from proof.scenarios_network import SMTP
from proof.scenarios_stage import (
    ANA,
    ESCAPED,
    HOSTILE,
    REAL_ANA,
    Reach,
    Scenario,
    Stage,
    against,
    daemon,
    scripted,
)
from proof.scenarios_tls import POP3

IMAP: dict[str, Answer] = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\n{tag} OK",
    "LOGIN": "{tag} OK in",
    "EXAMINE": "* 2 EXISTS\n{tag} OK [READ-ONLY] open",
    "SELECT": "* 0 EXISTS\n{tag} OK [READ-WRITE] open",
    "LIST": '* LIST () "/" INBOX\n* LIST () "/" Outbox\n{tag} OK',
    "LOGOUT": "* BYE see you\n{tag} OK",
}
TOKEN = Login("ana@example.test", "t0ken-t0ken", token=True)
_EXPIRED = base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode()


def smtp(command: str, answer: Answer, login: Login = ANA, **more: str) -> Reach:
    """Return a check of an SMTP server that says this to that command."""
    return against("smtp", scripted("220 mx", {**SMTP, command: answer}), login=login, **more)


def imap(command: str, answer: Answer, **more: object) -> Reach:
    """Return a check of an IMAP server that says this to that command."""
    return against("imap", scripted("* OK ready", {**IMAP, command: answer}), **more)  # type: ignore[arg-type]  # of check_imap


def pop3(command: str, answer: Answer) -> Reach:
    """Return a check of a POP3 server that says this to that command."""
    return against("pop3", scripted("+OK ready", {**POP3, command: answer}))


def said(code: str, section: str, reply: str, **more: object) -> Scenario:
    """Return the scenario of a login that gets this reply, with something hostile behind it."""
    play = {
        "smtp": lambda: smtp("AUTH", reply + HOSTILE),
        "imap": lambda: imap("LOGIN", f"{{tag}} {reply}{HOSTILE}"),
        "pop3": lambda: pop3("PASS", reply + HOSTILE),
    }
    words = {"code": code, "section": section, "note": f"{section} {reply[:24]}"}
    step = {"step": "authentication", "saw": (reply + ESCAPED,)}
    return Scenario(**{**words, **step, **more}, reach=play[section]())  # type: ignore[arg-type]  # fields


def real(section: str, variant: str, login: Login = REAL_ANA, **more: object) -> Reach:
    """Return a check by STARTTLS of Dovecot or Postfix in a variant."""
    at = daemon(section, "starttls", variant)  # type: ignore[arg-type]  # one of the three
    return against(section, at, tls=TlsMode.REQUIRE, login=login, **more)  # type: ignore[arg-type]


async def _expired_token(stage: Stage) -> Report:
    login = Login(accounts.ANA.login, accounts.token(accounts.ANA, -60), token=True)
    return await real("imap", "standard", login)(stage)


OFFERED = (
    Scenario(
        code="auth_needs_tls",
        section="imap",
        reach=against("imap", daemon("imap", "none", "tls-first"), login=REAL_ANA),
        step="authentication",
        saw=("LOGINDISABLED",),
        field="tls",
    ),
    said("auth_needs_tls", "smtp", "530 5.7.0 Must issue STARTTLS first", field="tls"),
    said("auth_needs_tls", "imap", "NO [PRIVACYREQUIRED] TLS first", field="tls"),
    Scenario(
        code="auth_not_offered",
        section="smtp",
        reach=real("smtp", "no-auth"),
        step="authentication",
        saw=("AUTH is not among what the server offers",),
        advice="587 or 465",
        field="port",
    ),
    Scenario(
        code="auth_mechanism",
        section="smtp",
        reach=real("smtp", "only SCRAM-SHA-256"),
        step="authentication",
        saw=("The server offers SCRAM-SHA-256; the client has PLAIN, LOGIN",),
        advice="Set Use SASL to Yes",
        field="sasl",
        fix=(("sasl", True),),
    ),
    Scenario(
        code="auth_mechanism",
        note="disjoint",
        section="smtp",
        reach=smtp(
            "EHLO", f"250-mx\n250 AUTH GSSAPI {HOSTILE}", Login("ana", "x-secret", sasl=True)
        ),
        step="authentication",
        saw=(f"The server offers GSSAPI, {ESCAPED}; the client has SCRAM-SHA-256",),
        field="sasl",
    ),
    said("auth_mechanism", "smtp", "504 5.5.4 not that one", field="sasl"),
    Scenario(
        code="server_not_proven",
        section="smtp",
        reach=against(
            "smtp",
            scripted("220 mx", {**SMTP, "EHLO": "250-mx\n250 AUTH SCRAM-SHA-256"}),
            login=Login("ana", "ana-secret", sasl=True),
        ),
        step="authentication",
        saw=("SCRAM",),
        field="name",
        who=Who.SERVER,
    ),
)

REFUSED = (
    Scenario(
        code="auth_rejected",
        section="imap",
        reach=real("imap", "standard", Login("ana", "wrong-secret")),
        step="authentication",
        saw=("NO [AUTHENTICATIONFAILED]",),
        advice="the full e-mail address: ana@ and the domain",
        field="password",
    ),
    Scenario(
        code="auth_rejected",
        note="and the server says the password back",
        section="smtp",
        reach=smtp("AUTH", "535 5.7.8 ana-secret is wrong" + HOSTILE),
        step="authentication",
        saw=("535 5.7.8 **** is wrong" + ESCAPED,),
        advice="only what stands before the @: ana.",
        field="password",
    ),
    said("auth_rejected", "pop3", "-ERR wrong", field="password"),
    said(
        *("auth_app_password", "smtp", "534 5.7.9 Application-specific password required"),
        field="password",
        who=Who.MAILBOX,
    ),
    said(
        *("auth_app_password", "imap", "NO [ALERT] app password required"),
        field="password",
        who=Who.MAILBOX,
    ),
    *(
        said("auth_disabled", section, reply, field="user", who=Who.SERVER)
        for section, reply in (
            ("smtp", "535 5.7.139 basic authentication is disabled"),
            ("imap", "NO [CONTACTADMIN] ask for it"),
            ("pop3", "-ERR [SYS/PERM] account disabled"),
        )
    ),
    Scenario(
        code="auth_token",
        section="imap",
        reach=_expired_token,
        step="authentication",
        saw=("NO [AUTHENTICATIONFAILED]", "invalid_token"),
        field="password",
        who=Who.MAILBOX,
    ),
    Scenario(
        code="auth_token",
        note="with a status",
        section="smtp",
        reach=against(
            "smtp",
            scripted(
                "220 mx",
                {
                    **SMTP,
                    "EHLO": "250-mx\n250 AUTH XOAUTH2",
                    "AUTH": [f"334 {_EXPIRED}", "535 5.7.8 no"],
                },
            ),
            login=TOKEN,
        ),
        step="authentication",
        saw=("535 5.7.8 no (401)",),
        field="password",
        who=Who.MAILBOX,
    ),
    said("pop3_locked", "pop3", "-ERR [IN-USE] another session", field="user", who=Who.MAILBOX),
    said("pop3_disabled", "pop3", "-ERR [SYS/PERM] not for you", field="user", who=Who.MAILBOX),
    said(
        *("pop3_disabled", "imap", "NO IMAP access is disabled for this mailbox"),
        field="user",
        who=Who.MAILBOX,
    ),
    *(
        said("rate_limited", section, reply, field="user")
        for section, reply in (
            ("smtp", "454 4.7.0 Too many login attempts"),
            ("imap", "NO [LIMIT] too many logins"),
            ("pop3", "-ERR [LOGIN-DELAY] wait"),
        )
    ),
    *(
        said("over_quota", section, reply, field=field, who=Who.MAILBOX)
        for section, reply, field in (
            ("imap", "NO [OVERQUOTA] no room", "outbox"),
            ("pop3", "-ERR [SYS/TEMP] mailbox is full", "user"),
            ("smtp", "552 5.2.2 no room", "user"),
        )
    ),
    said("busy", "smtp", "454 4.7.0 Temporary authentication failure", field="name"),
)

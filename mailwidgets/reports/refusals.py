"""What a server means by refusing: from a reply to the code of a fault; pure.

Each protocol has a table of rules, read from the top: the first one that fits gives the code.
The words are what real servers say where codes alone leave it open.

>>> from mailwidgets.protocols.replies import smtp_reply
>>> smtp_refusal(smtp_reply([b"554 5.7.1 <b@example.org>: Relay access denied"]), "rcpt").code
'relay_denied'
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailwidgets.languages.texts import _
from mailwidgets.protocols.replies import ImapResponse, Pop3Status, SmtpReply, shown
from mailwidgets.reports.fault import Fault

_APP_PASSWORD = r"app(lication)?[- ]?(specific)?[- ]?passwo?r?d"  # noqa: S105 - what servers call it
_DISABLED = (
    r"basic auth\S* is disabled|clientauthentication is disabled|authentication (is )?disabled"
    r"|account (is |has been )?(disabled|locked|suspended|blocked)|web ?login required"
    r"|log in (via|with) your web"
)
_RATE = r"too many (?!(\w+ )?(connection|session))|rate.?limit|limit exceeded|throttl|login.?delay"
_BUSY = r"too many|busy|try (again )?later|temporar|unavailable|overload|max\w* .*connection"
_NEEDS_TLS = r"starttls|encryption (is )?required|(tls|ssl) (is )?required|secure connection"
_NEEDS_LOGIN = (
    r"auth\w* (is )?(required|needed)|not auth\w+|(log ?in|auth\w*) (first|before)|must auth"
)
_BLOCKED = r"blocked using|spamhaus|dnsbl|\brbl\b|(black|block|deny).?list|client host .*blocked"
_HELO = r"\b(helo|ehlo)\b"
_QUOTA = r"quota|(mailbox|storage|disk) (is )?full|insufficient .*(storage|space)"
_UNKNOWN = r"unknown|no such|not (found|exist)|n't exist|no mailbox|mailbox unavailable|invalid rec"
_OFF = (
    r"(imap|pop3?)\S* (access )?(is )?(disabled|not enabled|off)|not (enabled|allowed) .*(imap|pop)"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line of a table: every condition that is set must hold.

    Attributes:
        fault: the code it gives.
        stages: where in the ladder, several by blanks; empty anywhere.
        code: pattern that the whole reply or response code matches.
        enhanced: pattern that the whole enhanced status code matches (SMTP).
        words: pattern to be found in the text, in any case.
    """

    fault: str
    stages: str = ""
    code: str = ""
    enhanced: str = ""
    words: str = ""

    def fits(self, stage: str, code: str, enhanced: str, text: str) -> bool:
        return (
            (not self.stages or stage in self.stages.split())
            and (not self.code or re.fullmatch(self.code, code) is not None)
            and (not self.enhanced or re.fullmatch(self.enhanced, enhanced) is not None)
            and (not self.words or re.search(self.words, text, re.IGNORECASE) is not None)
        )


_SMTP = (
    _Rule("rate_limited", code="421", words=_RATE),
    _Rule("busy", code="421"),
    _Rule("greeting_refused", "greeting", code="5.."),
    _Rule("busy", "greeting"),
    _Rule("starttls_refused", "starttls"),
    _Rule("greeting_refused", "ehlo mail rcpt", words=_BLOCKED),
    # 450 and 550 at EHLO are about the name given there (RFC 5321 §4.1.4); so are those at RCPT
    # that say so.
    _Rule("ehlo_rejected", "ehlo", code="5..|450"),
    _Rule("busy", "ehlo"),
    # Login: RFC 4954 §6, and the big providers' own.
    _Rule("auth_app_password", "auth", words=_APP_PASSWORD),
    _Rule("auth_app_password", "auth", code="534", enhanced=r"5\.7\.9"),
    _Rule("auth_disabled", "auth", enhanced=r"5\.7\.139"),
    _Rule("auth_disabled", "auth", code="5..", words=_DISABLED),
    _Rule("auth_needs_tls", "auth", code="530|538"),
    _Rule("auth_needs_tls", "auth", code="5..", words=_NEEDS_TLS),
    _Rule("over_quota", "auth", enhanced=r".\.2\.2"),
    _Rule("rate_limited", "auth", words=_RATE),
    _Rule("busy", "auth", code="4..", words=r"temporary authentication failure"),
    _Rule("rate_limited", "auth", code="454", enhanced=r"4\.7\.0"),
    _Rule("busy", "auth", code="4.."),
    _Rule("auth_mechanism", "auth", code="504|534"),
    _Rule("auth_not_offered", "auth", code="50[0-3]"),
    _Rule("auth_rejected", "auth"),
    # MAIL and RCPT: RFC 5321 §4.2.3 with RFC 3463, and what servers write.
    _Rule("ehlo_rejected", words=_HELO),
    _Rule("auth_needs_tls", code="530", words=_NEEDS_TLS),
    _Rule("auth_missing", code="530"),
    _Rule("auth_missing", code="5..", words=_NEEDS_LOGIN),
    _Rule("smtputf8_missing", enhanced=r"5\.6\.7"),
    _Rule("smtputf8_missing", words="smtputf8"),
    _Rule("size_limit", enhanced=r".\.3\.4|.\.2\.3"),
    _Rule("rate_limited", code="452", enhanced=r"4\.5\.3"),
    _Rule("over_quota", enhanced=r".\.2\.2|4\.3\.1"),
    _Rule("rate_limited", code="4..", words=_RATE),
    _Rule("over_quota", words=_QUOTA),
    _Rule("over_quota", code="452|552"),
    _Rule("greylisted", code="4..", words="gr[ea]y"),
    _Rule("sender_refused", enhanced=r"[45]\.1\.[78]"),
    _Rule("greylisted", "mail rcpt data", code="45[01]", enhanced=r"(4\.[27]\..*)?"),
    _Rule("busy", code="4.."),
    _Rule("relay_denied", "rcpt", words="relay"),
    _Rule("sender_refused", words="sender|send.as|not owned|on behalf"),
    _Rule("recipient_refused", "rcpt", enhanced=r"5\.1\.(1|6|10)"),
    _Rule("recipient_refused", "rcpt", enhanced=r"(5\.[12]\..*)?", words=_UNKNOWN),
    _Rule("message_refused", "data"),
    _Rule("sender_refused"),
)

_IMAP = (
    _Rule("starttls_refused", "starttls"),
    _Rule("auth_needs_tls", code="PRIVACYREQUIRED"),
    _Rule("auth_app_password", "auth", words=_APP_PASSWORD),
    _Rule("pop3_disabled", "auth", words=_OFF),
    _Rule("auth_disabled", "auth", code="CONTACTADMIN|WEBALERT"),
    _Rule("auth_disabled", "auth", words=_DISABLED),
    _Rule("over_quota", code="OVERQUOTA"),
    _Rule("charset_refused", code="BADCHARSET"),
    _Rule("rate_limited", code="LIMIT"),
    _Rule("rate_limited", words=_RATE),
    _Rule("busy", code="UNAVAILABLE|INUSE|IN-USE"),
    _Rule("folder_missing", "folder append", code="NONEXISTENT|TRYCREATE"),
    _Rule("folder_readonly", "folder append", code="NOPERM|READ-ONLY"),
    _Rule("size_limit", "append", code="TOOBIG"),  # RFC 7889 §4
    _Rule("size_limit", "append", words="too (big|large)"),
    _Rule("over_quota", "append", words=_QUOTA),
    _Rule("busy", "append", code="SERVERBUG"),
    _Rule("message_refused", "append"),
    _Rule("folder_missing", "folder", words=_UNKNOWN),
    _Rule("busy", "folder", code="SERVERBUG"),
    _Rule("folder_missing", "folder"),
    _Rule("auth_rejected", "auth", code="AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|EXPIRED"),
    _Rule("auth_needs_tls", "auth", words=_NEEDS_TLS),
    _Rule("busy", "greeting bye", words=_BUSY),
    _Rule("greeting_refused", "greeting"),
    _Rule("auth_rejected", "auth"),
    _Rule("dropped", "bye"),
    _Rule("command_refused"),
)

_POP3 = (
    _Rule("starttls_refused", "starttls"),
    _Rule("rate_limited", code="LOGIN-DELAY"),
    _Rule("pop3_locked", "auth mailbox", code="IN-USE"),
    _Rule("over_quota", "auth mailbox", words=_QUOTA),
    _Rule("busy", code=r"SYS/TEMP|IN-USE|UNAVAILABLE"),
    _Rule("auth_app_password", "auth", words=_APP_PASSWORD),
    _Rule("pop3_disabled", "auth", words=_OFF),
    _Rule("auth_disabled", "auth", code="CONTACTADMIN"),
    _Rule("auth_disabled", "auth", words=_DISABLED),
    _Rule("pop3_disabled", "auth mailbox", code="SYS/PERM"),
    _Rule("rate_limited", words=_RATE),
    _Rule("pop3_locked", "auth mailbox", words=r"\block|in use|another (pop3? )?session"),
    _Rule("auth_rejected", "auth", code="AUTH"),
    _Rule("auth_needs_tls", "auth", words=_NEEDS_TLS),
    _Rule("busy", "greeting", words=_BUSY),
    _Rule("greeting_refused", "greeting"),
    _Rule("auth_rejected", "auth"),
    _Rule("command_refused"),
)


def smtp_refusal(
    reply: SmtpReply, stage: str, *, token: bool = False, user: str = "", anonymous: bool = False
) -> Fault:
    """Return what an SMTP server means by a reply that is no success.

    Args:
        reply: what it said.
        stage: ``greeting``, ``ehlo``, ``starttls``, ``auth``, ``mail``, ``rcpt`` or ``data``.
        token: the login was with an access token.
        user: the user name it was with.
        anonymous: nobody has logged in, though the server would let them: whom it refuses may
            then be anyone.
    """
    code = _first(_SMTP, stage, str(reply.code), reply.enhanced, reply.text)
    if anonymous and code == "sender_refused":
        code = "auth_missing"
    return _fault(code, f"{reply.code} {reply.text}", token=token, user=user)


def imap_refusal(
    response: ImapResponse, stage: str, *, token: bool = False, user: str = ""
) -> Fault:
    """Return what an IMAP server means by NO, BAD or BYE.

    Args:
        response: what it said.
        stage: ``greeting``, ``starttls``, ``auth``, ``folder``, ``append``, ``bye`` (which it said
            on its own account) or another command's name.
        token: the login was with an access token.
        user: the user name it was with.
    """
    code = _first(_IMAP, stage, response.code, "", response.text)
    brackets = f"[{response.code}] " if response.code else ""
    return _fault(code, f"{response.kind} {brackets}{response.text}", token=token, user=user)


def pop3_refusal(status: Pop3Status, stage: str, *, token: bool = False, user: str = "") -> Fault:
    """Return what a POP3 server means by ``-ERR``.

    Args:
        status: what it said.
        stage: ``greeting``, ``starttls``, ``auth``, ``mailbox`` or another command's name.
        token: the login was with an access token.
        user: the user name it was with.
    """
    code = _first(_POP3, stage, status.code, "", status.text)
    brackets = f"[{status.code}] " if status.code else ""
    return _fault(code, f"-ERR {brackets}{status.text}", token=token, user=user)


def _first(rules: Iterable[_Rule], stage: str, code: str, enhanced: str, text: str) -> str:
    # The text is the server's and may be long; nothing it means stands beyond that.
    return next(rule.fault for rule in rules if rule.fits(stage, code, enhanced, text[:2000]))


def _fault(code: str, said: str, *, token: bool, user: str) -> Fault:
    if token and code == "auth_rejected":
        code = "auth_token"
    fault = Fault(code, _("The server said: {words}").format(words=shown(said, 300)))
    if code == "auth_rejected" and user:
        fault.advice = _other_spelling(user)
    return fault


def _other_spelling(user: str) -> str:
    """Return what to check after a refused login: the user name may be meant in another form."""
    local, at = user.rpartition("@")[:2]
    told = _(
        "Check the password, and the user name {user}: some servers want the full e-mail address:"
        " {user}@ and the domain. Only one attempt was made."
    )
    if at:
        told = _(
            "Check the password, and the user name {user}: some servers want only what stands"
            " before the @: {local}. Only one attempt was made."
        )
    return told.format(user=shown(user), local=shown(local))

"""Rows of the table of faults: from the login to the recipient."""

from __future__ import annotations

from typing import Final

from mailwidgets.faults.fault import Do, Rule, ServerFault
from mailwidgets.faults.misbehaviour import LOGIN, answers, says, together
from mailwidgets.languages.texts import N_

_LOGINS = (
    ServerFault(
        "login_disabled",
        N_("The server takes logins only over TLS"),
        "auth_needs_tls",
        together(
            says(
                clear=True,
                smtp=("AUTH .*", "XNONE"),
                imap=("(IMAP4rev1)(.*?)( AUTH=[^] ]+)+", r"\1 LOGINDISABLED\2"),
                pop3=("USER|SASL.*", ""),
            ),
            answers(
                LOGIN,
                clear=True,
                smtp="538 5.7.11 Encryption required for requested authentication mechanism",
                imap="{tag} NO [PRIVACYREQUIRED] Use TLS to log in",
                pop3="-ERR Use TLS: STLS is required before a login",
            ),
        ),
        tls="none",
        mended_by={"tls": "require"},
    ),
    ServerFault(
        "cram_md5_only",
        N_("The server takes CRAM-MD5 and no other way of logging in"),
        "auth_mechanism",
        together(
            says(
                smtp=("(250.)AUTH .*", r"\1AUTH CRAM-MD5"),
                imap=("(IMAP4rev1)(.*?)( AUTH=[^] ]+)+", r"\1 LOGINDISABLED AUTH=CRAM-MD5\2"),
                pop3=("SASL .*", "SASL CRAM-MD5"),
            ),
            says(pop3=("USER", "")),
            answers(
                {
                    "smtp": "AUTH (?!CRAM-MD5).*",
                    "imap": "(LOGIN|AUTHENTICATE (?!CRAM-MD5)).*",
                    "pop3": "(USER|PASS|AUTH (?!CRAM-MD5)).*",
                },
                smtp="504 5.5.4 Unrecognized authentication type",
                imap="{tag} NO [CANNOT] Unsupported authentication mechanism",
                pop3="-ERR Unsupported authentication mechanism",
            ),
        ),
        settings={"sasl": False},
        mended_by={"sasl": True},
    ),
    ServerFault(
        "wrong_password",
        N_("The password is not the one the server knows"),
        "auth_rejected",
        answers(
            LOGIN,
            smtp="535 5.7.8 Authentication credentials invalid",
            imap="{tag} NO [AUTHENTICATIONFAILED] Invalid credentials",
            pop3="-ERR [AUTH] Invalid credentials",
        ),
    ),
    ServerFault(
        "app_password",
        N_("The provider wants an app password"),
        "auth_app_password",
        answers(
            LOGIN,
            smtp="534 5.7.9 Application-specific password required",
            imap="{tag} NO [ALERT] Application-specific password required",
            pop3="-ERR [AUTH] Application-specific password required",
        ),
    ),
    ServerFault(
        "login_off",
        N_("Logging in is switched off for this mailbox"),
        "auth_disabled",
        answers(
            LOGIN,
            smtp="535 5.7.139 Authentication unsuccessful, basic authentication is disabled",
            imap="{tag} NO [CONTACTADMIN] Logging in is disabled for this mailbox",
            pop3="-ERR [SYS/PERM] Authentication is disabled for this mailbox",
        ),
    ),
    ServerFault(
        "access_off",
        N_("POP3 or IMAP is switched off for this mailbox"),
        "pop3_disabled",
        answers(
            LOGIN,
            imap="{tag} NO IMAP access is disabled for this mailbox",
            pop3="-ERR [SYS/PERM] POP3 access is disabled for this mailbox",
        ),
    ),
    ServerFault(
        "rate_limited",
        N_("One has logged in too often"),
        "rate_limited",
        answers(
            LOGIN,
            smtp="454 4.7.0 Too many login attempts, please try again later",
            imap="{tag} NO [LIMIT] Too many login attempts",
            pop3="-ERR [LOGIN-DELAY] Too many login attempts",
        ),
    ),
    ServerFault(
        "mailbox_locked",
        N_("Another program has the mailbox open"),
        "pop3_locked",
        answers(LOGIN, pop3="-ERR [IN-USE] Another session has this mailbox open"),
    ),
)

_MAILBOXES = (
    ServerFault(
        "folder_missing",
        N_("There is no Outbox"),
        "folder_missing",
        {
            "imap": (
                Rule(
                    '(SELECT|STATUS|EXAMINE|APPEND) "?Outbox.*',
                    Do.ANSWER,
                    "{tag} NO [NONEXISTENT] No such mailbox",
                ),
                Rule("LIST .*", Do.REPLACE, "", '\\* LIST .*"?Outbox"?'),
            )
        },
    ),
    ServerFault(
        "other_delimiter",
        N_("The folders stand below INBOX, after a dot"),
        "folder_prefix",
        {
            "imap": (
                Rule(
                    '(SELECT|STATUS|EXAMINE|APPEND) "?(Outbox|Sent|Drafts|Trash).*',
                    Do.ANSWER,
                    "{tag} NO [NONEXISTENT] No such mailbox",
                ),
                Rule('(SELECT|STATUS|EXAMINE|APPEND) "?INBOX\\.(\\w+)"?(.*)', Do.SEND, r"\1 \2\3"),
                Rule(
                    "LIST .*",
                    Do.REPLACE,
                    r'\1 "." INBOX.\2',
                    r'(\* LIST [^)]*\)) "/" "?(Outbox|Sent|Drafts|Trash)"?',
                ),
            )
        },
        mended_by={"outbox": "INBOX.Outbox"},
    ),
    ServerFault(
        "over_quota",
        N_("The mailbox is full"),
        "over_quota",
        answers(
            {"smtp": "RCPT .*", "imap": "(SELECT|EXAMINE|APPEND) .*"},
            smtp="452 4.2.2 Mailbox full",
            imap="{tag} NO [OVERQUOTA] The mailbox is full",
        ),
    ),
)

_SENDING = (
    ServerFault(
        "ehlo_refused",
        N_("The server does not accept the name given with EHLO"),
        "ehlo_rejected",
        answers(
            {"smtp": r"EHLO (\[.*|[^.]*|.*\.localdomain)"},
            smtp="550 5.7.1 EHLO needs a full domain name",
        ),
        mended_by={"ehlo": "ws-01.practice.example"},
    ),
    ServerFault(
        "login_wanted",
        N_("The server takes nothing from those who do not log in"),
        "auth_missing",
        answers({"smtp": "MAIL .*"}, smtp="530 5.7.0 Authentication required"),
    ),
    ServerFault(
        "sender_refused",
        N_("This login may not send from that address"),
        "sender_refused",
        answers(
            {"smtp": "MAIL .*"}, smtp="553 5.7.1 Sender address rejected: not owned by this login"
        ),
    ),
    ServerFault(
        "relay_denied",
        N_("The server does not pass mail on"),
        "relay_denied",
        answers({"smtp": "RCPT .*"}, smtp="554 5.7.1 Relay access denied"),
    ),
    ServerFault(
        "greylisted",
        N_("The server puts strangers off for some minutes"),
        "greylisted",
        answers({"smtp": "RCPT .*"}, smtp="451 4.7.1 Greylisted, please try again in five minutes"),
    ),
)

MAIL_FAULTS: Final = (*_LOGINS, *_MAILBOXES, *_SENDING)

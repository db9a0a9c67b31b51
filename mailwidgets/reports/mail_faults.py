"""What goes wrong once the server talks: the login, the folders, the addresses.

The codes are stable: scripts, lessons and pages refer to them.
"""

from __future__ import annotations

from mailwidgets.languages.texts import N_
from mailwidgets.reports.diagnosis import Diagnosis
from mailwidgets.reports.report import State, Who

_LOGIN = {
    "secret_unreadable": Diagnosis(
        N_("The stored password cannot be opened with the keys at hand."),
        N_("Type the password anew, or give this machine the key it was stored with."),
        Who.YOU,
        "password",
    ),
    "auth_needs_tls": Diagnosis(
        N_("The server takes a login only over TLS."),
        N_("Turn TLS on."),
        Who.YOU,
        "tls",
    ),
    "auth_not_offered": Diagnosis(
        N_("The server offers no login here."),
        N_(
            "Leave user name and password empty if none is needed; else this is the wrong "
            "port: 25 is for servers, 587 or 465 for people."
        ),
        Who.YOU,
        "port",
    ),
    "auth_mechanism": Diagnosis(
        N_("Client and server share no way of logging in."),
        N_("Switch Use SASL, or use an access token if that is what the server wants."),
        Who.YOU,
        "sasl",
    ),
    "auth_rejected": Diagnosis(
        N_("The server does not accept this user name with this password."),
        N_(
            "Check both; some servers want the full e-mail address as user name, others only what"
            " stands before the @. Only one attempt was made."
        ),
        Who.YOU,
        "password",
    ),
    "auth_app_password": Diagnosis(
        N_("The provider does not take the account's own password from mail programs."),
        N_("Create an app password in the account's security settings, or use an access token."),
        Who.MAILBOX,
        "password",
    ),
    "auth_disabled": Diagnosis(
        N_("Logging in this way is disabled for the mailbox or the whole organisation."),
        N_("Ask the mailbox's administrator."),
        Who.SERVER,
        "user",
    ),
    "auth_token": Diagnosis(
        N_("The access token is not accepted: it has expired, or it is for another scope or user."),
        N_("Get a fresh token with the mail scope for this user."),
        Who.MAILBOX,
        "password",
    ),
    "auth_missing": Diagnosis(
        N_("The server wants a login, and none is set."),
        N_("Set user name and password."),
        Who.YOU,
        "user",
    ),
    "server_not_proven": Diagnosis(
        N_("The server accepted the login without proving that it knows the password itself."),
        N_("It may not be the real server. Do not go on; ask its owner."),
        Who.SERVER,
        "name",
    ),
    "pop3_locked": Diagnosis(
        N_("Another client has the mailbox open."),
        N_("Close the other program, or wait some minutes."),
        Who.MAILBOX,
        "user",
    ),
    "pop3_disabled": Diagnosis(
        N_("This way of reading mail is switched off for the mailbox."),
        N_("Enable it in the mailbox's own settings, or ask its administrator."),
        Who.MAILBOX,
        "user",
    ),
    "rate_limited": Diagnosis(
        N_("The server limits how often one may come, and that limit is reached."),
        N_("Stop, and wait at least a quarter of an hour. If it stays, ask the server's owner."),
        Who.YOU,
        "user",
    ),
}

_MAIL = {
    "fallback_missing": Diagnosis(
        N_("Mail is to go by the acting user's SMTP settings, but none are set."),
        N_("Set the SMTP server of the user who sends."),
        Who.YOU,
        "name",
    ),
    "folder_missing": Diagnosis(
        N_("There is no folder of that name."),
        N_("Choose a folder there is, or create this one."),
        Who.YOU,
        "outbox",
    ),
    "folder_prefix": Diagnosis(
        N_("The folder exists under a longer name on this server."),
        N_("Enter the name as the server lists it."),
        Who.YOU,
        "outbox",
    ),
    "folder_readonly": Diagnosis(
        N_("The folder is there, but this user may not add messages to it."),
        N_("Ask the mailbox's owner for the right to insert."),
        Who.MAILBOX,
        "outbox",
    ),
    "over_quota": Diagnosis(
        N_("The mailbox is full."), N_("Free some space in it."), Who.MAILBOX, "outbox"
    ),
    "ehlo_rejected": Diagnosis(
        N_("The server does not accept the name this client gives itself."),
        N_("Set EHLO to this machine's full domain name."),
        Who.YOU,
        "ehlo",
    ),
    "sender_refused": Diagnosis(
        N_("This login may not send from that address."),
        N_(
            "Send from the login's own address, or have the right to send as the other granted "
            "on the server."
        ),
        Who.SERVER,
        "sender",
    ),
    "recipient_refused": Diagnosis(
        N_("The server accepts the sender but knows no mailbox of that address."),
        N_("Mail to others may well work. Check the address: replies to it will bounce."),
        Who.YOU,
        "sender",
        State.WARNED,
    ),
    "relay_denied": Diagnosis(
        N_("The server does not pass on mail for this client."),
        N_("Log in, or use the server that sends your mail."),
        Who.YOU,
        "user",
    ),
    "greylisted": Diagnosis(
        N_("The server puts unknown clients off for some minutes: a policy against spam."),
        N_("Nothing to mend: it works after some minutes."),
        Who.YOU,
        "sender",
        State.WARNED,
    ),
    "size_limit": Diagnosis(
        N_("The message is larger than the server takes."),
        N_("Send smaller messages, or have the limit raised."),
        Who.SERVER,
        "sender",
    ),
    "smtputf8_missing": Diagnosis(
        N_("The address has letters beyond ASCII, and the server cannot carry them."),
        N_("Use an address in plain ASCII letters."),
        Who.YOU,
        "sender",
    ),
    "sender_missing": Diagnosis(
        N_("A message needs a sender, and none is set."),
        N_("Enter the address that workflow messages come from."),
        Who.YOU,
        "sender",
    ),
    "message_refused": Diagnosis(
        N_("The server takes sender and recipient, but not this message."),
        N_("Its words say why: often a rule against spam. Try another text, or ask its owner."),
        Who.SERVER,
    ),
    "delivery_unknown": Diagnosis(
        N_("The server may have taken the message: all of it was sent, and no answer came."),
        N_("Look into the recipient's mailbox and the server's log before you send it again."),
        Who.YOU,
    ),
    "charset_refused": Diagnosis(
        N_("The charset is not one that mail can use."), N_("Choose utf-8."), Who.YOU, "charset"
    ),
}

MAIL_FAULTS: dict[str, Diagnosis] = {**_LOGIN, **_MAIL}
"""Code of a fault → what it means and what to do."""

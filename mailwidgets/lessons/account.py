"""Lesson 1: a first account."""

from __future__ import annotations

from typing import Final

from mailwidgets.languages.texts import N_
from mailwidgets.lessons.exercise import Exercise
from mailwidgets.lessons.scene import Scene
from mailwidgets.lessons.wants import in_force, passes, secured

_FETCHING: Final = {
    "pop3.name": "{host}",
    "pop3.port": "{pop3}",
    "pop3.user": "{user}",
    "pop3.password": "{password}",
}
_SENDING: Final = {
    "smtp.name": "{host}",
    "smtp.port": "{smtp}",
    "smtp.tls": "require",
    "smtp.use_pop3_account": "yes",
}

EXERCISES: Final = (
    Exercise(
        "fetch",
        N_("Fetch mail by POP3"),
        N_(
            "You are Ana, and it is your first day. Set up POP3 with what the provider's sheet "
            "says: server {host}, port {pop3}, user name {user}, password {password}. Test it, "
            "then save."
        ),
        (
            passes("pop3"),
            secured("pop3"),
            in_force(
                "pop3.port",
                "{pop3}",
                N_("It works, but here take port {pop3}, on which TLS comes by STARTTLS."),
            ),
        ),
        (
            N_(
                "Four fields of the POP3 form are yours to fill in: Name, POP3 port, User name and "
                "Password. The rest may stay as it is."
            ),
            N_(
                "The port on the sheet replaces the default, 110. The user name is the whole "
                "address. Test POP3 tries what you typed."
            ),
            N_(
                "Set Name to {host}, POP3 port to {pop3}, User name to {user} and Password to "
                "{password}, press Test POP3, then Save: only what is saved counts."
            ),
        ),
        N_(
            "You can fetch mail. The test went from the name to the mailbox, and TLS came by STLS "
            "before the password was sent."
        ),
        Scene(empty=True),
    ),
    Exercise(
        "send",
        N_("Send mail by SMTP"),
        N_(
            "Now set up SMTP: server {host}, port {smtp}, TLS required (SSL/TLS). The account is "
            "the same as for POP3, so let SMTP use that one instead of typing it again. Test and "
            "save."
        ),
        (
            passes("smtp"),
            secured("smtp"),
            in_force(
                "smtp.use_pop3_account",
                "yes",
                N_("The account is the same: switch on Use POP3 account, so it is kept once."),
            ),
            in_force(
                "smtp.user",
                "{user}",
                N_("Without a user name nobody logs in: look at the account."),
            ),
        ),
        (
            N_(
                "Look for a check box in the SMTP form that takes user name and password from POP3."
            ),
            N_("Use TLS/SSL stands at Auto: that takes TLS only where it is offered."),
            N_(
                "Set Name to {host}, SMTP port to {smtp} and Use TLS/SSL to SSL/TLS, tick Use POP3 "
                "account, press Save."
            ),
        ),
        N_(
            "SMTP borrows the POP3 account: change the password there, and both follow. The test "
            "proved the sender without sending anything."
        ),
        Scene(_FETCHING, empty=True),
        opens="smtp",
    ),
    Exercise(
        "folders",
        N_("Read folders by IMAP"),
        N_(
            "Last, IMAP, with TLS from the first byte: server {host}, port {imaps}, again with the "
            "POP3 account. Test and save."
        ),
        (
            passes("imap"),
            secured("imap"),
            in_force(
                "imap.port",
                "{imaps}",
                N_("Port {imap} begins in the clear; TLS from the first byte is at {imaps}."),
            ),
        ),
        (
            N_("The provider's sheet has two ports for IMAP; only one speaks TLS at once."),
            N_("IMAP, too, has a check box Use POP3 account."),
            N_("Set Name to {host} and IMAP port to {imaps}, tick Use POP3 account, press Save."),
        ),
        N_(
            "All three work. With TLS from the first byte nothing was said in the clear, not even "
            "the greeting; compare the steps of the POP3 and the IMAP test."
        ),
        Scene(_FETCHING | _SENDING, empty=True),
        opens="imap",
    ),
)

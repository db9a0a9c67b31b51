"""Lesson 4: reading a failed test."""

from __future__ import annotations

from typing import Final

from mailwidgets.languages.texts import N_
from mailwidgets.lessons.exercise import Exercise
from mailwidgets.lessons.scene import Scene
from mailwidgets.lessons.wants import in_force, passes, secured

EXERCISES: Final = (
    Exercise(
        "port",
        N_("It fails at connection"),
        N_("Ana cannot fetch mail by POP3. Test it, read the report from the top, and mend it."),
        (passes("pop3"), secured("pop3")),
        (
            N_("The first failing step counts; what comes after it was not reached."),
            N_("The host is there, but nothing listens on that port. The sheet has the right one."),
            N_("Set POP3 port to {pop3}, test, save."),
        ),
        N_("Connection refused: the host answered. Most firewalls would have kept silent."),
        Scene({"pop3.port": "1"}),
    ),
    Exercise(
        "name",
        N_("It fails at the name"),
        N_("Since the move nobody can read mail by IMAP. Test it, and mend what the report names."),
        (passes("imap"), secured("imap")),
        (
            N_("No connection was tried: the name itself is not known."),
            N_("The test has looked for names that are like it: the report tells which there are."),
            N_("Press Apply this fix, or set Name to {host}; test, save."),
        ),
        N_("Where nobody knows a name, look for a mistake in it before you suspect the network."),
        Scene({"imap.name": "impa.practice.example"}),
        opens="imap",
    ),
    Exercise(
        "password",
        N_("It fails at authentication"),
        N_(
            "Ana has changed her password to {password}, and since then SMTP refuses her. SMTP has "
            "a user name and a password of its own. Mend it."
        ),
        (passes("smtp"), secured("smtp")),
        (
            N_("The server has heard the password and does not know it: TLS and the rest work."),
            N_("A stored password is never shown. Type the new one over it."),
            N_("Type {password} as the password of SMTP, test, save."),
        ),
        N_("One login per test, never a retry: so a test cannot have Ana's account barred."),
        Scene({"smtp.use_pop3_account": "no", "smtp.user": "{user}", "smtp.password": "before"}),
        opens="smtp",
    ),
    Exercise(
        "mechanism",
        N_("The server wants another login"),
        N_(
            "The provider has switched plain logins off for IMAP. The password is right, and yet "
            "the login fails. Which setting lets both sides agree?"
        ),
        (passes("imap"), secured("imap")),
        (
            N_(
                "Read the step Capabilities: LOGINDISABLED means that the server takes no plain "
                "login."
            ),
            N_("What begins with AUTH= is a SASL mechanism: it offers AUTH=CRAM-MD5."),
            N_("Set Use SASL to Yes, test, save."),
        ),
        N_("With SASL the client takes the strongest mechanism that both sides have."),
        Scene({"imap.sasl": "no"}, fault="cram_md5_only", protocols=("imap",)),
        opens="imap",
    ),
    Exercise(
        "folder",
        N_("It works, with a remark"),
        N_(
            "IMAP works, but the test has a remark, and a warning counts: mail for the Outbox "
            "would be lost. Mend it, so that the Outbox in force is one that the server has."
        ),
        (
            passes("imap"),
            in_force(
                "imap.outbox",
                "INBOX.Outbox",
                N_("The report lists the folders as the server calls them."),
            ),
        ),
        (
            N_("Look at the step Outbox: what are the folders called there?"),
            N_("On this server every folder stands below INBOX, after a dot."),
            N_("Set Outbox to INBOX.Outbox, test, save."),
        ),
        N_("Folder names are the server's: with another delimiter, or all below INBOX."),
        Scene(fault="other_delimiter", protocols=("imap",)),
        opens="imap",
    ),
)

"""Lesson 3: TLS in practice."""

from __future__ import annotations

from typing import Final

from mailwidgets.languages.texts import N_
from mailwidgets.lessons.exercise import Exercise
from mailwidgets.lessons.scene import Scene
from mailwidgets.lessons.wants import in_force, passes, secured

EXERCISES: Final = (
    Exercise(
        "implicit",
        N_("TLS from the first byte"),
        N_(
            "POP3 works on port {pop3}, where TLS comes by STLS after a greeting in the clear. The "
            "provider recommends TLS from the first byte, on port {pop3s}. Change over."
        ),
        (
            in_force("pop3.port", "{pop3s}", N_("TLS from the first byte is on port {pop3s}.")),
            secured("pop3"),
            passes("pop3"),
        ),
        (
            N_("Only the port has to change; look at what the test says about TLS then."),
            N_("Set POP3 port to {pop3s}, test, save."),
        ),
        N_(
            "RFC 8314 recommends it: where nothing is said in the clear, nothing can be changed "
            "there."
        ),
    ),
    Exercise(
        "clear",
        N_("A password in the clear"),
        N_(
            "Somebody has switched TLS off for SMTP, since it worked without. Everybody on the way "
            "can read the password now. Mend it on port {smtp}, without another port."
        ),
        (
            secured("smtp"),
            in_force("smtp.port", "{smtp}", N_("It was to stay at port {smtp}, with SSL/TLS.")),
            passes("smtp"),
        ),
        (
            N_("Auto is not enough: it goes on in the clear where the server offers no TLS."),
            N_("On port {smtp} TLS comes by STARTTLS: which mode requires it?"),
            N_("Set Use TLS/SSL to SSL/TLS, test, save."),
        ),
        N_(
            "SSL/TLS requires it: where the server offers none, the test stops before the password."
        ),
        Scene({"smtp.tls": "none"}),
        opens="smtp",
    ),
    Exercise(
        "stripped",
        N_("Somebody takes STARTTLS out"),
        N_(
            "On a hotel's network IMAP fails. Test it and read what is missing. Make IMAP work "
            "there, without giving up TLS."
        ),
        (secured("imap"), passes("imap")),
        (
            N_("The server's list of capabilities came in the clear, so it could be changed."),
            N_(
                "Where TLS comes first nobody can change the list: which port on the sheet is that?"
            ),
            N_("Set IMAP port to {imaps}, test, save."),
        ),
        N_("With TLS from the first byte there is nothing in the clear that could be taken out."),
        Scene(fault="starttls_stripped", protocols=("imap",)),
        opens="imap",
    ),
    Exercise(
        "versions",
        N_("Two that have no version in common"),
        N_(
            "The provider has renewed its SMTP server, and since then nobody can send. Read at "
            "which step the test fails, and find the setting that stands in the way."
        ),
        (
            passes("smtp"),
            secured("smtp"),
            in_force(
                "smtp.force_tls12", "no", N_("There is no reason for it any more: switch it off.")
            ),
        ),
        (
            N_("The server speaks TLS 1.3 and nothing older. What does this client offer?"),
            N_("A setting under Security holds the client to one version."),
            N_("Switch Force TLS 1.2 off, test, save."),
        ),
        N_("Force TLS 1.2 is for servers that fail with TLS 1.3, and for nothing else."),
        Scene({"smtp.force_tls12": "yes"}, fault="tls13_only", protocols=("smtp",)),
        opens="smtp",
    ),
)

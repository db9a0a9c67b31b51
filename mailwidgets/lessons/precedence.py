"""Lesson 2: levels, fallbacks and locks."""

from __future__ import annotations

from typing import Final

from mailwidgets.languages.texts import N_
from mailwidgets.lessons.exercise import Exercise
from mailwidgets.lessons.scene import Scene
from mailwidgets.lessons.wants import from_level, in_force, locked, passes, secured, stored
from mailwidgets.settings.levels import Level

_BEN: Final = {"pop3.user": "{ben_user}", "pop3.password": "{ben_password}", "pop3.port": "{pop3}"}

EXERCISES: Final = (
    Exercise(
        "fallback",
        N_("A fallback for everyone"),
        N_(
            "A new firewall slows IMAP down. Give everybody who has no IMAP timeout of their own "
            "one of 20 seconds. Ana has set herself 45 seconds: that has to stay in force for her."
        ),
        (
            in_force(
                "imap.timeout",
                "20",
                N_("Zoe is new and has stored nothing: for her the company's value would count."),
                user="zoe",
            ),
            in_force(
                "imap.timeout", "45", N_("Ana's own value was to stay, at her level."), user="ana"
            ),
        ),
        (
            N_(
                "The forms edit each setting at its own level, here the user's. A switch changes "
                "that."
            ),
            N_("Tick Edit company level above the tabs, then set the IMAP timeout and save."),
            N_("In Effective values, View as Zoe shows what counts for somebody new."),
        ),
        N_(
            "A company's value for a user's setting is a fallback: it counts where nobody has "
            "their own."
        ),
        Scene({"imap.timeout": "45"}),
        opens="imap",
    ),
    Exercise(
        "own",
        N_("Back to the fallback"),
        N_(
            "The company gives everyone 20 seconds now, and Ana needs her own 45 no longer. Take "
            "her value away, so that the company's counts for her, also when it changes one day."
        ),
        (
            from_level(
                "imap.timeout",
                Level.COMPANY,
                N_("Typing 20 would make another value of her own: hers has to be removed."),
            ),
            in_force("imap.timeout", "20", N_("The company's value was to stay.")),
        ),
        (
            N_("Below the field stands where its value comes from, and what it covers."),
            N_("Empty the field: without a value of her own, the next level counts. Then save."),
            N_("Check that Edit company level is off: the company's value stays as it is."),
        ),
        N_("Where there is no own value, the next level counts: user, then company, then default."),
        Scene({"imap.timeout": "45"}, company={"imap.timeout": "20"}),
        opens="imap",
    ),
    Exercise(
        "lock",
        N_("A lock"),
        N_(
            "Nobody may send a password in the clear any more. Ben has set TLS of SMTP to None. "
            "Make SSL/TLS binding for everyone, with a reason that people can read, and leave what "
            "Ben has stored alone."
        ),
        (
            in_force(
                "smtp.tls", "require", N_("The company's value has to be SSL/TLS."), user="zoe"
            ),
            locked(
                "smtp.tls",
                N_(
                    "A fallback does not bind those who have their own value: lock it, with a "
                    "reason."
                ),
            ),
            in_force("smtp.tls", "require", N_("For Ben it has to count, too."), user="ben"),
            stored("smtp.tls", "none", N_("What Ben has stored was to stay."), user="ben"),
        ),
        (
            N_("First the value at the company's level, then its lock; both in one save."),
            N_("With Edit company level on, each field has a lock and a line for the reason."),
            N_("Company level: Use TLS/SSL to SSL/TLS, lock it, give a reason, Save."),
        ),
        N_(
            "A lock puts the company's value in force for everyone. Ben's None is still stored, "
            "but shadowed; it would count again if the lock were lifted."
        ),
        Scene(others={"ben": {"smtp.tls": "none"}}),
        opens="smtp",
    ),
    Exercise(
        "origin",
        N_("Where does it come from?"),
        N_(
            "Since this morning neither Ana nor Ben can fetch mail by POP3. Both say that they "
            "have changed nothing. Find out where the wrong value comes from, and mend it there."
        ),
        (passes("pop3"), passes("pop3", user="ben"), secured("pop3"), secured("pop3", user="ben")),
        (
            N_("Test POP3, and look at the field that the report names: where is its value from?"),
            N_("It comes from the company, locked: what Ana stores herself does not count."),
            N_("Edit company level: lift the lock of POP3 port, or set the port to {pop3}. Save."),
        ),
        N_(
            "The origin tells at which level to mend. Had you typed a port for Ana, it would have "
            "been stored and stayed out of force."
        ),
        Scene(
            company={"pop3.port": "{smtp}"},
            locks={"pop3.port": "moved to the new server"},
            others={"ben": _BEN},
        ),
    ),
)

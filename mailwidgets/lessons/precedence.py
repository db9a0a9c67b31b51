"""Lesson 2: levels, fallbacks and locks."""

from __future__ import annotations

from typing import Final

from mailwidgets.languages.texts import N_
from mailwidgets.lessons.exercise import Exercise
from mailwidgets.lessons.scene import Scene
from mailwidgets.lessons.wants import in_force, locked, passes, secured, stored

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
                N_(
                    "Zoe is new and has stored nothing: for her the company's value would count. "
                    "Tick Edit company level, set it there and save."
                ),
                user="zoe",
            ),
            in_force(
                "imap.timeout",
                "45",
                N_("Untick Edit company level and give Ana her own 45 again."),
            ),
        ),
        (
            N_(
                "The forms edit each setting at its own level, here the user's. A switch changes "
                "that."
            ),
            N_("Tick Edit company level above the tabs, then set the IMAP timeout and save."),
            N_(
                "To see what counts for somebody new: in Effective values type zoe into View as "
                "user."
            ),
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
            stored(
                "imap.timeout",
                None,
                N_(
                    "Ana still has a timeout of her own, whatever it is: press Use inherited "
                    "there and save."
                ),
            ),
            in_force(
                "imap.timeout",
                "20",
                N_("The company's 20 was to stay: tick Edit company level and set it again."),
            ),
        ),
        (
            N_("At the field stands where its value comes from, and what it is instead of."),
            N_("Edit company level stays off: it is Ana's value that has to go."),
            N_("Press Use inherited: 20 at the field, or empty the field. Then save."),
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
                "smtp.tls",
                "require",
                N_("Tick Edit company level, choose SSL/TLS there and save."),
                user="zoe",
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
            N_("Set the value at the company's level and lock it there; one save stores both."),
            N_(
                "With Edit company level on, there is a box to lock it below each field. Once it "
                "is ticked, type the reason beside it."
            ),
            N_(
                "Set Use TLS/SSL to SSL/TLS, tick Lock Use TLS/SSL for everyone, type a reason, "
                "press Save, then Save for everyone."
            ),
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
        (
            passes("pop3"),
            passes("pop3", user="ben"),
            secured("pop3"),
            secured("pop3", user="ben"),
            in_force(
                "pop3.port",
                "{pop3}",
                N_(
                    "Ana and Ben can fetch mail again, but the company's port is still wrong for "
                    "everyone new: set it to {pop3}."
                ),
                user="zoe",
            ),
        ),
        (
            N_("Test POP3, and look at the field that the report names: where is its value from?"),
            N_(
                "It comes from the company, locked. At the field stands Ana's own value, too, "
                "which is right and not in force."
            ),
            N_(
                "Tick Edit company level, set POP3 port to {pop3}, press Save, then Save for "
                "everyone. The lock may stay."
            ),
        ),
        N_(
            "The origin tells at which level to mend. Ana's own port was right all the time, and "
            "out of force as long as the company's was locked."
        ),
        Scene(
            company={"pop3.port": "{smtp}"},
            locks={"pop3.port": N_("moved to the new server")},
            others={"ben": _BEN},
        ),
    ),
)

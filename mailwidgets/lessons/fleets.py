"""Lesson 7: scripts and fleets, from the library and the command line."""

from __future__ import annotations

import json
from typing import Final

from mailwidgets.languages.texts import N_, _, ngettext
from mailwidgets.lessons.bench import COLLEAGUE, Bench
from mailwidgets.lessons.exercise import Exercise, Shortfall
from mailwidgets.lessons.scene import Scene
from mailwidgets.lessons.wants import in_force, passes, secured
from mailwidgets.settings.documents import UNSET

NIGHTLY: Final = "nightly.json"
"""What the last exercise wants to be written, in the folder of the notebook."""
_FLEET: Final = tuple(f"u{number:02}" for number in range(1, 13))
_LAX: Final = {"u02": "none", "u05": "auto", "u09": "none", "u11": "auto"}
_NEW: Final = {"mia": "20", "noa": "20", "oto": "60"}
_KEPT: Final = {"u04": "implicit"}


async def _reason_is_told(bench: Bench) -> Shortfall | None:
    """Want port and TLS mode to have been changed by one commit, with a reason."""
    ben = bench.servers.as_seen_by(COLLEAGUE)
    port, mode = (next(ben.history(setting=f"smtp.{key}"), None) for key in ("port", "tls"))
    if port is None or mode is None or port.id != mode.id:
        told = _(
            "Two commits changed port and TLS mode. Begin again, and give commit both changes in "
            "one list."
        )
        return Shortfall(told, code="two_commits")
    if port.why.strip():
        return None
    told = _("The commit has no reason. Begin again, and give commit a why=, too.")
    return Shortfall(told, code="no_reason")


async def _fleet_is_secured(bench: Bench) -> Shortfall | None:
    modes = {
        user: bench.servers.as_seen_by(user).resolve()["smtp", "tls"].effective for user in _FLEET
    }
    lax = [user for user, mode in modes.items() if mode in {"none", "auto"}]
    if not lax:
        return None
    told = ngettext(
        "{count} user is left whose password may travel in the clear: {users}.",
        "{count} users are left whose password may travel in the clear: {users}.",
        len(lax),
    )
    return Shortfall(told.format(count=len(lax), users=", ".join(lax)), code="insecure")


async def _others_are_left_alone(bench: Bench) -> Shortfall | None:
    changed = [
        user
        for user in _FLEET
        if user not in _LAX
        and bench.servers.as_seen_by(user).documents().user.get(("smtp", "tls"))
        != _KEPT.get(user, UNSET)
    ]
    if not changed:
        return None
    told = _(
        "These were right before, and were to be left alone: {users}. Begin again, and change "
        "only those whose mode is None or Auto."
    )
    return Shortfall(told.format(users=", ".join(changed)), code="changed_too_much")


async def _plan_is_imported(bench: Bench) -> Shortfall | None:
    for user, timeout in _NEW.items():
        values = bench.servers.as_seen_by(user).documents().user
        if values.get(("imap", "timeout")) != float(timeout):
            told = _("{user} has no IMAP timeout of {seconds} s of their own yet.")
            return Shortfall(told.format(user=user, seconds=timeout), code="not_imported")
    return None


async def _night_is_reported(bench: Bench) -> Shortfall | None:
    try:
        data = bench.written(NIGHTLY)
        if data is None:
            told = _("No {file} was written into the notebook's folder since the exercise began.")
            return Shortfall(told.format(file=NIGHTLY), code="no_report")
        works = {one["section"]: one["ok"] for one in json.loads(data)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        told = _("{file} does not hold reports as check --format json prints them: {reason}.")
        return Shortfall(told.format(file=NIGHTLY, reason=error), code="no_report")
    lacking = [one for one in ("pop3", "smtp", "imap", "workflow") if not works.get(one)]
    if not lacking:
        return None
    told = _("{file} does not say that {sections} works: without a section, check takes all.")
    return Shortfall(told.format(file=NIGHTLY, sections=", ".join(lacking)), code="not_all")


EXERCISES: Final = (
    Exercise(
        "script",
        N_("One commit, with its reason"),
        N_(
            "Ben's SMTP is to speak TLS from the first byte: smtp.port {smtps}, and smtp.tls "
            "implicit. Change both in one commit from Python, with a reason that history keeps."
        ),
        (
            in_force("smtp.port", "{smtps}", N_("Ben's SMTP port is to be {smtps}."), user="ben"),
            in_force("smtp.tls", "implicit", N_("Ben's TLS mode is to be implicit."), user="ben"),
            secured("smtp", user="ben"),
            passes("smtp", user="ben"),
            _reason_is_told,
        ),
        (
            N_('ben = lesson.servers.as_seen_by("ben") is the same store as Ben sees it.'),
            N_(
                'ben.change("smtp.port", {smtps}) makes a change; ben.commit([…], why="…") stores '
                "it."
            ),
            N_(
                'ben.commit([ben.change("smtp.port", {smtps}), ben.change("smtp.tls", '
                '"implicit")], why="…")'
            ),
        ),
        N_("A commit stores all of its changes or none, and history tells why."),
        Scene(
            others={
                "ben": {
                    "pop3.user": "{ben_user}",
                    "pop3.password": "{ben_password}",
                    "smtp.port": "{smtp}",
                    "smtp.tls": "require",
                    "smtp.use_pop3_account": "yes",
                }
            }
        ),
        opens="",
    ),
    Exercise(
        "fleet",
        N_("Twelve people, one table"),
        N_(
            "Among the users u01 to u12 some may send their SMTP password in the clear: their TLS "
            "mode in force is None or Auto. Find them in the table of everyone, and set smtp.tls "
            "to require, which the table calls SSL/TLS, for those alone."
        ),
        (_fleet_is_secured, _others_are_left_alone),
        (
            N_("servers.everyone() is a pandas table, a row per user, a column per setting."),
            N_(
                'modes = lesson.servers.everyone()["smtp", "tls"]; modes[modes.isin(["None", '
                '"Auto"])]'
            ),
            N_(
                "For each such user: one = lesson.servers.as_seen_by(user); "
                'one.commit([one.change("smtp.tls", "require")])'
            ),
        ),
        N_("A question to the whole company is one line of pandas; so is the proof afterwards."),
        Scene(
            company={"smtp.tls": "require"},
            others={
                user: {"pop3.user": user} | ({"smtp.tls": mode} if mode else {})
                for user in _FLEET
                for mode in [(_LAX | _KEPT).get(user)]
            },
        ),
        opens="",
    ),
    Exercise(
        "import",
        N_("A plan from a sheet"),
        N_(
            "Three people start on Monday: mia, noa and oto. Mia and Noa get an IMAP timeout of 20 "
            "seconds, Oto one of 60. Import that by the command line, from a sheet (CSV) with a "
            "row per person in the file plan.csv; try it with --dry-run first."
        ),
        (_plan_is_imported,),
        (
            N_("The export above shows what a sheet looks like. Yours needs three columns only."),
            N_("They are level, id and imap.timeout; a row of it is: user,mia,20"),
            N_("Write the four lines by plan.write_text(…), then: !mailwidgets import plan.csv"),
        ),
        N_("An import is one commit: it can be looked at before, and undone after."),
        opens="",
    ),
    Exercise(
        "nightly",
        N_("Checks without anybody there"),
        N_(
            "Run all four checks by the command line, as cron would at night, and keep their "
            "reports as JSON in the file nightly.json in this folder."
        ),
        (_night_is_reported,),
        (
            N_("check without a section runs all tests; --format json prints them as JSON."),
            N_("!mailwidgets check --format json > nightly.json"),
        ),
        N_(
            "Exit status 0: all works, 1: something does not. That, and the JSON, is all cron "
            "needs."
        ),
        opens="",
    ),
)

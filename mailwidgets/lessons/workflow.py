"""Lesson 5: workflow e-mail and its fallback."""

from __future__ import annotations

from typing import Final

from mailwidgets.languages.texts import N_, _
from mailwidgets.lessons.bench import Bench
from mailwidgets.lessons.exercise import Exercise, Shortfall
from mailwidgets.lessons.scene import Scene
from mailwidgets.lessons.wants import delivered, in_force, passes, secured

_BY_IMAP: Final = {
    "workflow.server_type": "imap",
    "workflow.port": "{imap}",
    "workflow.tls": "require",
}
_NOTHING: Final = dict.fromkeys(
    (
        "workflow.sender",
        "workflow.full_name",
        "workflow.name",
        "workflow.port",
        "workflow.user",
        "workflow.password",
        "workflow.tls",
    )
)


async def _can_fall_back(bench: Bench) -> Shortfall | None:
    """Want the way by SMTP to be open, though the one by IMAP is not."""
    report = await bench.servers.check("workflow")
    if report.ok:
        return None
    if "sender_refused" not in {one.code for one in report.also}:
        return Shortfall(report.verdict, report, report.code)
    told = _(
        "Nobody can mend the Outbox today, and by SMTP the message is refused, too: Ana's login "
        "may not send as {sender}. Look at the settings of SMTP."
    )
    sender = bench.facts()["workflow_user"]
    return Shortfall(told.format(sender=sender), report, "sender_refused")


EXERCISES: Final = (
    Exercise(
        "sender",
        N_("The company's own sender"),
        N_(
            "Let the ERP send its messages by SMTP: sender and user name {workflow_user}, password "
            "{workflow_password}, server {host}, port {smtp}, and SSL/TLS as Use TLS/SSL. Test and "
            "save. Then send a test message to {user}."
        ),
        (
            passes("workflow"),
            secured("workflow"),
            in_force("workflow.sender", "{workflow_user}", N_("The sender is on the sheet.")),
            delivered(
                "{user}",
                N_("The test passes, and a test sends nothing. Now send a test message to {user}."),
            ),
        ),
        (
            N_("Six fields matter: sender, server, port, user name, password and Use TLS/SSL."),
            N_("A test sends nothing. Send test message stands below the form and its report."),
            N_(
                "Fill in the six fields and save. Then fill in {user} under Send a test message "
                "to, and press Send test message."
            ),
        ),
        N_(
            "The test named sender and recipient to the server (MAIL FROM and RCPT TO), and broke "
            "off; the test message really went."
        ),
        Scene(_NOTHING),
        opens="workflow",
    ),
    Exercise(
        "outbox",
        N_("By way of an Outbox"),
        N_(
            "Workflow e-mail works by SMTP. The company's new server sends whatever is put into an "
            "IMAP folder called Outbox. Change workflow e-mail over: server type IMAP, port "
            "{imap}. Save, and send a test message to {user}."
        ),
        (
            in_force("workflow.server_type", "imap", N_("The server type has to be IMAP.")),
            secured("workflow"),
            passes("workflow"),
            delivered(
                "{workflow_user}",
                N_("Nothing new is in the Outbox: send a test message to {user}."),
                folder="Outbox",
            ),
        ),
        (
            N_("The port has to fit the server type."),
            N_("Server type IMAP, Port {imap}. The folder Outbox is there already."),
            N_("Save, and send a test message to {user}: the steps tell where it was put."),
        ),
        N_("The message is in the Outbox now. It is for the server to send it from there."),
        opens="workflow",
    ),
    Exercise(
        "fallback",
        N_("When the Outbox is missing"),
        N_(
            "Overnight the Outbox has gone, and the server's administrator is away until noon. "
            "Workflow mail goes by Ana's own SMTP settings then, if their login may send as "
            "{workflow_user}. See to it that it may, leave the workflow settings as they are, and "
            "send a test message to {user}."
        ),
        (
            in_force("workflow.server_type", "imap", N_("The server type was to stay IMAP.")),
            in_force("workflow.outbox", "Outbox", N_("The name of the Outbox was to stay.")),
            passes("smtp"),
            secured("smtp"),
            _can_fall_back,
            delivered(
                "{user}", N_("The way by SMTP is open. Send a test message to {user} by it.")
            ),
        ),
        (
            N_("The workflow test tries both ways: read what it says of SMTP under Also seen."),
            N_("Ana's login may not send as {workflow_user}; whose login may?"),
            N_(
                "On the tab SMTP switch Use POP3 account off, fill in the user name "
                "{workflow_user} and the password {workflow_password}, and save. Then send the "
                "message from the tab Workflow e-mail."
            ),
        ),
        N_("The report shows both attempts: by IMAP it failed, and by SMTP the message went."),
        Scene(_BY_IMAP, fault="folder_missing", protocols=("imap",)),
        opens="workflow",
    ),
)

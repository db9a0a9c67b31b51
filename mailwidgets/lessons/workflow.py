"""Lesson 5: workflow e-mail and its fallback."""

from __future__ import annotations

from typing import Final

from mailwidgets.languages.texts import N_
from mailwidgets.lessons.exercise import Exercise
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

EXERCISES: Final = (
    Exercise(
        "sender",
        N_("The company's own sender"),
        N_(
            "Let the ERP send its messages by SMTP: sender and user name {workflow_user}, password "
            "{workflow_password}, server {host}, port {smtp}, TLS required. Test and save. Then "
            "send a test message to {user}."
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
            N_("All settings of workflow e-mail are the company's: they count for everyone."),
            N_("Below the form stands Send test message: it takes an address."),
            N_("Fill in sender, server, port, user name, password and TLS; save; send to {user}."),
        ),
        N_("The test proved the sender by MAIL FROM and RCPT TO; the message really went."),
        Scene(_NOTHING),
        opens="workflow",
    ),
    Exercise(
        "outbox",
        N_("By way of an Outbox"),
        N_(
            "The new server sends whatever is put into an IMAP folder called Outbox. Change "
            "workflow e-mail over: server type IMAP, port {imap}. Save, and send a test message to "
            "{user}."
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
            N_("Server type IMAP, Port {imap}; the folder Outbox is there already."),
            N_("Save, then Send test message to {user}: the report tells where it went."),
        ),
        N_("The message lies in the Outbox now; from there the server sends it in its own time."),
        opens="workflow",
    ),
    Exercise(
        "fallback",
        N_("When the Outbox is missing"),
        N_(
            "Overnight the Outbox has gone, and the server's administrator is away until noon. "
            "Workflow mail goes by Ana's own SMTP settings then, if those may send it. See to it "
            "that they may, leave the server type as it is, and send a test message to {user}."
        ),
        (
            in_force("workflow.server_type", "imap", N_("The server type was to stay IMAP.")),
            passes("smtp"),
            secured("smtp"),
            passes("workflow"),
            delivered(
                "{user}", N_("The way by SMTP is open. Send a test message to {user} by it.")
            ),
        ),
        (
            N_("The workflow test tries both ways: read what it found out about SMTP, too."),
            N_("Ana's login may not send as {workflow_user}; whose login may?"),
            N_(
                "In the SMTP form switch Use POP3 account off, and set user name {workflow_user} "
                "and password {workflow_password}. Save, and send the message."
            ),
        ),
        N_("The report shows both attempts: by IMAP it failed, and by SMTP the message went."),
        Scene(_BY_IMAP, fault="folder_missing", protocols=("imap",)),
        opens="workflow",
    ),
)

"""What an examination draws from: complaints as people write them, each with its cause."""

from __future__ import annotations

from typing import Final

from mailwidgets.languages.texts import N_
from mailwidgets.lessons.exercise import Exercise, Want
from mailwidgets.lessons.scene import Scene
from mailwidgets.lessons.wants import in_force, not_pinned, passes, secured

_DONE: Final = N_("Solved: the test passes with what is stored, and TLS is required.")
_READ: Final = N_("Test the section that the complaint is about, and read the first failing step.")


def _ticket(  # noqa: PLR0913 - each is given by name
    name: str,
    section: str,
    *,
    title: str,
    says: str,
    hints: tuple[str, str],
    values: dict[str, str | None] | None = None,
    scene: Scene | None = None,
    fault: str = "",
    more: tuple[Want, ...] = (),
) -> Exercise:
    """Return an exercise that wants a section's test to pass, with TLS."""
    protocols = (section,) if fault else ()
    made = scene or Scene(values or {}, fault=fault, protocols=protocols)
    wants = (secured(section), passes(section), *more)
    return Exercise(name, title, says, wants, (_READ, *hints), _DONE, made, opens=section)


TICKETS: Final = (
    _ticket(
        "port",
        "smtp",
        title=N_("Nothing goes out"),
        says=N_("“I have set up SMTP from memory, and it just says no.” Make SMTP work."),
        hints=(
            N_("Nothing listens on that port; the provider's sheet has another one."),
            N_("Set SMTP port to {smtp}, and save."),
        ),
        values={"smtp.port": "1"},
    ),
    _ticket(
        "password",
        "pop3",
        title=N_("Refused since yesterday"),
        says=N_(
            "“Yesterday I got a new password, {password}. Since then nothing comes in.” Make POP3 "
            "work."
        ),
        hints=(
            N_("The server does not know the password that is stored."),
            N_("Type {password} over the password of POP3, and save."),
        ),
        values={"pop3.password": "yesterday"},
    ),
    _ticket(
        "no_tls",
        "pop3",
        title=N_("It worked at the last provider"),
        says=N_("“With the old provider POP3 worked just so. Here I cannot log in.” Make it work."),
        hints=(
            N_("This server takes a login only over TLS."),
            N_("Set Use TLS/SSL of POP3 to Yes."),
        ),
        values={"pop3.tls": "no"},
        fault="login_disabled",
    ),
    _ticket(
        "mechanism",
        "imap",
        title=N_("The right password, refused"),
        says=N_("“I am sure of my password, but IMAP will not let me in.” Make IMAP work."),
        hints=(
            N_("The server has switched plain logins off; what does it offer instead?"),
            N_("Set Use SASL of IMAP to Yes."),
        ),
        values={"imap.sasl": "no"},
        fault="cram_md5_only",
    ),
    _ticket(
        "version",
        "imap",
        title=N_("After the provider's upgrade"),
        says=N_("“They announced an upgrade of IMAP, and now it is dead.” Make IMAP work."),
        hints=(
            N_("The two sides have no TLS version in common."),
            N_("Switch Force TLS 1.2 of IMAP off."),
        ),
        values={"imap.force_tls12": "yes"},
        fault="tls13_only",
    ),
    _ticket(
        "stripped",
        "smtp",
        title=N_("Only in the hotel"),
        says=N_("“At home I can send, in this hotel I cannot.” Make SMTP work there, with TLS."),
        hints=(
            N_("STARTTLS is taken out on the way; where does TLS come before anything else?"),
            N_("Set SMTP port to {smtps}; Use TLS/SSL may stay SSL/TLS."),
        ),
        fault="starttls_stripped",
    ),
    _ticket(
        "implicit",
        "smtp",
        title=N_("Hanging"),
        says=N_("“It hangs, and then says something about a handshake.” Make SMTP work."),
        hints=(
            N_("The client begins with TLS where the server greets in the clear."),
            N_("Set Use TLS/SSL of SMTP to SSL/TLS, or take port {smtps}."),
        ),
        values={"smtp.tls": "implicit"},
    ),
    _ticket(
        "ehlo",
        "smtp",
        title=N_("Who are you?"),
        says=N_("“SMTP refuses me before I have said anything.” Make SMTP work."),
        hints=(
            N_("The server does not take the name that this client gives itself."),
            N_("Set EHLO of SMTP to a full domain name, such as ws-01.practice.example."),
        ),
        values={"smtp.ehlo": "ws-01.localdomain"},
        fault="ehlo_refused",
    ),
    _ticket(
        "slow",
        "imap",
        title=N_("Too slow"),
        says=N_("“IMAP sometimes gives up. They say that the server is slow.” Make IMAP work."),
        hints=(
            N_("The check gave up; how long is it willing to wait?"),
            N_("Set Timeout (sec) of IMAP to 10."),
        ),
        values={"imap.timeout": "0.5"},
        fault="slow_server",
    ),
    _ticket(
        "name",
        "pop3",
        title=N_("Since the move"),
        says=N_("“We have moved, and somebody typed everything anew.” Make POP3 work."),
        hints=(
            N_("The name is not known; the report has looked for one that is near."),
            N_("Set Name of POP3 to {host}, as on the sheet, or to pop3.practice.example."),
        ),
        values={"pop3.name": "ppo3.practice.example"},
    ),
    _ticket(
        "lock",
        "imap",
        title=N_("I cannot change it"),
        says=N_("“The port of IMAP is wrong, and I cannot change it.” Make IMAP work."),
        hints=(
            N_("Who has locked the setting, and at which level is its value?"),
            N_("Tick Edit company level, and set IMAP port to {imap} there."),
        ),
        scene=Scene(company={"imap.port": "{pop3}"}, locks={"imap.port": N_("new firewall")}),
    ),
    _ticket(
        "nobody",
        "smtp",
        title=N_("Strangers not served"),
        says=N_("“I can read mail, but the server will not take any from me.” Make SMTP work."),
        hints=(
            N_("Nobody has logged in. Is there an account that SMTP could use?"),
            N_("Tick Use POP3 account in the SMTP form."),
        ),
        values={"smtp.use_pop3_account": "no"},
        scene=None,
    ),
    _ticket(
        "authority",
        "imap",
        title=N_("Whom to trust"),
        says=N_(
            "“It says that it does not know who signed the certificate. It is our own CA!” The "
            "authority's certificate is printed below the sheet. Make IMAP work."
        ),
        hints=(
            N_("The company's authority is not among those that are trusted."),
            N_(
                "Copy the certificate that is printed into CA certificates, on the tab Advanced, "
                "and save."
            ),
        ),
        more=(not_pinned,),
        values={"trust.ca": None},
    ),
    _ticket(
        "sender",
        "workflow",
        title=N_("The ERP is silent"),
        says=N_("“No message from the ERP has come this week.” Make workflow e-mail work."),
        hints=(
            N_("The report names the field of the Workflow e-mail form that stands in the way."),
            N_("Server {host}, Port {smtp}, Use TLS/SSL: SSL/TLS."),
        ),
        values={"workflow.port": "{imaps}", "workflow.tls": "none"},
    ),
    _ticket(
        "sends_as",
        "workflow",
        title=N_("Not in that name"),
        says=N_(
            "“I have put my own account into workflow e-mail, and it says that I may not send.” "
            "The sender has to stay. Make workflow e-mail work."
        ),
        hints=(
            N_("Whose login may send from the sender's address?"),
            N_("User name {workflow_user} and password {workflow_password}, as on the sheet."),
        ),
        more=(in_force("workflow.sender", "{workflow_user}", N_("The sender has to stay.")),),
        values={"workflow.user": "{user}", "workflow.password": "{password}"},
    ),
    _ticket(
        "outbox",
        "workflow",
        title=N_("Where do they go?"),
        says=N_(
            "“Our messages go by the Outbox now. None arrives.” Make workflow e-mail work, by IMAP "
            "as it is."
        ),
        hints=(
            N_("The report lists the folders that there are."),
            N_("Set Outbox of workflow e-mail to Outbox."),
        ),
        more=(in_force("workflow.server_type", "imap", N_("It has to go by IMAP.")),),
        values={
            "workflow.server_type": "imap",
            "workflow.port": "{imap}",
            "workflow.outbox": "Outbocks",
        },
    ),
)

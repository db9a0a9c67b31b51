"""Every setting, declared once: the only place where one is described.

A setting is a trait with a help text; its tags say the rest: ``label``, ``level``, ``group``,
and ``ours`` for the few that the panel does not have. The form, the validation, the store, the
effective table, the command line and the documentation all read these declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from mailwidgets.errors import InvalidValue, UnknownSetting, WrongLevel
from mailwidgets.settings import declare, rules
from mailwidgets.settings.declare import (
    ADVANCED,
    COMPANY,
    SENDER,
    SHARED,
    USER,
    WORKSTATION,
    Section,
    Setting,
)
from mailwidgets.settings.documents import UNSET, Change, Key
from mailwidgets.settings.fields import Address, Charset, CheckBox, Choice, Text
from mailwidgets.settings.levels import Level
from mailwidgets.settings.trust import Certificates, Listing


class Pop3(Section):
    """Incoming mail, fetched by POP3 (RFC 1939)."""

    section, title, test_label = "pop3", "POP3", "Test POP3"

    name = declare.server_name(
        "Name", WORKSTATION, "the POP3 server that incoming mail is fetched from"
    )
    port = declare.port(
        "POP3 port", USER, 110, "Usual: 110 with STLS, 995 with TLS from the start."
    )
    timeout = declare.timeout("Timeout (sec)", USER)
    user = declare.user_name(USER)
    password = declare.password(USER)
    tls = declare.tls_yes_no(USER, "STLS")
    sasl = declare.sasl(USER)
    force_tls12 = declare.force_tls12(USER)
    token = declare.token(USER)


class Smtp(Section):
    """Outgoing mail, submitted by SMTP (RFC 5321, RFC 6409)."""

    section, title, test_label = "smtp", "SMTP", "Test SMTP"

    name = declare.server_name(
        "Name", WORKSTATION, "the SMTP server that outgoing mail is handed to"
    )
    port = declare.port(
        "SMTP port",
        USER,
        25,
        "Usual: 587 with STARTTLS, 465 with TLS from the start, 25 between servers.",
    )
    timeout = declare.timeout("Timeout (sec)", USER)
    user = declare.user_name(USER)
    password = declare.password(USER)
    tls = declare.tls(USER)
    sasl = declare.sasl(USER)
    force_tls12 = declare.force_tls12(USER)
    ehlo = declare.ehlo(USER)
    use_pop3_account = declare.use_pop3_account("SMTP")
    token = declare.token(USER)


class Imap(Section):
    """Mail read on the server, by IMAP (RFC 9051)."""

    section, title, test_label = "imap", "IMAP", "Test IMAP"

    name = declare.server_name("Name", WORKSTATION, "the IMAP server that mail is read on")
    port = declare.port(
        "IMAP port", USER, 993, "Usual: 143 with STARTTLS, 993 with TLS from the start."
    )
    timeout = declare.timeout("Timeout (sec)", USER)
    user = declare.user_name(USER)
    password = declare.password(USER)
    tls = declare.tls_yes_no(USER, "STARTTLS")
    sasl = declare.sasl(USER)
    force_tls12 = declare.force_tls12(USER)
    outbox = declare.folder("Outbox", USER, "that messages are put into to be sent")
    inbox = declare.folder("Inbox", USER, "that incoming messages arrive in")
    use_pop3_account = declare.use_pop3_account("IMAP")
    use_smtp_account = declare.tagged(
        CheckBox(),
        "Use SMTP account",
        USER,
        SHARED,
        "Send outgoing mail by the SMTP section's server instead of the Outbox folder.",
    )
    token = declare.token(USER)


class Workflow(Section):
    """Mail that workflows send, the same for the whole company."""

    section, title, test_label = "workflow", "Workflow e-mail", "Test server"

    server_type = declare.tagged(
        Choice("smtp", {"smtp": "SMTP", "imap": "IMAP"}),
        "Server type",
        COMPANY,
        SENDER,
        "How messages leave: handed to an SMTP server, or put into an IMAP Outbox.",
    )
    sender = declare.tagged(
        Address(),
        "Email sender",
        COMPANY,
        SENDER,
        "Address that workflow messages come from. Where it differs from the login, the server "
        "must let that login send as it.",
    )
    full_name = declare.tagged(
        Text(),
        "First and last name",
        COMPANY,
        SENDER,
        "Name that readers see beside the sender's address.",
    )
    charset = declare.tagged(
        Charset("utf-8"),
        "Charset",
        COMPANY,
        SENDER,
        "Character set that messages are written in.",
    )
    name = declare.server_name("Server", COMPANY, "the server that workflow messages go through")
    port = declare.port("Port", COMPANY, 25, "Usual: SMTP 587 or 465, IMAP 143 or 993.")
    timeout = declare.timeout("Timeout s", COMPANY)
    user = declare.user_name(COMPANY)
    password = declare.password(COMPANY)
    tls = declare.tls(COMPANY)
    sasl = declare.sasl(COMPANY)
    force_tls12 = declare.force_tls12(COMPANY)
    ehlo = declare.ehlo(COMPANY)
    outbox = declare.folder("Outbox", COMPANY, "that messages are put into to be sent, with IMAP")
    inbox = declare.folder("Inbox", COMPANY, "that answers arrive in, with IMAP")
    token = declare.token(COMPANY)


class Trust(Section):
    """Whom checks trust and where they may connect to; ours, not the panel's."""

    section, title = "trust", "Trust"

    ca = declare.tagged(
        Certificates(),
        "CA certificates",
        COMPANY,
        ADVANCED,
        "Certificates of your own authorities in PEM form, trusted besides the system's.",
        ours=True,
    )
    pins = declare.tagged(
        Listing(rules.fingerprint),
        "Pinned certificates",
        COMPANY,
        ADVANCED,
        "host:port=SHA-256 fingerprint: that one certificate is accepted there, and no other.",
        ours=True,
    )
    allowed_hosts = declare.tagged(
        Listing(rules.hosts),
        "Allowed hosts",
        COMPANY,
        ADVANCED,
        "Hosts that checks may connect to, *.example.com for all below it. Empty: any.",
        ours=True,
    )


SECTIONS: Mapping[str, type[Section]] = MappingProxyType(
    {section.section: section for section in (Pop3, Smtp, Imap, Workflow, Trust)}
)
SETTINGS: Mapping[Key, Setting] = MappingProxyType(
    {setting.id: setting for section in SECTIONS.values() for setting in section.settings()}
)


def setting(name: str) -> Setting:
    """Return the setting of a dotted name such as ``pop3.port``.

    Raises:
        UnknownSetting: naming the nearest ones.
    """
    section_name, _, key = name.partition(".")
    found = SETTINGS.get((section_name, key))
    if found is not None:
        return found
    if section_name in SECTIONS:
        keys = ", ".join(one.key for one in SECTIONS[section_name].settings())
        raise UnknownSetting(f"{section_name} has no setting {key!r}; it has {keys}")
    raise UnknownSetting(f"no section {section_name!r}; there are {', '.join(SECTIONS)}")


def fit(change: Change) -> Change:
    """Return a change whose value and level fit its setting; no value means to remove it.

    Raises:
        InvalidValue: if the setting refuses the value; names it.
        WrongLevel: if the setting cannot be kept or locked there.
    """
    found, level = SETTINGS[change.key], change.place.level
    if change.lock and (level is not Level.COMPANY or found.level is Level.COMPANY):
        raise WrongLevel(
            f"only the company locks, and only what users or workstations have: {found.name} "
            f"cannot be locked by the {change.place}"
        )
    if level not in (found.level, Level.COMPANY):
        raise WrongLevel(
            f"{found.name} is kept at the {found.level} or company level, not at the {level} level"
        )
    value = change.value
    if value is not UNSET and value is not None:
        try:
            value = rules.text(str(value)) if change.lock else found.field.check(value)
        except InvalidValue as error:
            raise InvalidValue(f"{found.name}: {error}") from error
    return replace(change, value=UNSET if value is None else value)

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
from mailwidgets.languages.texts import N_, Told, _
from mailwidgets.settings import declare, rules
from mailwidgets.settings.declare import ADVANCED, SENDER, SHARED, Section, Setting
from mailwidgets.settings.documents import UNSET, Change, Key
from mailwidgets.settings.fields import Address, Charset, CheckBox, Choice, Text
from mailwidgets.settings.levels import Level
from mailwidgets.settings.trust import Certificates, Listing

COMPANY, USER, WORKSTATION = Level


class Pop3(Section):
    """Incoming mail, fetched by POP3 (RFC 1939)."""

    section = "pop3"
    title, test_label = Told(N_("POP3")), Told(N_("Test POP3"))

    name = declare.server_name(
        N_("Name"),
        WORKSTATION,
        N_("Host name or IP address of the POP3 server that incoming mail is fetched from."),
    )
    port = declare.port(
        N_("POP3 port"),
        USER,
        110,
        N_("TCP port the server listens on. Usual: 110 with STLS, 995 with TLS from the start."),
    )
    timeout = declare.timeout(N_("Timeout (sec)"), USER)
    user = declare.user_name(USER)
    password = declare.password(USER)
    tls = declare.tls_yes_no(
        USER,
        N_(
            "Yes: the connection must be encrypted, from the first byte or by STLS, as the port "
            "has it. No: everything, the password too, travels in the clear."
        ),
    )
    sasl = declare.sasl(USER)
    force_tls12 = declare.force_tls12(USER)
    token = declare.token(USER)


class Smtp(Section):
    """Outgoing mail, submitted by SMTP (RFC 5321, RFC 6409)."""

    section = "smtp"
    title, test_label = Told(N_("SMTP")), Told(N_("Test SMTP"))

    name = declare.server_name(
        N_("Name"),
        WORKSTATION,
        N_("Host name or IP address of the SMTP server that outgoing mail is handed to."),
    )
    port = declare.port(
        N_("SMTP port"),
        USER,
        25,
        N_(
            "TCP port the server listens on. Usual: 587 with STARTTLS, 465 with TLS from the "
            "start, 25 between servers."
        ),
    )
    timeout = declare.timeout(N_("Timeout (sec)"), USER)
    user = declare.user_name(USER)
    password = declare.password(USER)
    tls = declare.tls(USER)
    sasl = declare.sasl(USER)
    force_tls12 = declare.force_tls12(USER)
    ehlo = declare.ehlo(USER)
    use_pop3_account = declare.use_pop3_account(
        N_("Log in to SMTP with the POP3 section's user name and password.")
    )
    token = declare.token(USER)


class Imap(Section):
    """Mail read on the server, by IMAP (RFC 9051)."""

    section = "imap"
    title, test_label = Told(N_("IMAP")), Told(N_("Test IMAP"))

    name = declare.server_name(
        N_("Name"),
        WORKSTATION,
        N_("Host name or IP address of the IMAP server that mail is read on."),
    )
    port = declare.port(
        N_("IMAP port"),
        USER,
        993,
        N_(
            "TCP port the server listens on. Usual: 143 with STARTTLS, 993 with TLS from the start."
        ),
    )
    timeout = declare.timeout(N_("Timeout (sec)"), USER)
    user = declare.user_name(USER)
    password = declare.password(USER)
    tls = declare.tls_yes_no(
        USER,
        N_(
            "Yes: the connection must be encrypted, from the first byte or by STARTTLS, as the "
            "port has it. No: everything, the password too, travels in the clear."
        ),
    )
    sasl = declare.sasl(USER)
    force_tls12 = declare.force_tls12(USER)
    outbox = declare.folder(
        N_("Outbox"),
        USER,
        N_("Folder that messages are put into to be sent, as it is called there."),
    )
    inbox = declare.folder(
        N_("Inbox"), USER, N_("Folder that incoming messages arrive in, as it is called there.")
    )
    use_pop3_account = declare.use_pop3_account(
        N_("Log in to IMAP with the POP3 section's user name and password.")
    )
    use_smtp_account = declare.tagged(
        CheckBox(),
        N_("Use SMTP account"),
        USER,
        SHARED,
        N_("Send outgoing mail by the SMTP section's server instead of the Outbox folder."),
    )
    token = declare.token(USER)


class Workflow(Section):
    """Mail that workflows send, the same for the whole company."""

    section = "workflow"
    title, test_label = Told(N_("Workflow e-mail")), Told(N_("Test server"))

    server_type = declare.tagged(
        Choice("smtp", {"smtp": "SMTP", "imap": "IMAP"}),
        N_("Server type"),
        COMPANY,
        SENDER,
        N_("How messages leave: handed to an SMTP server, or put into an IMAP Outbox."),
    )
    sender = declare.tagged(
        Address(),
        N_("Email sender"),
        COMPANY,
        SENDER,
        N_(
            "Address that workflow messages come from. Where it differs from the login, the server "
            "must let that login send as it."
        ),
    )
    full_name = declare.tagged(
        Text(),
        N_("First and last name"),
        COMPANY,
        SENDER,
        N_("Name that readers see beside the sender's address."),
    )
    charset = declare.tagged(
        Charset("utf-8"),
        N_("Charset"),
        COMPANY,
        SENDER,
        N_("Character set that messages are written in."),
    )
    name = declare.server_name(
        N_("Server"),
        COMPANY,
        N_("Host name or IP address of the server that workflow messages go through."),
    )
    port = declare.port(
        N_("Port"),
        COMPANY,
        25,
        N_("TCP port the server listens on. Usual: SMTP 587 or 465, IMAP 143 or 993."),
    )
    timeout = declare.timeout(N_("Timeout s"), COMPANY)
    user = declare.user_name(COMPANY)
    password = declare.password(COMPANY)
    tls = declare.tls(COMPANY)
    sasl = declare.sasl(COMPANY)
    force_tls12 = declare.force_tls12(COMPANY)
    ehlo = declare.ehlo(COMPANY)
    outbox = declare.folder(
        N_("Outbox"),
        COMPANY,
        N_("Folder that messages are put into to be sent, with IMAP, as it is called there."),
    )
    inbox = declare.folder(
        N_("Inbox"), COMPANY, N_("Folder that answers arrive in, with IMAP, as it is called there.")
    )
    token = declare.token(COMPANY)


class Trust(Section):
    """Whom checks trust and where they may connect to; ours, not the panel's."""

    section = "trust"
    title = Told(N_("Trust"))

    ca = declare.tagged(
        Certificates(),
        N_("CA certificates"),
        COMPANY,
        ADVANCED,
        N_("Certificates of your own authorities in PEM form, trusted besides the system's."),
        ours=True,
    )
    pins = declare.tagged(
        Listing(rules.fingerprint),
        N_("Pinned certificates"),
        COMPANY,
        ADVANCED,
        N_("host:port=SHA-256 fingerprint: that one certificate is accepted there, and no other."),
        ours=True,
    )
    allowed_hosts = declare.tagged(
        Listing(rules.hosts),
        N_("Allowed hosts"),
        COMPANY,
        ADVANCED,
        N_("Hosts that checks may connect to, *.example.com for all below it. Empty: any."),
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

    >>> setting("pop3.port").marked_label, setting("pop3.port").default
    ('POP3 port (u)', 110)

    Raises:
        UnknownSetting: naming the nearest ones.
    """
    section_name, key = (*name.split(".", maxsplit=1), "")[:2]
    found = SETTINGS.get((section_name, key))
    if found is not None:
        return found
    if section_name in SECTIONS:
        keys = ", ".join(one.key for one in SECTIONS[section_name].settings())
        raise UnknownSetting(f"{section_name} has no setting {key!r}; it has {keys}")
    raise UnknownSetting(f"no section {section_name!r}; there are {', '.join(SECTIONS)}")


def fit(change: Change) -> Change:
    """Return a change whose value and level fit its setting; no value means to remove it.

    >>> change = fit(servers.change("pop3.port", 995))
    >>> fit(replace(change, value="many"))
    Traceback (most recent call last):
        ...
    mailwidgets.errors.InvalidValue: pop3.port: Must be a whole number from 1 to 65535, not 'many'.

    Raises:
        InvalidValue: if the setting refuses the value, or a lock has no reason; names it.
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
            value = rules.reason(str(value)) if change.lock else found.field.check(value)
        except InvalidValue as error:
            told = _("lock of {setting}").format(setting=found.name) if change.lock else found.name
            raise InvalidValue(f"{told}: {error}") from error
    return replace(change, value=UNSET if value is None else value)

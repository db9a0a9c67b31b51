"""How a setting is declared: its tags, and the settings that several sections share."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from traitlets import HasTraits

from mailwidgets.languages.texts import N_, Told, _
from mailwidgets.settings.documents import Key
from mailwidgets.settings.fields import (
    CheckBox,
    Choice,
    Domain,
    Field,
    Folder,
    Host,
    Port,
    Seconds,
    Text,
    YesNo,
)
from mailwidgets.settings.levels import Level
from mailwidgets.settings.secret import SecretField

USER, COMPANY, WORKSTATION = Level.USER, Level.COMPANY, Level.WORKSTATION
SERVER, ACCOUNT, SECURITY, FOLDERS = N_("Server"), N_("Account"), N_("Security"), N_("Folders")
SENDER, CLIENT = N_("Sending"), N_("This client")
SHARED, ADVANCED = N_("Shared accounts"), N_("Advanced")
TLS_MODES = {
    "none": N_("None"),
    "require": N_("SSL/TLS"),
    "auto": N_("Auto"),
    "implicit": N_("Implicit SSL/TLS"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One declared setting, read from its trait.

    Attributes:
        section: the section's name, as in documents: ``pop3``.
        key: the setting's name there: ``port``.
        field: the trait that declares it.
    """

    section: str
    key: str
    field: Field

    @property
    def id(self) -> Key:
        """Return (section, key)."""
        return (self.section, self.key)

    @property
    def name(self) -> str:
        """Return it as a person writes it: ``pop3.port``."""
        return f"{self.section}.{self.key}"

    @property
    def level(self) -> Level:
        """Return the level it is kept at."""
        level: Level = self.field.metadata["level"]
        return level

    @property
    def label(self) -> str:
        """Return the panel's label without its mark, in English: ``_(setting.label)`` shows it."""
        return str(self.field.metadata["label"])

    @property
    def marked_label(self) -> str:
        """Return the label with its level's mark: ``POP3 port (u)``."""
        return f"{_(self.label)} ({self.level.mark})"

    @property
    def help(self) -> str:
        """Return what it is for, in a sentence or two."""
        return _(self.field.help)

    @property
    def group(self) -> str:
        """Return the heading it stands under."""
        return _(self.field.metadata["group"])

    @property
    def ours(self) -> bool:
        """Return whether the panel lacks it."""
        return bool(self.field.metadata["ours"])

    @property
    def default(self) -> Any:  # noqa: ANN401 - a default has its field's type
        """Return the built-in default, ``None`` where there is none."""
        return self.field.default_value

    @property
    def secret(self) -> bool:
        """Return whether its value is never shown."""
        return isinstance(self.field, SecretField)


class Section(HasTraits):
    """The settings of one kind of server; an instance holds a draft of their values."""

    section: ClassVar[str]
    title: ClassVar[Told]
    test_label: ClassVar[Told] = Told("")

    @classmethod
    @functools.cache
    def settings(cls) -> tuple[Setting, ...]:
        """Return the section's settings in the panel's order."""
        own = ((key, field) for key, field in vars(cls).items() if isinstance(field, Field))
        return tuple(Setting(cls.section, key, field) for key, field in own)


_F = TypeVar("_F", bound=Field)


def tagged(field: _F, label: str, level: Level, group: str, help: str, *, ours: bool = False) -> _F:  # noqa: A002, PLR0913 - the tags' own names, each needed
    """Return the field with its help and its tags."""
    field.help = help  # traitlets' own place for it
    field.tag(label=label, level=level, group=group, ours=ours)
    return field


# What the four sections share, so that a shared meaning has one wording.
def server_name(label: str, level: Level, help: str) -> Host:  # noqa: A002 - the tag's own name
    """Declare the server's host name."""
    return tagged(Host(), label, level, SERVER, help)


def port(label: str, level: Level, default: int, help: str) -> Port:  # noqa: A002 - likewise
    """Declare the port, with the usual numbers in its help."""
    return tagged(Port(default), label, level, SERVER, help)


def timeout(label: str, level: Level) -> Seconds:
    """Declare the timeout."""
    return tagged(
        Seconds(30),
        label,
        level,
        SERVER,
        N_("Longest silence, in seconds, that a check waits through at any one step."),
    )


def user_name(level: Level) -> Text:
    """Declare the login name."""
    return tagged(
        Text(),
        N_("User name"),
        level,
        ACCOUNT,
        N_(
            "Name to log in with: the whole address or the part before @, as the provider wants it."
        ),
    )


def password(level: Level) -> SecretField:
    """Declare the login's password."""
    return tagged(
        SecretField(),
        N_("Password"),
        level,
        ACCOUNT,
        N_("Password for that user name. It is encrypted when saved and never shown again."),
    )


def tls(level: Level) -> Choice:
    """Declare the TLS mode of SMTP and Workflow: four choices."""
    return tagged(
        Choice("auto", TLS_MODES),
        N_("Use TLS/SSL"),
        level,
        SECURITY,
        N_(
            "None: no encryption. SSL/TLS: required. Auto: used where the server offers it. "
            "Implicit SSL/TLS: encrypted from the first byte."
        ),
    )


def tls_yes_no(level: Level, help: str) -> YesNo:  # noqa: A002 - likewise
    """Declare the TLS mode of POP3 and IMAP: yes or no."""
    return tagged(YesNo(default=True), N_("Use TLS/SSL"), level, SECURITY, help)


def sasl(level: Level) -> YesNo:
    """Declare whether to log in by SASL."""
    return tagged(
        YesNo(),
        N_("Use SASL"),
        level,
        SECURITY,
        N_(
            "Yes: log in with the strongest mechanism that both sides have. "
            "No: the protocol's plain login."
        ),
    )


def force_tls12(level: Level) -> CheckBox:
    """Declare whether to offer TLS 1.2 alone."""
    return tagged(
        CheckBox(),
        N_("Force TLS 1.2"),
        level,
        SECURITY,
        N_("Offer TLS 1.2 and nothing else, for servers that stumble over other versions."),
    )


def ehlo(level: Level) -> Domain:
    """Declare the name for EHLO."""
    return tagged(
        Domain(),
        N_("EHLO"),
        level,
        CLIENT,
        N_("Name this client gives itself. Empty: this machine's full name, or its address."),
    )


def token(level: Level) -> CheckBox:
    """Declare that the password is a token."""
    return tagged(
        CheckBox(),
        N_("Password is a token"),
        level,
        ADVANCED,
        N_("The password is an OAuth access token: log in with OAUTHBEARER or XOAUTH2."),
        ours=True,
    )


def folder(label: str, level: Level, help: str) -> Folder:  # noqa: A002 - likewise
    """Declare a folder, by default called like its label in English."""
    return tagged(Folder(label), label, level, FOLDERS, help)


def use_pop3_account(help: str) -> CheckBox:  # noqa: A002 - likewise
    """Declare that the account is the POP3 section's."""
    return tagged(CheckBox(), N_("Use POP3 account"), USER, SHARED, help)

"""From values in force to a check: what to connect to, as whom, and which ladder to climb."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailwidgets.checks.foresight import oddities
from mailwidgets.checks.ladder import Ladder
from mailwidgets.connection.endpoint import Endpoint, Login, OnStep, TlsMode
from mailwidgets.errors import InvalidValue, UnknownSetting, VaultError
from mailwidgets.languages.texts import _
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Finding, Report
from mailwidgets.settings import rules
from mailwidgets.settings.levels import Place
from mailwidgets.settings.resolve import Resolution
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.vault.vault import Vault

if TYPE_CHECKING:
    from mailwidgets.checks.workflow import SmtpTarget

Climb = Callable[[OnStep | None], Coroutine[Any, Any, Report]]
CHECKED = ("pop3", "smtp", "imap", "workflow")


@dataclass(frozen=True, slots=True)
class Targets:
    """The values in force of one identity, as checks take them.

    Attributes:
        resolution: the values, those of a draft included.
        vault: opens stored passwords; a typed one needs no key.
        ca_pem: certificates trusted for this run besides the company's own.
        dns: name server to look hosts up at, as ``127.0.0.1:5353``; empty: the system's.
    """

    resolution: Resolution
    vault: Vault
    ca_pem: str = ""
    dns: str = ""

    def configured(self) -> tuple[str, ...]:
        """Return the sections that name a server, in the panel's order."""
        return tuple(section for section in CHECKED if self._of(section, "name"))

    def climb(self, section: str) -> Climb:
        """Return the check of a section, ready to be started with an observer of its steps.

        A stored password that the keys at hand do not open is the check's first finding.

        Raises:
            UnknownSetting: if the section has no check.
        """
        checks = {
            "pop3": self._pop3,
            "smtp": self._smtp,
            "imap": self._imap,
            "workflow": self._workflow,
        }
        if section not in checks:
            raise UnknownSetting(f"there is no check {section!r}; there are {', '.join(CHECKED)}")
        try:
            return checks[section]()
        except VaultError as error:
            return _unreadable(section, str(error))

    def _pop3(self) -> Climb:
        from mailwidgets.checks.pop3 import check_pop3  # noqa: PLC0415 - only the ladder in use

        endpoint, login = self.endpoint("pop3"), self.login("pop3")
        return lambda on_step: check_pop3(endpoint, login, on_step=on_step)

    def _smtp(self) -> Climb:
        from mailwidgets.checks.smtp import check_smtp  # noqa: PLC0415 - only the ladder in use

        endpoint, login = self.endpoint("smtp"), self.login("smtp")
        ehlo = self._of("smtp", "ehlo") or ""
        return lambda on_step: check_smtp(endpoint, login, ehlo=ehlo, on_step=on_step)

    def _imap(self) -> Climb:
        from mailwidgets.checks.imap import check_imap  # noqa: PLC0415 - only the ladder in use

        endpoint, login = self.endpoint("imap"), self.login("imap")
        folders = {key: self._of("imap", key) for key in ("inbox", "outbox", "use_smtp_account")}
        return lambda on_step: check_imap(endpoint, login, **folders, on_step=on_step)

    def _workflow(self) -> Climb:
        from mailwidgets.checks import workflow  # noqa: PLC0415 - only the ladder in use

        endpoint, login = self.endpoint("workflow"), self.login("workflow")
        sender = self._of("workflow", "sender") or ""
        if self._of("workflow", "server_type") == "smtp":
            ehlo = self._of("workflow", "ehlo") or ""
            return lambda on_step: workflow.check_workflow_smtp(
                endpoint, login, sender=sender, ehlo=ehlo, on_step=on_step
            )
        folders = {key: self._of("workflow", key) for key in ("inbox", "outbox")}
        fallback = self._fallback()
        at_once = self._of("imap", "use_smtp_account")
        return lambda on_step: workflow.check_workflow_imap(
            endpoint,
            login,
            **folders,
            sender=sender,
            fallback=fallback,
            use_smtp_account=at_once,
            on_step=on_step,
        )

    def send(self, to: str, *, subject: str = "", text: str = "") -> Climb:
        """Return the sending of a test message by the workflow's settings, ready to be started.

        Args:
            to: the recipient's address.
            subject: one line; empty takes one of our own.
            text: of any length; likewise.

        Raises:
            InvalidValue: if address or subject cannot stand in a message.
        """
        from mailwidgets.checks import sending  # noqa: PLC0415 - no check needs it, nor email
        from mailwidgets.protocols import message  # noqa: PLC0415 - likewise

        letter = message.Letter(
            self._of("workflow", "sender") or "",
            rules.address(to),
            self._of("workflow", "full_name") or "",
            rules.text(subject) or message.SUBJECT,
            text or message.TEXT,
            self._of("workflow", "charset"),
        )
        try:
            endpoint, login = self.endpoint("workflow"), self.login("workflow")
            if self._of("workflow", "server_type") == "smtp":
                ehlo = self._of("workflow", "ehlo") or ""
                return lambda on_step: sending.send_by_smtp(
                    endpoint, login, letter, ehlo=ehlo, on_step=on_step
                )
            fallback = self._fallback()
        except VaultError as error:
            return _unreadable("workflow", str(error))
        outbox, at_once = self._of("workflow", "outbox"), self._of("imap", "use_smtp_account")
        return lambda on_step: sending.send_by_imap(
            endpoint,
            login,
            letter,
            outbox=outbox,
            fallback=fallback,
            use_smtp_account=at_once,
            on_step=on_step,
        )

    def way(self) -> str:
        """Return in a sentence which way a message of the workflow's would go."""
        if self._of("workflow", "server_type") == "smtp":
            return _("It goes by SMTP through {server}.").format(server=self._where("workflow"))
        known, server = bool(self._of("smtp", "name")), self._where("smtp")
        if self._of("imap", "use_smtp_account"):
            told = _("It goes by SMTP, for which no server is set: Use SMTP account is on.")
            if known:
                told = _("It goes by SMTP through {server}: Use SMTP account is on.")
            return told.format(server=server)
        told = _(
            "It goes by IMAP into {folder} on {imap}; should that fail, by SMTP, for which no "
            "server is set."
        )
        if known:
            told = _(
                "It goes by IMAP into {folder} on {imap}; should that fail, by SMTP through "
                "{server}."
            )
        folder = self._of("workflow", "outbox")
        return told.format(folder=folder, imap=self._where("workflow"), server=server)

    def _where(self, section: str) -> str:
        server, user = self._of(section, "name") or _("no server"), self._of(section, "user")
        return _("{server} as {user}").format(server=server, user=user) if user else str(server)

    def _fallback(self) -> SmtpTarget | None:
        """Return where mail goes when IMAP does not take it: the acting user's SMTP settings."""
        from mailwidgets.checks.workflow import SmtpTarget  # noqa: PLC0415 - only for workflow

        if not self._of("smtp", "name"):
            return None
        ehlo = self._of("smtp", "ehlo") or ""
        return SmtpTarget(self.endpoint("smtp"), self.login("smtp"), ehlo)

    def asking(self) -> dict[str, Any]:
        """Return what a search for servers has to know: certificates, allowed hosts, EHLO."""
        return {
            "ca_pem": self._ca(),
            "allowed_hosts": self._of("trust", "allowed_hosts") or (),
            "ehlo": self._of("smtp", "ehlo") or "",
        }

    def oddities(self, section: str) -> tuple[Finding, ...]:
        """Return what is odd about a section's settings, without any network use or key.

        Raises:
            UnknownSetting: if the section has no check.
        """
        if section not in CHECKED:
            raise UnknownSetting(f"there is no check {section!r}; there are {', '.join(CHECKED)}")
        if not self._of(section, "name"):
            return ()
        workflow = section == "workflow"
        faults = oddities(
            section,
            self.endpoint(section),
            self._login(section, Secret("")),
            protocol=self._of("workflow", "server_type") if workflow else section,
            sender=(self._of("workflow", "sender") or "") if workflow else "",
        )
        return tuple(fault.finding(section) for fault in faults)

    def endpoint(self, section: str) -> Endpoint:
        """Return where a section's check connects to."""
        host, port = self._of(section, "name") or "", self._of(section, "port")
        return Endpoint(
            host=host,
            port=port,
            tls=_tls_mode(self._of(section, "tls")),
            timeout=self._of(section, "timeout"),
            force_tls12=self._of(section, "force_tls12"),
            ca_pem=self._ca(),
            pins=_pins(self._of("trust", "pins") or (), host, port),
            allowed_hosts=self._of("trust", "allowed_hosts") or (),
            dns=self.dns,
        )

    def login(self, section: str) -> Login:
        """Return as whom a section's check logs in.

        Raises:
            VaultError: if the stored password cannot be opened.
        """
        return self._login(section, self._password(section))

    def _login(self, section: str, password: Secret) -> Login:
        try:
            return Login(
                user=self._of(section, "user") or "",
                password=password.reveal(),
                sasl=self._of(section, "sasl"),
                token=self._of(section, "token"),
                borrowed=(self.resolution[section, "user"].borrowed or "").upper(),
            )
        except InvalidValue as error:
            why = str(error)
        raise InvalidValue(why)  # anew: the frames of the first hold the password

    def _of(self, section: str, key: str) -> Any:  # noqa: ANN401 - a value has its field's type
        return self.resolution[section, key].effective

    def _ca(self) -> str:
        return (self._of("trust", "ca") or "") + self.ca_pem

    def _password(self, section: str) -> Secret:
        value = self.resolution[section, "password"]
        kept = value.effective
        place = self.resolution.place(value)
        if isinstance(kept, Sealed) and isinstance(place, Place):
            kept = self.vault.open(place, value.source, kept)
        return kept if isinstance(kept, Secret) else Secret("")


def _unreadable(section: str, why: str) -> Climb:
    """Return a check that ends before it begins, for want of the key to the password."""

    async def climb(on_step: OnStep | None) -> Report:
        ladder = Ladder(section, ["settings"], on_step=on_step)

        async def read() -> None:
            with ladder.step("settings"):
                raise Fault("secret_unreadable", why)

        return await ladder.climb(read)

    return climb


def _tls_mode(value: object) -> TlsMode:
    """Return the mode of a choice, or of the yes and no that POP3 and IMAP have."""
    if isinstance(value, bool):
        return TlsMode.REQUIRE if value else TlsMode.NONE
    return TlsMode(str(value))


def _pins(pins: tuple[str, ...], host: str, port: int) -> tuple[str, ...]:
    """Return the fingerprints pinned for one server, out of ``host:port=fingerprint`` texts."""
    prefix = f"{host}:{port}=".lower()
    return tuple(pin[len(prefix) :] for pin in pins if pin.lower().startswith(prefix))

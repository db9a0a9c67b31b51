"""Dovecot 2.3 on loopback: IMAP and POP3 in every variant, one set of mailboxes for all.

A variant is an instance of its own, started when a test first asks for it (some 50 ms): Dovecot
has one list of mechanisms and one range of TLS versions per instance. Runs as root and as an
ordinary user.
"""

from __future__ import annotations

import base64
import os
import pwd
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from daemons.accounts import AUDIENCE, TOKEN_KEY, USERS
from daemons.authority import Authority
from daemons.dovecot_conf import CONFIGURATION, OAUTH2, OPENSSL, ordinary_user
from daemons.process import (
    Daemon,
    free_ports,
    localhost_addresses,
    open_to_readers,
    start,
)
from daemons.variants import (
    PASSWORD_MECHANISMS,
    TOKEN_MECHANISMS,
    VARIANTS,
    MailServer,
    Protocol,
    Tls,
    Variant,
    find,
)

# Dovecot takes a client whose address is its own for secure, and then accepts clear-text logins
# whatever it is told. Linux gives a client of 127.0.0.2 the address 127.0.0.1: a stranger.
_STRANGERS_HOST = "127.0.0.2"


@dataclass(frozen=True)
class _Instance:
    daemon: Daemon
    ports: dict[str, int]


class Dovecot:
    """Every variant of VARIANTS, started on demand, with the mailboxes of USERS.

    A message stored through one variant is seen through all. A mailbox that is opened at the
    very moment of a delivery may show the message five seconds later only: wait for the line in
    Postfix's log first.

    Args:
        program: Dovecot's path.
        authority: who issued the certificates.
        home: an empty folder with a short path, open to all (see ``short_folder``).
    """

    def __init__(self, program: str, authority: Authority, home: Path) -> None:
        self._program = program
        self._authority = authority
        self._home = home
        self._instances: dict[str, _Instance] = {}
        self._write_mailboxes()

    def imap(self, tls: Tls = "starttls", variant: str = "standard") -> MailServer:
        """Return an IMAP server, running.

        Raises:
            ValueError: no such variant, or TLS wanted from one that has none.
            DaemonFailed: it does not start.
        """
        return self._server("imap", tls, variant)

    def pop3(self, tls: Tls = "starttls", variant: str = "standard") -> MailServer:
        """Return a POP3 server, running; raises as ``imap`` does."""
        return self._server("pop3", tls, variant)

    def start(self, variant: str = "standard") -> float:
        """Start a variant where it does not run yet; return how many seconds its start took."""
        if variant not in self._instances:
            ports: dict[str, int] = {}
            daemon = start(lambda: self._launch(variant, ports))
            self._instances[variant] = _Instance(daemon, ports)
        return self._instances[variant].daemon.startup_seconds

    def socket(self, name: str, variant: str = "standard") -> Path:
        """Return a unix socket's path: ``auth-client`` or ``lmtp``. ``start`` makes it."""
        return self._instance_home(variant) / "run" / name

    def stop(self) -> None:
        """End every instance. Each takes a second, so they are told first, then waited for."""
        daemons = [instance.daemon for instance in self._instances.values()]
        self._instances.clear()
        for daemon in daemons:
            daemon.terminate()
        for daemon in daemons:
            daemon.stop()

    def _server(self, protocol: Protocol, tls: Tls, name: str) -> MailServer:
        variant = find(VARIANTS, name, tls)
        self.start(name)
        instance = self._instances[name]
        return MailServer(
            protocol=protocol,
            variant=name,
            host=_STRANGERS_HOST if variant.auth_needs_tls else "localhost",
            port=instance.ports[f"{protocol}s" if tls == "implicit" else protocol],
            tls=tls,
            mechanisms=variant.mechanisms,
            certificate=variant.versions and self._authority.certificates[variant.certificate],
            ca_pem=self._authority.ca_pem,
            users=USERS,
            log=instance.daemon.log,
        )

    def _instance_home(self, name: str) -> Path:
        return self._home / name.replace(" ", "-")

    def _launch(self, name: str, ports: dict[str, int]) -> Daemon:
        """Write one instance's configuration with fresh ports, and launch it."""
        variant, home = VARIANTS[name], self._instance_home(name)
        hosts = (_STRANGERS_HOST,) if variant.auth_needs_tls else localhost_addresses()
        services = ["imap", "pop3", *(["imaps", "pop3s"] if variant.versions else [])]
        ports.clear()
        ports.update(zip(services, free_ports(len(services), hosts), strict=True))
        # A try before this one may have left its sockets.
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        oldest, newest = variant.versions or ("TLSv1.2", "TLSv1.3")
        openssl = OPENSSL.substitute(oldest=oldest, newest=newest)
        (home / "openssl.cnf").write_text(openssl, encoding="ascii")
        configuration = CONFIGURATION.substitute(
            {"imaps": 0, "pop3s": 0, **ports},
            home=home,
            shared=self._home,
            listen=", ".join(hosts),
            ssl="yes" if variant.versions else "no",
            certificate=self._tls_settings(variant),
            mechanisms=" ".join(variant.mechanisms).lower(),
            password_mechanisms=" ".join(PASSWORD_MECHANISMS).lower(),
            token_mechanisms=" ".join(TOKEN_MECHANISMS).lower(),
            auth_needs_tls="yes" if variant.auth_needs_tls else "no",
        )
        (home / "conf").write_text(configuration + ordinary_user(), encoding="ascii")
        open_to_readers(home)
        return Daemon(
            [self._program, "-F", "-c", str(home / "conf")],
            log=home / "log",
            ready_line="starting up for",
            addresses=[(host, port) for port in ports.values() for host in hosts],
        )

    def _tls_settings(self, variant: Variant) -> str:
        if variant.versions is None:
            return ""
        certificate = self._authority.certificates[variant.certificate]
        lines = [
            f"ssl_cert = <{certificate.pem_file}",
            f"ssl_key = <{certificate.key_file}",
            f"ssl_min_protocol = {variant.versions[0]}",
        ]
        if variant.ciphers:
            lines.append(f"ssl_cipher_list = {variant.ciphers}")
        return "\n".join(lines)

    def _write_mailboxes(self) -> None:
        """Write what the instances share: logins, addresses, the tokens' key, and mail."""
        # Dovecot refuses to read mail as root.
        owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        identity = f"{owner.pw_uid}:{owner.pw_gid}"
        logins, addresses = [], []
        for number, user in enumerate(USERS):
            home = self._home / f"mail{number}"
            user.make_maildir(home)
            password = base64.b64encode(user.password.encode()).decode()
            # Dovecot looks a name up with its quotes and backslashes escaped.
            login = re.sub(r"([\"'\\])", r"\\\1", user.login)
            fields = f"{identity}::{home}::"
            # An empty prefix must be left out: Dovecot would read it as "yes".
            layout = (
                f"userdb_namespace/inbox/prefix={user.prefix} "
                f"userdb_namespace/inbox/separator={user.separator}"
            )
            logins.append(
                f"{login}:{{PLAIN.b64}}{password}:{fields}{layout if user.prefix else ''}"
            )
            addresses.append(f"{user.address}::{fields}")
        key = base64.b64encode(TOKEN_KEY).decode()
        oauth2 = OAUTH2.substitute(shared=self._home, audience=AUDIENCE)
        keys = self._home / "keys/default/HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_text(key, encoding="ascii")
        (self._home / "oauth2").write_text(oauth2, encoding="ascii")
        (self._home / "users").write_text("\n".join(logins) + "\n", encoding="utf-8")
        (self._home / "addresses").write_text("\n".join(addresses) + "\n", encoding="ascii")
        open_to_readers(self._home)
        for mail in self._home.glob("mail*"):
            for path in (mail, *mail.rglob("*")):
                os.chown(path, owner.pw_uid, owner.pw_gid)

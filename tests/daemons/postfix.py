"""Postfix on loopback: SMTP in every variant, one port each; its logins are Dovecot's.

All variants are ports of one master process, which must be started as root. Mail for
``example.test`` goes to Dovecot's mailboxes; mail for anywhere else is accepted from those who
log in, and discarded: nothing leaves the machine.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path
from string import Template

from daemons.accounts import USERS
from daemons.authority import Authority
from daemons.dovecot import Dovecot
from daemons.process import (
    Daemon,
    free_ports,
    localhost_addresses,
    open_to_readers,
    start,
)
from daemons.variants import MECHANISMS, VARIANTS, MailServer, Tls, Variant, find

# What only SMTP has.
SMTP_VARIANTS = VARIANTS | {
    # Port 25 towards the world: takes mail for its own domain, logs nobody in.
    "no-auth": Variant(mechanisms=()),
    "clear no-auth": Variant(mechanisms=(), versions=None),
    "login-required": Variant(),
    "tls-required": Variant(),
    "own-sender": Variant(),
    "strict-ehlo": Variant(),
    "strict-ehlo at RCPT": Variant(),
}
_OWN_OPTIONS = {
    # 554 at RCPT for whoever has not logged in.
    "login-required": ("smtpd_relay_restrictions = permit_sasl_authenticated, reject",),
    # 530 to everything but EHLO and STARTTLS.
    "tls-required": ("smtpd_tls_security_level = encrypt",),
    # 553 at RCPT unless the login owns the address: ana may send as ana@example.test only.
    "own-sender": ("smtpd_sender_restrictions = reject_sender_login_mismatch",),
    # 501 to a malformed EHLO name at once, or only at RCPT (which is Postfix's default).
    "strict-ehlo": (
        "smtpd_helo_restrictions = reject_invalid_helo_hostname",
        "smtpd_delay_reject = no",
    ),
    "strict-ehlo at RCPT": ("smtpd_helo_restrictions = reject_invalid_helo_hostname",),
}

_MAIN = Template("""\
compatibility_level = 3.6
queue_directory = $home/queue
data_directory = $home/data
# Where Debian's list of optional map types is; without one, Postfix reads the system's.
meta_directory = $home/conf
maillog_file = $home/log
maillog_file_prefixes = $home
inet_interfaces = $hosts
inet_protocols = all
myhostname = localhost
mydomain = example.test
myorigin = example.test
mydestination = example.test
mynetworks =
alias_maps =
alias_database =
local_recipient_maps = texthash:$home/conf/owners
virtual_alias_maps = inline:{postmaster@example.test=bob@example.test}
local_transport = lmtp:unix:$lmtp
default_transport = discard:outside
relay_transport = discard:outside
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_sender_login_maps = texthash:$home/conf/owners
smtpd_sasl_type = dovecot
# Tests fail on purpose all the time.
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000
max_idle = 10
# Checks begin messages and never send them, which Postfix takes for a flood after some fifty.
in_flow_delay = 0
""")

_SERVICES = """\
cleanup  unix       n - n - 0 cleanup
qmgr     unix       n - n 300 1 qmgr
tlsmgr   unix       - - n 1000? 1 tlsmgr
rewrite  unix       - - n - - trivial-rewrite
bounce   unix       - - n - 0 bounce
defer    unix       - - n - 0 bounce
trace    unix       - - n - 0 bounce
proxymap unix       - - n - - proxymap
error    unix       - - n - - error
retry    unix       - - n - - error
discard  unix       - - n - - discard
lmtp     unix       - - n - - lmtp
anvil    unix       - - n - 1 anvil
postlog  unix-dgram n - n - 1 postlogd
"""

_QUEUE = {
    **dict.fromkeys(
        ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming"), 0o700
    ),
    **dict.fromkeys(("private", "saved", "trace"), 0o700),
    "public": 0o755,
    "maildrop": 0o700,
}

_Port = tuple[str, Tls]


class Postfix:
    """Every variant of SMTP_VARIANTS on its own ports.

    Args:
        postconf: the path of Postfix's ``postconf``, which knows where the rest is.
        dovecot: who knows the passwords and keeps the mailboxes.
        authority: who issued the certificates.
        home: an empty folder with a short path, open to all (see ``short_folder``).

    Raises:
        DaemonFailed: it does not start.
    """

    def __init__(self, postconf: str, dovecot: Dovecot, authority: Authority, home: Path) -> None:
        self._dovecot = dovecot
        self._authority = authority
        self._home = home
        self._ports: dict[_Port, int] = {}
        self._hosts = localhost_addresses()
        self._write_folders()
        dovecot.start()
        self._master = self._find_master(postconf)
        self._daemon = start(self._launch)
        self.startup_seconds = self._daemon.startup_seconds

    def smtp(self, tls: Tls = "starttls", variant: str = "standard") -> MailServer:
        """Return an SMTP server, running.

        Raises:
            ValueError: no such variant, or TLS wanted from one that has none.
            DaemonFailed: the Dovecot that checks its passwords does not start.
        """
        found = find(SMTP_VARIANTS, variant, tls)
        if found.mechanisms:
            self._dovecot.start(_password_checker(variant, found))
        return MailServer(
            protocol="smtp",
            variant=variant,
            host="localhost",
            port=self._ports[variant, "implicit" if tls == "implicit" else "starttls"],
            tls=tls,
            mechanisms=found.mechanisms,
            certificate=found.versions and self._authority.certificates[found.certificate],
            ca_pem=self._authority.ca_pem,
            users=USERS,
            log=self._daemon.log,
        )

    def stop(self) -> None:
        """End the master and everything that it started."""
        self._daemon.stop()

    @staticmethod
    def _find_master(postconf: str) -> str:
        command = [postconf, "-dh", "daemon_directory"]
        folder = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return f"{folder.strip()}/master"

    def _launch(self) -> Daemon:
        """Write master.cf with fresh ports, and launch what ``postfix start`` would."""
        wanted: list[_Port] = [
            (name, tls)
            for name, variant in SMTP_VARIANTS.items()
            for tls in (("starttls", "implicit") if variant.versions else ("starttls",))
        ]
        self._ports = dict(zip(wanted, free_ports(len(wanted), self._hosts), strict=True))
        services = [_SERVICES]
        for (name, tls), port in self._ports.items():
            services.append(f"{port} inet n - n - - smtpd\n")
            services += [f"  -o {{ {option} }}\n" for option in self._options(name, tls)]
        (self._home / "conf/master.cf").write_text("".join(services), encoding="ascii")
        return Daemon(
            [self._master, "-s", "-c", str(self._home / "conf")],
            log=self._home / "log",
            ready_line="daemon started",
            # One port tells for all: by that line it holds them. A connection to each would
            # start 40 processes, some before the Dovecot that they need.
            addresses=[(host, self._ports["clear no-auth", "starttls"]) for host in self._hosts],
        )

    def _options(self, name: str, tls: Tls) -> Iterator[str]:
        """Yield one port's settings, in master.cf's form."""
        variant = SMTP_VARIANTS[name]
        if variant.mechanisms:
            checker = self._dovecot.socket("auth-client", _password_checker(name, variant))
            yield "smtpd_sasl_auth_enable = yes"
            yield f"smtpd_sasl_path = {checker}"
        if variant.auth_needs_tls:
            yield "smtpd_tls_auth_only = yes"
        if variant.versions:
            certificate = self._authority.certificates[variant.certificate]
            oldest, newest = variant.versions
            yield f"smtpd_tls_security_level = {'encrypt' if tls == 'implicit' else 'may'}"
            yield f"smtpd_tls_chain_files = {certificate.key_file}, {certificate.pem_file}"
            # The mandatory ones hold at security level "encrypt".
            yield f"smtpd_tls_protocols = >={oldest}, <={newest}"
            yield f"smtpd_tls_mandatory_protocols = >={oldest}, <={newest}"
        if tls == "implicit":
            yield "smtpd_tls_wrappermode = yes"
        if variant.ciphers:
            yield f"tls_medium_cipherlist = {variant.ciphers}"
        yield from _OWN_OPTIONS.get(name, ())

    def _write_folders(self) -> None:
        """Write what ``postfix start`` checks for, with the owners it insists on."""
        conf = self._home / "conf"
        conf.mkdir()
        main = _MAIN.substitute(
            home=self._home, hosts=", ".join(self._hosts), lmtp=self._dovecot.socket("lmtp")
        )
        # One map for two questions: who is a recipient, and which login may send as it. A login
        # with blanks cannot be named there: ODD owns no address.
        owners = "".join(
            f"{user.address} {'-' if ' ' in user.login else user.login}\n" for user in USERS
        )
        (conf / "main.cf").write_text(main, encoding="ascii")
        (conf / "owners").write_text(owners, encoding="utf-8")
        for name in ("data", "queue", "queue/pid"):
            (self._home / name).mkdir()
        open_to_readers(self._home)
        for path in (conf / "main.cf", conf / "owners"):
            # Each Postfix process waits two seconds over a file that was changed just now.
            os.utime(path, (0, 0))
        mail_owner = pwd.getpwnam("postfix").pw_uid
        os.chown(self._home / "data", mail_owner, -1)
        for name, mode in _QUEUE.items():
            folder = self._home / "queue" / name
            folder.mkdir()
            folder.chmod(mode)
            os.chown(folder, mail_owner, -1)


def _password_checker(name: str, variant: Variant) -> str:
    """Return the Dovecot variant that offers these mechanisms."""
    return "standard" if variant.mechanisms == MECHANISMS else name

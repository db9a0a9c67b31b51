"""What a test asks for: ``authority``, ``dovecot`` and ``postfix``, one each per test process.

Registered by ``pytest_plugins = ["daemons.fixtures"]``. Where a program is missing the tests
that need it are skipped, and the reason names the packages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from daemons.authority import Authority
from daemons.dovecot import Dovecot
from daemons.postfix import Postfix
from daemons.process import find_program, short_folder


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The tests' CA, one that nobody knows, and a certificate for every fault."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def dovecot(authority: Authority) -> Iterator[Dovecot]:
    """Dovecot: IMAP and POP3 in every variant, started when a test asks for it."""
    program = _program("dovecot", "dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd")
    with short_folder() as home:
        servers = Dovecot(program, authority, home)
        try:
            yield servers
        finally:
            servers.stop()


@pytest.fixture(scope="session")
def postfix(authority: Authority, dovecot: Dovecot) -> Iterator[Postfix]:
    """Postfix: SMTP in every variant; its logins and mailboxes are Dovecot's."""
    program = _program("postconf", "postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only: run these tests as root")
    with short_folder() as home:
        servers = Postfix(program, dovecot, authority, home)
        try:
            yield servers
        finally:
            servers.stop()


def _program(name: str, packages: str) -> str:
    program = find_program(name)
    if program is None:
        pytest.skip(f"{name} is not installed: apt-get install {packages}")
    return program

"""A store filled in for the practice servers, so that a newcomer's first test succeeds."""

from __future__ import annotations

import os
from pathlib import Path

from mailwidgets.errors import PracticeError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.practice import Practice
from mailwidgets.servers import Servers
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.vault.keys import KeyText, new_key
from mailwidgets.vault.vault import Vault


def prefill(servers: Servers, practice: Practice) -> None:
    """Fill an empty store with the practice servers' addresses and accounts, in one commit.

    The person of ``servers`` gets the first account, workflows get the last.

    Raises:
        PracticeError: if the store holds anything already: real settings are never touched.
        StoreError: if the store refuses.
    """
    if any(servers.store.places(level) for level in Level):
        raise PracticeError(
            "the store holds settings already, and practice never touches those: "
            "name another --store, or none for a temporary one"
        )
    servers.commit([servers.change(name, value) for name, value in preset(practice).items()])


def rehearse(practice: Practice, folder: str | os.PathLike[str]) -> Servers:
    """Return servers on a new store in ``folder``, filled in, with a key that nothing else has.

    >>> servers = rehearse(practice, folder / "settings")
    >>> (await servers.check("pop3")).verdict
    'POP3 works: every step passed.'

    Args:
        practice: the practice servers, started.
        folder: an empty or absent one; a temporary one leaves nothing behind.

    Raises:
        PracticeError: if the folder holds a store already.
        StoreError: if it cannot be written.
    """
    vault = Vault(KeyText(new_key(), "the key for practice"))  # the company's, too
    identity = Identity.acting("ana", "practice")
    servers = Servers(FolderStore(Path(folder)), identity, vault=vault, dns=practice.dns)
    prefill(servers, practice)
    return servers


def preset(practice: Practice) -> dict[str, object]:
    """Return what makes all four sections work with practice servers, by dotted name.

    The person gets the first account, workflows get the last.
    """
    person, workflow = practice.accounts[0], practice.accounts[-1]
    ports = practice.ports
    values: dict[str, object] = {"trust.ca": practice.ca_pem}
    for section in ("pop3", "smtp", "imap"):
        values[f"{section}.name"] = practice.host
        values[f"{section}.port"] = ports[section]
        values[f"{section}.timeout"] = 10
    values |= {"pop3.user": person.user, "pop3.password": person.password}
    values |= {"smtp.tls": "require", "smtp.use_pop3_account": True}
    values |= {"imap.use_pop3_account": True}
    values |= {
        "workflow.sender": workflow.user,
        "workflow.full_name": "Practice Workflow",
        "workflow.name": practice.host,
        "workflow.port": ports["smtp"],
        "workflow.timeout": 10,
        "workflow.user": workflow.user,
        "workflow.password": workflow.password,
        "workflow.tls": "require",
    }
    return values

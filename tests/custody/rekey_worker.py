"""A change of keys in a process of its own: killed in the middle, or beside others who save."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mailwidgets.folder.folder import FolderStore
from mailwidgets.ledger import Ledger
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.vault import sealing
from mailwidgets.vault.keys import KeyFile
from mailwidgets.vault.vault import Vault

WORKER = Path(__file__)
ANA, BOB = Identity("ana", "WS-01"), Identity("bob", "WS-02")
COMPANY = ANA.place(Level.COMPANY)
CALLS = ("open", "write", "fsync", "fdatasync", "replace", "rename", "unlink", "truncate", "mkdir")
POP3, SMTP, WORKFLOW = (("pop3", "password"), ("smtp", "password"), ("workflow", "password"))
DAMAGED = "v1:00000000:AAAA"  # of no key that anyone has
# What ana's key opens, at first: her own, one of it by bob, and the company's.
SECRETS = {
    (ANA.place(Level.USER), POP3): "hers",
    (ANA.place(Level.USER), SMTP): "from bob",
    (COMPANY, WORKFLOW): "the company's",
}


def key_path(path: Path, who: str = "ana") -> Path:
    return path.with_name(f"key of {who}")


def ledger(path: Path, identity: Identity = ANA) -> Ledger:
    """Return a store as ana or bob has it, each with a key file that is made when needed."""
    keys = KeyFile(key_path(path, identity.user), outside=path, made=True)
    vault = Vault(keys, owner=identity.user)
    return Ledger(FolderStore(path), identity, vault=vault, author=identity.user)


def prepared(path: Path) -> None:
    """Store ana's secrets, one of them by bob, his own, and one that nobody can open."""
    ana, bob = ledger(path), ledger(path, BOB)
    hers, from_bob, companys = SECRETS.values()
    ana.commit([ana.change("pop3.password", hers)])
    ana.commit([ana.change("workflow.password", companys)])
    bob.commit(
        [
            Change(ANA.place(Level.USER), SMTP, Secret(from_bob)),
            bob.change("pop3.password", "his own"),
        ]
    )
    ana.store.commit([Change(ANA.place(Level.USER), ("imap", "password"), Sealed(DAMAGED))])


def check(path: Path, *, ended: bool = False) -> None:
    """Assert that every secret opens, and once a change has ended, that one key is left."""
    ana, bob = ledger(path), ledger(path, BOB)
    for (place, key), text in SECRETS.items():
        sealed = ana.documents().at(place.level).get(key)
        assert isinstance(sealed, Sealed)
        assert ana.vault.open(place, key, sealed) == Secret(text)
        if ended:
            (only,) = ana.vault.keys.openers()
            assert sealing.opens(only, sealed)
    his = bob.documents().user.get(POP3)
    assert isinstance(his, Sealed)
    assert bob.vault.open(BOB.place(Level.USER), POP3, his) == Secret("his own")
    held = ana.documents().user
    assert held.get(("imap", "password")) == Sealed(DAMAGED)
    assert held.public_key in {sealing.public_key(one) for one in ana.vault.keys.openers()}
    if ended:
        left = sorted(one.name for one in path.parent.iterdir() if "key" in one.name)
        locks = {"key of ana.lock", "key of bob.lock"}
        assert [one for one in left if one not in locks] == ["key of ana", "key of bob"], left


def die_at(call: int) -> None:
    """Let this process be killed in place of its n-th change to the disk."""
    counted = itertools.count(1)

    def deadly(real: Callable[..., object]) -> Callable[..., object]:
        def called(*args: object, **kwargs: object) -> object:
            if next(counted) == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        return called

    for name in CALLS:
        setattr(os, name, deadly(getattr(os, name)))


def survives(call: int, task: Callable[[], object]) -> bool:
    """Do a task in a child that dies at its n-th change to the disk; return whether it did not."""
    child = os.fork()
    if not child:
        die_at(call)
        task()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return not os.WIFSIGNALED(status)


def die_everywhere(path: Path) -> object:
    """Kill a change of keys at each change to the disk, and some of the runs that finish it."""
    prepared(path)
    seen = {"killed": 0, "killed again": 0, "keys": 0}
    for call in itertools.count(1):
        before = ledger(path).vault.keys.key().id
        finished = survives(call, lambda: ledger(path).rekey())
        check(path, ended=finished)
        if finished:
            return {**seen, "changed": ledger(path).vault.keys.key().id != before}
        seen["killed"] += 1
        seen["keys"] = max(seen["keys"], len(ledger(path).vault.keys.openers()))
        for step in itertools.count(1 + call % 13, 13):  # in 13 runs, every step
            ended = survives(step, lambda: ledger(path).rekey())
            check(path, ended=ended)
            if ended:
                break
            seen["killed again"] += 1
    raise AssertionError


def die_at_random(path: Path, rounds: str) -> object:
    """Kill a process that changes the key all the time, at any moment."""
    prepared(path)
    seen = []
    for _ in range(int(rounds)):
        child = os.fork()
        if not child:
            while True:
                ledger(path).rekey()
        time.sleep(random.uniform(0.001, 0.08))  # noqa: S311 - any moment will do
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        check(path)
        seen.append(ledger(path).vault.keys.key().id)
    ledger(path).rekey()
    check(path, ended=True)
    return {"rounds": len(seen), "keys": len(set(seen))}


def die_on_the_way_to_another_file(path: Path) -> object:
    """Kill a change from one key file to another: old and new together open everything."""
    prepared(path)
    target = key_path(path, "ana, next")
    for call in itertools.count(1):
        finished = survives(call, lambda: ledger(path).rekey(to=target))
        opened = 0
        for (place, key), text in SECRETS.items():
            ana = ledger(path)
            sealed = ana.documents().at(place.level).get(key)
            assert isinstance(sealed, Sealed)
            both = [ana.vault]
            if target.exists():
                both.append(Vault(KeyFile(target), owner="ana"))
            (opener,) = (one for one in both if not one.trouble(place, key, sealed))
            assert opener.open(place, key, sealed) == Secret(text)
            opened += opener is not ana.vault
        assert opened in (0, len(SECRETS))
        if finished:
            return {"killed": call - 1, "opened by the new key": opened}
    raise AssertionError


def keep_setting(path: Path, who: str) -> object:
    """Set a password of ana's, as ana or as bob, until told to stop; say when it has begun."""
    identity = {"ana": ANA, "bob": BOB}[who]
    key = {"ana": POP3, "bob": SMTP}[who]
    for number in itertools.count():
        mine = ledger(path, identity)
        mine.commit([Change(ANA.place(Level.USER), key, Secret(f"{who} {number}"))])
        if number == 0:
            print("begun", flush=True)  # noqa: T201 - the test waits for it
            os.set_blocking(0, False)
        if sys.stdin.buffer.read(1) is not None:
            return number
    raise AssertionError


if __name__ == "__main__":
    tasks = (die_everywhere, die_at_random, die_on_the_way_to_another_file, keep_setting)
    chosen = {task.__name__: task for task in tasks}[sys.argv[1]]
    print(json.dumps(chosen(Path(sys.argv[2]), *sys.argv[3:])))  # type: ignore[operator] # noqa: T201 - its report

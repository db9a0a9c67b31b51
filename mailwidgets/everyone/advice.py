"""When a folder is no longer the right store, and how a person is told.

One person's settings are read, and saved, in the same milliseconds among ten users as among a
hundred thousand (``bench/scale.py``). What grows is whatever looks at everyone (the table of all,
an export, an import's dry run, new keys): 0.1 ms for each document on a local disk, where a
database takes as long; but the folder is two small files a document for every backup and copy, and
one writer at a time. On a network share a document costs some four round trips, reckoned here at
half a millisecond each, where a database sends a thousand documents at once. Beyond five seconds
people wait, and wonder.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _

LOCAL: Final = 50_000  # documents that are read in five seconds from a local disk
REMOTE: Final = 2_500  # and from a network share

_MOUNTS: Final = Path("/proc/self/mountinfo")  # proc(5); other systems have no such file
_REMOTE: Final = re.compile(
    r"(nfs4?|cifs|smb3?|smbfs|9p|afs|ceph|glusterfs|lustre|gpfs|beegfs|davfs|"
    r"fuse\.(sshfs|s3fs|glusterfs|ceph|rclone|davfs\S*))\Z"
)
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


def advice(folder: Path | None, documents: int) -> str:
    """Return, in words, that a store should move to a database; empty while it need not.

    >>> advice(folder, 10_000), advice(None, 1_000_000)
    ('', '')
    >>> "200,000 small files" in advice(folder, 100_000)
    True

    Args:
        folder: the store's; ``None`` for one that is in a database already.
        documents: how many users and workstations it holds.
    """
    if folder is None:
        return ""
    remote = on_network(folder)
    if documents <= (REMOTE if remote else LOCAL):
        return ""
    told = _(
        "{folder} holds {count} users and workstations: that is {files} small files for every "
        "backup, and one writer at a time, and whatever looks at everyone takes longer than five "
        "seconds. A database is the better store, for many machines at once: mailwidgets migrate "
        "--to postgresql://… moves everything, and proves it."
    )
    if remote:
        told = _(
            "{folder} holds {count} users and workstations: it is on a network share, where each "
            "of them costs several round trips, and whatever looks at everyone takes longer than "
            "five seconds. A database is the better store, for many machines at once: mailwidgets "
            "migrate --to postgresql://… moves everything, and proves it."
        )
    return told.format(folder=folder, count=number(documents), files=number(2 * documents))


def on_network(folder: Path) -> bool:
    """Return whether a folder is on a network share, as far as the system tells (Linux alone).

    >>> on_network(folder)
    False
    """
    try:
        table = _MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    return bool(_REMOTE.match(file_system(folder.resolve(), table)))


def file_system(path: Path, table: str) -> str:
    r"""Return the kind of file system that a path is on.

    >>> mounts = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n36 21 0:40 / /srv rw - nfs4 nas:/srv rw"
    >>> file_system(Path("/srv/mail"), mounts), file_system(Path("/home"), mounts)
    ('nfs4', 'ext4')

    Args:
        path: an absolute one.
        table: mounts as ``/proc/self/mountinfo`` lists them; of two at one place the later counts.
    """
    found, best = "", -1
    for line in table.splitlines():
        mount, dash, rest = line.partition(" - ")
        parts = mount.split()
        if not dash or len(parts) < 5:  # noqa: PLR2004 - the fifth field is where it is mounted
            continue
        point = Path(_ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), parts[4]))
        if path.is_relative_to(point) and len(point.parts) >= best:
            found, best = rest.split(maxsplit=1)[0], len(point.parts)
    return found

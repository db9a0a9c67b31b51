"""History and comparisons as pandas tables: the only module of their kind that needs pandas."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from mailwidgets.history.difference import Contrast
from mailwidgets.store.commits import Commit, printable

HISTORY = ("Commit", "At", "By", "Why", "Place", "Setting", "Before", "After")
CONTRAST = ("Effective", "From", "Other", "Other from")


def history_table(commits: Iterable[Commit]) -> pd.DataFrame:
    """Return a row per edit, the newest commit first; one for a commit without edits.

    Columns: Commit (its id), At (in UTC), By, Why (or the snapshot's name), Place, Setting,
    Before and After in words, a secret as ``set``, nothing as an empty text.

    >>> table = history_table(servers.history(setting="smtp.tls"))
    >>> table[["Place", "Setting", "Before", "After"]].values.tolist()
    [['user ana', 'smtp.tls', '', 'SSL/TLS']]
    """
    rows = []
    for commit in commits:
        why = commit.why or (f"snapshot {commit.snapshot}" if commit.snapshot else "")
        head = (commit.id, commit.at, *map(printable, (commit.by, why)))
        edits = [
            (str(edit.place), edit.name, edit.shown(edit.before), edit.shown(edit.after))
            for edit in commit.edits
        ]
        rows += [(*head, *map(printable, edit)) for edit in edits or [("",) * 4]]
    table = pd.DataFrame(rows, columns=list(HISTORY), dtype=object)
    return table.assign(At=pd.to_datetime(table["At"], utc=True))


def contrast_table(rows: Iterable[Contrast]) -> pd.DataFrame:
    """Return a row per setting, indexed by (section, setting), with what decides for each side.

    Columns: Effective and From for the first identity, Other and Other from for the second.

    >>> table = contrast_table(servers.compare(other_user="ben"))
    >>> table.loc[("pop3", "password")].tolist()
    ['set', 'user', '', 'default']
    """
    listed = list(rows)
    cells = [
        (
            row.one.shown(row.one.effective),
            row.one.from_words,
            row.other.shown(row.other.effective),
            row.other.from_words,
        )
        for row in listed
    ]
    index = pd.MultiIndex.from_tuples(
        [row.one.setting.id for row in listed], names=["section", "setting"]
    )
    return pd.DataFrame(cells, index=index, columns=list(CONTRAST), dtype=object)

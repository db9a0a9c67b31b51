"""A process that commits one setting over and over and says what became of each commit."""

from __future__ import annotations

import sys

from mailwidgets.database.store import DatabaseStore
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Level, Place
from mailwidgets.store.commits import Note


def main(url: str, user: str, section: str, count: str) -> None:
    """Commit the timeouts 1 to count, of the company and of a user at once."""
    store = DatabaseStore(url, patience=60)
    places = [Place(Level.COMPANY), Place(Level.USER, user)]
    for number in range(1, int(count) + 1):
        changes = [Change(place, (section, "timeout"), number) for place in places]
        done = store.commit(changes, Note(by=user, why=str(number)))
        assert done
        print(done.id, flush=True)  # noqa: T201 - its report
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

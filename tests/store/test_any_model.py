"""Two writers at random against a store in twenty lines of Python."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from backends import Backend
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailwidgets.errors import Conflict
from mailwidgets.settings.documents import ANY, UNSET, Change, Key
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import Note
from mailwidgets.store.protocol import Store

KEYS: tuple[Key, ...] = (("pop3", "port"), ("smtp", "port"), ("imap", "timeout"))
_runs = itertools.count()

Values = dict[tuple[Place, Key], object]


@dataclass
class Model:
    """What should be in the store.

    Attributes:
        values: what every place holds.
        told: (id, what changed) of every commit, the oldest first.
    """

    values: Values = field(default_factory=dict)
    told: list[tuple[str, set[tuple[Place, Key, object, object]]]] = field(default_factory=list)

    def commit(self, changes: list[Change], note: Note, touch: list[Place]) -> str | None:
        """Return the commit's id, ``None`` if nothing changes, ``"conflict"`` if they clash."""
        for one in changes:
            stored = self.values.get((one.place, one.key), UNSET)
            if one.base is not ANY and stored not in (one.base, one.value):
                return "conflict"
        edits = {
            (one.place, one.key, self.values.get((one.place, one.key)), _told(one.value))
            for one in changes
            if self.values.get((one.place, one.key), UNSET) != one.value
        }
        for one in changes:
            self.values[one.place, one.key] = one.value
        self.values = {slot: value for slot, value in self.values.items() if value is not UNSET}
        if not edits and not touch:
            return None
        self.told.append((note.id, edits))
        return note.id


def _told(value: object) -> object:
    return None if value is UNSET else value


VALUES = st.sampled_from([UNSET, 1, 2, 3])
CHANGES = st.dictionaries(
    st.tuples(st.sampled_from(["ana", "bob", "company"]), st.sampled_from(KEYS)),
    st.tuples(VALUES, st.sampled_from(["any", "seen"])),
    max_size=4,
)
STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["look", "commit", "commit", "touch"]), CHANGES),
    max_size=14,
)


def seen_by(store: Store, people: list[Identity]) -> Values:
    read = [store.read(who) for who in people]
    documents = [read[0].company, *(one.user for one in read)]
    return {(one.place, key): value for one in documents for key, value in one.values.items()}


def wiped(store: Store) -> None:
    """Remove what another run left at the company's level."""
    place = Place(Level.COMPANY)
    store.commit([Change(place, key, UNSET) for key in SETTINGS if key[0] != "trust"])


@given(STEPS)
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_two_writers_do_state_and_history_are_those_of_the_model(
    backend: Backend, steps: list[Any]
) -> None:
    run = next(_runs)
    people = [Identity(f"{name}-{run}", "WS-01") for name in ("ana", "bob")]
    places = {"company": Place(Level.COMPANY), "ana": people[0].place(Level.USER)}
    places["bob"] = people[1].place(Level.USER)
    writers, model = [backend.open(), backend.open()], Model()
    wiped(writers[0])
    old = [one.id for one in writers[0].history([*places.values()])]
    seen: list[Values] = [{}, {}]

    for who, what, chosen in steps:
        if what == "look":
            seen[who] = seen_by(writers[who], people)
            assert seen[who] == model.values
            continue
        changes = []
        for (name, key), (value, base) in chosen.items():
            known = ANY if base == "any" else seen[who].get((places[name], key), UNSET)
            changes.append(Change(places[name], key, value, known))
        touch = [places["ana"]] if what == "touch" else []
        note = Note(f"writer {who}")
        expected = model.commit(changes, note, touch)
        try:
            made = writers[who].commit(changes, note, touch=touch)
        except Conflict:
            assert expected == "conflict"
        else:
            assert (made and made.id) == expected

    for store in writers:
        assert seen_by(store, people) == model.values
        told = [
            (one.id, {(edit.place, edit.key, edit.before, edit.after) for edit in one.edits})
            for one in store.history([*places.values()])
        ]
        assert told[: len(told) - len(old)] == model.told[::-1]
        store.close()

"""What tests of any store change, for whom, and what they may find typed into a document."""

from __future__ import annotations

from hypothesis import strategies as st

from mailwidgets.settings.documents import ANY, UNSET, Change
from mailwidgets.settings.levels import Identity, Level

ANA = Identity("ana", "WS-01")
BOB = Identity("bob", "WS-02")
COMPANY, USER, WORKSTATION = Level.COMPANY, Level.USER, Level.WORKSTATION
PORT = ("pop3", "port")

# Any value that a JSON text can hold.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def change(  # noqa: PLR0913 - a change has as many parts
    level: Level,
    name: str,
    value: object,
    *,
    base: object = ANY,
    lock: bool = False,
    who: Identity = ANA,
) -> Change:
    """Return a change of someone's or of the company's; ``None`` removes the value."""
    section, _, key = name.partition(".")
    return Change(who.place(level), (section, key), UNSET if value is None else value, base, lock)


def everywhere(number: int, who: Identity = ANA) -> list[Change]:
    """Return changes of all three documents that say the same number."""
    return [
        change(COMPANY, "pop3.timeout", number),
        change(USER, "pop3.timeout", number, who=who),
        change(WORKSTATION, "pop3.name", f"h{number}.example", who=who),
    ]

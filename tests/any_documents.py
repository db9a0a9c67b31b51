"""Documents of every kind that a store may hold, for properties that all must have."""

from __future__ import annotations

import functools

import trustme
from hypothesis import strategies as st
from memory_store import MemoryStore

from mailwidgets.ledger import Ledger
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.secret import Secret
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.vault.vault import Vault

COMPANY = Place(Level.COMPANY)
# What a spreadsheet, this program or a careless parser could take for something else.
TRICKY = (
    "=1+1",
    "@x",
    "-1",
    "+1",
    "'=x",
    "''",
    "'",
    "(none)",
    "(NONE)",
    "'(set)",
    "(set)",
    '"',
    "; ,",
    "007",
    "'1E5",
)
CHARACTERS = st.characters(exclude_categories=["C", "Zl", "Zp"])
TEXT = st.sampled_from(TRICKY) | st.text(CHARACTERS, min_size=1, max_size=30).filter(str.strip)
IDS = st.sampled_from(["ana", "=ana", "Ünï", "o'neill", "(none)", "-1", 'a;b,c"d']) | TEXT


@functools.cache
def pem(number: int) -> str:
    return trustme.CA(organization_name=f"authority {number}").cert_pem.bytes().decode()


def values(setting: Setting) -> st.SearchStrategy[object]:
    """Return what a setting may hold."""
    by_kind: dict[str, st.SearchStrategy[object]] = {
        "port": st.integers(1, 65535),
        "seconds": st.integers(1, 3600) | st.floats(1e-7, 3600, exclude_min=True),
        "yes_no": st.booleans(),
        "checkbox": st.booleans(),
        "host": st.sampled_from(["mail.example.com", "bücher.example", "192.0.2.1", "2001:db8::1"]),
        "domain": st.sampled_from(["pc1.example.com", "[192.0.2.1]"]),
        "address": st.sampled_from(["ana@example.com", '"a;b"@example.com', "+x@example.com"]),
        "charset": st.sampled_from(["utf-8", "iso-8859-2"]),
        "pem": st.sampled_from([1, 2]).map(pem) | st.just(pem(1) + pem(2)),
        "secret": TEXT.map(Secret),
        "choice": st.sampled_from(sorted(getattr(setting.field, "choices", ["-"]))),
    }
    if setting.name == "trust.pins":
        return st.just(("mail.example.com:993=" + "ab" * 32, "[2001:db8::1]:25=" + "cd" * 32))
    if setting.name == "trust.allowed_hosts":
        return st.just(("a.example", "*.b.example"))
    return by_kind.get(setting.field.kind, TEXT)


@st.composite
def changes(draw: st.DrawFn, *, secrets: bool = True) -> list[Change]:
    """Return changes that fill an empty store with some documents."""
    found = []
    others = st.builds(Place, st.sampled_from([Level.USER, Level.WORKSTATION]), IDS)
    for place in draw(st.lists(st.just(COMPANY) | others, max_size=4, unique=True)):
        fitting = [
            key
            for key, setting in SETTINGS.items()
            if place.level in (setting.level, Level.COMPANY) and (secrets or not setting.secret)
        ]
        keys = draw(st.lists(st.sampled_from(fitting), max_size=8, unique=True))
        found += [Change(place, key, draw(values(SETTINGS[key]))) for key in keys]
        lockable = [key for key in fitting if SETTINGS[key].level is not Level.COMPANY]
        if place == COMPANY:
            keys = draw(st.lists(st.sampled_from(lockable), max_size=3, unique=True))
            found += [Change(place, key, draw(TEXT), lock=True) for key in keys]
    return found


def ledger(user: str = "ana") -> Ledger:
    """Return a ledger over an empty store; the environment's key is everyone's."""
    return Ledger(MemoryStore(), Identity(user, "WS-01"), vault=Vault.from_environment())

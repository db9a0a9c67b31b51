from __future__ import annotations

from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from mailwidgets.everyone.fleet import effective_of_users, effective_of_workstations
from mailwidgets.servers import Servers
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.documents import Document, Documents, Key
from mailwidgets.settings.effective import cell
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import resolve
from mailwidgets.settings.secret import Sealed
from mailwidgets.settings.sections import SETTINGS

CANARY = "v1:c4nary"
COMPANY, WS = Place(Level.COMPANY), Place(Level.WORKSTATION, "WS-01")
WORDS = st.sampled_from(["ana", "mail.example.com", "Почта", "", "nan", "None", "set"])
STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "port": st.integers(1, 65535),
    "seconds": st.one_of(st.integers(1, 3600), st.floats(0.5, 3600, allow_nan=False)),
    "yes_no": st.booleans(),
    "checkbox": st.booleans(),
    "secret": st.just(Sealed(CANARY)),
}


def values_of(setting: Setting) -> st.SearchStrategy[Any]:
    if setting.field.kind == "choice":
        return st.sampled_from(list(getattr(setting.field, "choices", ())))
    return STRATEGIES.get(setting.field.kind, WORDS)


# Values at a level at which they count for nothing are among them: a file may hold any.
VALUES = st.lists(st.sampled_from(list(SETTINGS.values())), unique=True, max_size=30).flatmap(
    lambda chosen: st.fixed_dictionaries({one.id: values_of(one) for one in chosen})
)
BORROWING: dict[Key, object] = {("smtp", "use_pop3_account"): True}
LENDING = st.sampled_from([{}, {}, BORROWING, {("imap", "use_pop3_account"): True} | BORROWING])
LOCKABLE = [key for key, one in SETTINGS.items() if one.level is not Level.COMPANY]
LOCKS = st.dictionaries(st.sampled_from(LOCKABLE), st.sampled_from(["why", "policy 7"]), max_size=8)
HELD = st.builds(lambda values, lending: values | lending, VALUES, LENDING)


def columns_of(table: pd.DataFrame) -> list[object]:
    return [*table.columns]


@budget(max_examples=150)
@given(HELD, LOCKS, VALUES, st.lists(HELD, max_size=6))
def test_every_row_is_what_resolve_says_of_that_user(
    company: dict[Key, object],
    locks: dict[Key, str],
    workstation: dict[Key, object],
    users: list[dict[Key, object]],
) -> None:
    held = [Document(Place(Level.USER, f"user{n}"), one) for n, one in enumerate(users)]
    wide, seat = Document(COMPANY, company, locks), Document(WS, workstation)
    table = effective_of_users(iter(held), wide, seat)
    told = effective_of_users(held, wide, seat, origins=True)

    assert list(table.index) == [one.place.id for one in held]
    assert columns_of(table) == list(SETTINGS)
    for document, (_, row), (_, words) in zip(held, table.iterrows(), told.iterrows(), strict=True):
        resolved = resolve(Documents(wide, document, seat), Identity(document.place.id, WS.id))
        assert list(row) == [cell(one.setting, one.effective) for one in resolved.values()]
        assert list(words) == [one.from_words for one in resolved.values()]


@given(HELD, LOCKS, st.lists(HELD, max_size=4))
def test_every_row_is_what_resolve_says_of_that_workstation(
    company: dict[Key, object], locks: dict[Key, str], workstations: list[dict[Key, object]]
) -> None:
    held = [
        Document(Place(Level.WORKSTATION, f"WS-{n}"), one) for n, one in enumerate(workstations)
    ]
    wide, nobody = Document(COMPANY, company, locks), Document(Place(Level.USER, "nobody"))
    table = effective_of_workstations(held, wide)
    told = effective_of_workstations(held, wide, origins=True)

    own = [one for one in SETTINGS.values() if one.level is Level.WORKSTATION]
    assert columns_of(table) == [one.id for one in own]
    for document, (_, row), (_, words) in zip(held, table.iterrows(), told.iterrows(), strict=True):
        resolved = resolve(Documents(wide, nobody, document), Identity("nobody", document.place.id))
        assert list(row) == [cell(one, resolved[one.id].effective) for one in own]
        assert list(words) == [resolved[one.id].from_words for one in own]


def test_without_a_workstation_the_settings_kept_there_are_left_out() -> None:
    table = effective_of_users([], Document(COMPANY))

    assert ("smtp", "name") not in table.columns
    assert len(table.columns) == len(SETTINGS) - 3
    assert table.columns.names == ["section", "setting"]
    assert (table.index.name, len(table)) == ("user", 0)


def test_the_types_follow_the_kind_of_setting_and_not_the_data() -> None:
    whole = Document(Place(Level.USER, "ana"), {("pop3", "timeout"): 10})
    part = Document(Place(Level.USER, "bob"), {("pop3", "timeout"): 2.5})
    for held in ([], [whole], [whole, part]):
        table = effective_of_users(held, Document(COMPANY))
        assert table["pop3", "port"].dtype == "int64"
        assert table["pop3", "timeout"].dtype == "float64"
        assert list(table["smtp", "tls"].cat.categories) == list(
            SETTINGS["smtp", "tls"].field.choices.values()  # type: ignore[attr-defined]
        )
        assert pd.api.types.is_string_dtype(table["imap", "inbox"])


def test_secrets_read_set_and_nothing_of_them_is_in_the_table() -> None:
    held = [Document(Place(Level.USER, "ana"), {("pop3", "password"): Sealed(CANARY)})]
    company = Document(COMPANY, {("workflow", "password"): Sealed(CANARY)})
    table = effective_of_users(held, company)

    assert table.loc["ana", ("pop3", "password")] == "set"
    assert table.loc["ana", ("workflow", "password")] == "set"
    assert "c4nary" not in table.to_csv()


def test_a_ledger_tells_the_effective_values_of_everyone(servers: Servers) -> None:
    bob = servers.as_seen_by("bob", "WS-02")
    servers.commit([servers.change("pop3.port", 995), servers.change("smtp.name", "a.example")])
    bob.commit([bob.change("imap.timeout", 2.5), bob.change("smtp.name", "b.example")])

    table, seated = servers.everyone(), servers.everyone("WS-02")

    assert list(table.index) == ["ana", "bob"]
    assert table["pop3", "port"].tolist() == [995, 110]
    assert seated["smtp", "name"].tolist() == ["b.example", "b.example"]
    assert servers.everyone(origins=True)["pop3", "port"].tolist() == ["user", "default"]
    assert servers.every_workstation()["smtp", "name"].to_dict() == {
        "WS-01": "a.example",
        "WS-02": "b.example",
    }


def test_values_that_were_passed_over_are_told(servers: Servers) -> None:
    servers.commit([servers.change("pop3.port", 995)])
    file = next((servers.store.path / "users").glob("*.json"))  # type: ignore[attr-defined]
    file.write_text(file.read_text().replace("995", "99500"))
    problems: list[str] = []

    table = servers.everyone(problems=problems)

    assert table.loc["ana", ("pop3", "port")] == 110
    assert len(problems) == 1
    assert problems[0].startswith("user ana: pop3.port: ")

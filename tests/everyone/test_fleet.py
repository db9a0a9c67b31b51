from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from mailwidgets.errors import DamagedDocument, StoreError
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


def damage(servers: Servers, name: str) -> str:
    file = servers.store.path / name  # type: ignore[attr-defined]
    file.write_text('{"id": "x",\n "settings": ')
    return f"{file}, line 2, column 14: not JSON"


def test_values_that_were_passed_over_are_told(servers: Servers) -> None:
    servers.commit(
        [
            servers.change("pop3.port", 995),
            servers.change("imap.port", 993, level=Level.COMPANY),
            servers.change("smtp.name", "a.example"),
        ]
    )
    for name, sound, wrong in (
        ("users/ana.json", "995", "99500"),
        ("company.json", "993", "99300"),
        ("workstations/WS-01.json", '"a.example"', "5"),
    ):
        file = servers.store.path / name  # type: ignore[attr-defined]
        file.write_text(file.read_text().replace(sound, wrong))
    problems: list[str] = []
    at_workstations: list[str] = []

    table = servers.everyone("WS-01", problems=problems)
    servers.every_workstation(problems=at_workstations)

    assert table.loc["ana", ("pop3", "port")] == 110
    told = ["company: imap.port", "workstation WS-01: smtp.name", "user ana: pop3.port"]
    assert [": ".join(one.split(": ")[:2]) for one in problems] == told
    assert [": ".join(one.split(": ")[:2]) for one in at_workstations] == told[:2]


def test_a_damaged_document_of_ones_own_is_told_and_the_others_are_in_the_table(
    servers: Servers,
) -> None:
    for who in (servers, servers.as_seen_by("bob", "WS-02"), servers.as_seen_by("eve", "WS-03")):
        who.commit([who.change("pop3.port", 995), who.change("smtp.name", "a.example")])
    why = [damage(servers, name) for name in ("users/ana.json", "workstations/WS-01.json")]
    told: list[tuple[Place, str]] = []

    def unread(place: Place, error: StoreError) -> None:
        told.append((place, str(error).partition(": Exp")[0]))

    users = servers.everyone("WS-02", unread=unread)
    workstations = servers.every_workstation(unread=unread)

    assert list(users.index) == ["bob", "eve"]
    assert list(workstations.index) == ["WS-02", "WS-03"]
    assert [place for place, _ in told] == [Place(Level.USER, "ana"), WS]
    assert all(one.startswith(each) for (_, one), each in zip(told, why, strict=True))


def test_a_table_that_would_lack_someone_is_refused_to_who_does_not_ask_for_it(
    servers: Servers,
) -> None:
    servers.commit([servers.change("pop3.port", 995), servers.change("smtp.name", "a.example")])
    damage(servers, "users/ana.json")
    damage(servers, "workstations/WS-01.json")

    with pytest.raises(DamagedDocument, match=r"ana\.json, line 2"):
        servers.everyone()
    with pytest.raises(DamagedDocument, match=r"WS-01\.json, line 2"):
        servers.every_workstation()
    with pytest.raises(DamagedDocument, match=r"WS-01\.json, line 2"):
        servers.everyone("WS-01", unread=lambda *_: None)

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from any_documents import COMPANY, changes, ledger, pem
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from memory_store import MemoryStore

from mailwidgets.errors import InvalidId, InvalidValue
from mailwidgets.ledger import Ledger
from mailwidgets.moving.portable import FORMAT, export_schema
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Secret
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.vault import passphrase
from mailwidgets.vault.vault import Vault

CANARY = 'c4n4ry-Pässwört "q" \\ ☃'
WORDS = "correct horse"
ANA, BOB, WS = Place(Level.USER, "ana"), Place(Level.USER, "bob"), Place(Level.WORKSTATION, "WS-01")
PASSWORD = ("smtp", "password")
FORMULA = {*"=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"}
SCHEMA = Draft202012Validator(export_schema())


@pytest.fixture(autouse=True)
def cheap(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert key
    monkeypatch.setattr(passphrase, "COST", 2**4)


@pytest.fixture
def filled() -> Ledger:
    here = ledger()
    here.commit(
        [
            Change(COMPANY, ("smtp", "port"), 587),
            Change(COMPANY, ("smtp", "tls"), "policy", lock=True),
            Change(ANA, PASSWORD, Secret(CANARY)),
            Change(BOB, ("smtp", "user"), "=bob"),
            Change(WS, ("smtp", "name"), "mail.example.com"),
        ]
    )
    return here


def memory(of: Ledger) -> MemoryStore:
    assert isinstance(of.store, MemoryStore)
    return of.store


def places(text: str) -> list[str]:
    return [f"{one['level']} {one['id']}".strip() for one in json.loads(text)["documents"]]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_everything_is_exported_unless_something_is_chosen(filled: Ledger) -> None:
    everything = ["company", "user ana", "user bob", "workstation WS-01"]

    assert places(filled.export().text) == everything
    assert places(filled.export(levels=["user"]).text) == everything[1:3]
    assert places(filled.export(users=["bob"]).text) == everything[2:3]
    assert places(filled.export(users=["bob"], levels=["company"]).text) == [
        *everything[:1],
        "user bob",
    ]
    assert places(filled.export(users=["bob"], levels=["user", "company"]).text) == [
        *everything[:1],
        "user bob",
    ]
    assert places(filled.export(workstations=["WS-01"]).text) == everything[3:]


def test_someone_who_has_stored_nothing_is_told(filled: Ledger) -> None:
    found = filled.export(users=["eva", "ana"])

    assert found.warnings == ("user eva has stored nothing",)
    assert (found.documents, found.secrets) == (1, 0)


def test_a_document_that_holds_nothing_we_know_is_something(filled: Ledger) -> None:
    memory(filled).contents[BOB] = {"id": "bob", "theme": 1}
    found = filled.export(users=["bob"])

    assert not found.warnings
    assert json.loads(found.text)["documents"][0]["theme"] == 1


def test_a_wrong_choice_is_refused(filled: Ledger) -> None:
    with pytest.raises(InvalidValue, match="'usr' is none"):
        filled.export(levels=["usr"])
    with pytest.raises(InvalidValue, match="json or csv, not 'xml'"):
        filled.export("xml")
    with pytest.raises(InvalidId):
        filled.export(users=[" "])


def test_passwords_are_left_out_or_encrypted_to_the_passphrase(filled: Ledger) -> None:
    assert rows(filled.export("csv").text)[1]["smtp.password"] == "(set)"
    for form in ("json", "csv"):
        plain, sealed = filled.export(form), filled.export(form, passphrase=WORDS)
        assert (plain.secrets, sealed.secrets) == (0, 1)
        assert "pw1:" in sealed.text
        for one in (plain, sealed):
            for trace in ("c4n4ry", WORDS, "sealed", "v1:"):
                assert trace not in one.text, (form, trace)
            assert "c4n4ry" not in repr(one)


def test_a_password_that_cannot_be_opened_is_named_and_left_out(
    filled: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILWIDGETS_KEY", "A" * 43 + "=")
    other = Vault.from_environment()
    found = Ledger(filled.store, filled.identity, vault=other).export(passphrase=WORDS)

    assert found.secrets == 0
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith(
        "left out: smtp.password of user ana is set, but cannot be read here: "
    )
    assert json.loads(found.text)["documents"][1]["settings"]["smtp"]["password"] == {
        "secret": "set"
    }


def test_a_formula_is_no_formula_in_a_spreadsheet(filled: Ledger) -> None:
    assert rows(filled.export("csv").text)[2]["smtp.user"] == "'=bob"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(stored=changes())
def test_no_cell_of_any_export_begins_a_formula(stored: list[Change]) -> None:
    here = ledger()
    here.commit(stored)
    for row in csv.reader(io.StringIO(here.export("csv").text, newline="")):
        assert not [cell for cell in row if cell[:1] in FORMULA and cell]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(stored=changes())
def test_every_export_fits_the_schema(stored: list[Change]) -> None:
    here = ledger()
    here.commit(stored)
    SCHEMA.validate(json.loads(here.export().text))
    SCHEMA.validate(json.loads(here.export(passphrase=WORDS).text))


def test_the_schema_is_one_and_of_this_format_with_every_section() -> None:
    schema = export_schema()

    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["format"]["const"] == FORMAT
    assert [*schema["$defs"]["sections"]["properties"]] == [*SECTIONS]


@pytest.mark.parametrize(
    "settings",
    [{"smtp": 5}, {"smtp": {"password": {"secret": CANARY}}}, {"smtp": {"x": {"passphrase": "x"}}}],
)
def test_the_schema_refuses_what_no_export_holds(settings: object, filled: Ledger) -> None:
    told = json.loads(filled.export().text)
    told["documents"][1]["settings"] = settings

    assert not SCHEMA.is_valid(told)


def test_a_spreadsheet_is_as_excel_opens_it(filled: Ledger) -> None:
    data = filled.export("csv").data

    assert data.startswith(b"\xef\xbb\xbflevel,id,")
    assert data.count(b"\r\n") == data.count(b"\n") == 5


def test_a_spreadsheet_has_the_columns_that_its_rows_may_fill(filled: Ledger) -> None:
    head = filled.export("csv", users=["ana"]).text.split("\r\n", 1)[0].split(",")

    assert "smtp.port" in head
    assert not {"pop3.name", "workflow.port", "lock:smtp.tls"} & {*head}


def test_a_cell_that_a_spreadsheet_would_cut_is_left_out_with_a_warning(filled: Ledger) -> None:
    filled.commit([Change(COMPANY, ("trust", "ca"), pem(1) * 80)])
    found = filled.export("csv")

    assert rows(found.text)[0]["trust.ca"] == ""
    assert "trust.ca of company is left out: it is longer than the 32,767" in found.warnings[0]
    assert not found.warnings[1:]
    assert not filled.export().warnings


def stored_by_a_newer_version() -> dict[str, Any]:
    return {
        "format": 2,
        "id": "ana",
        "theme": {"dark": True},
        "settings": {
            "smtp": {"port": 25, "colour": "\ud800", "key": {"sealed": "v1:00000000:AAAA"}},
            "jmap": {"port": 1, "deep": {"a": {}}, "secret": [{"sealed": "v1:00000000:AAAA"}]},
            "caldav": {"key": {"sealed": "v1:00000000:AAAA"}},
            "odd": 5,
        },
    }


def test_what_this_version_does_not_know_is_carried_but_never_a_secret(filled: Ledger) -> None:
    memory(filled).contents[ANA] = stored_by_a_newer_version()
    found = filled.export(users=["ana"], passphrase=WORDS)

    SCHEMA.validate(json.loads(found.text))
    assert json.loads(found.text)["documents"] == [
        {
            "level": "user",
            "id": "ana",
            "theme": {"dark": True},
            "settings": {
                "smtp": {"port": 25, "colour": "\ud800"},
                "jmap": {"port": 1, "deep": {"a": {}}},
                "odd": 5,
            },
        }
    ]
    assert found.warnings == tuple(
        f"{name} of user ana is left out: it is a secret of a newer mailwidgets"
        for name in ("smtp.key", "jmap.secret", "caldav.key")
    )
    assert memory(filled).contents[ANA] == stored_by_a_newer_version()
    assert "JSON has it" in filled.export("csv", users=["ana"]).warnings[-1]


def test_an_export_reads_each_document_once_and_no_history(
    filled: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryStore, "moved", None)

    assert len(places(filled.export().text)) == 4


def test_what_a_spreadsheet_would_save_as_a_number_or_a_date_is_marked_as_text() -> None:
    here, there = ledger(), ledger()
    user = Place(Level.USER, "007")
    here.commit(
        [
            Change(COMPANY, ("pop3", "port"), "1-2", lock=True),
            Change(COMPANY, ("pop3", "timeout"), 2.5),
            Change(user, ("smtp", "user"), "1E5"),
            Change(user, ("smtp", "port"), 587),
        ]
    )
    text = here.export("csv").text
    company, row = rows(text)
    there.import_(text)

    assert (company["lock:pop3.port"], company["pop3.timeout"]) == ("'1-2", "2.5")
    assert (row["id"], row["smtp.user"], row["smtp.port"]) == ("'007", "'1E5", "587")
    assert there.export("csv").text == text
    assert places(there.export().text) == ["company", "user 007"]


def test_what_cannot_be_read_is_named_and_the_others_are_exported(filled: Ledger) -> None:
    memory(filled).damaged.add(ANA)
    memory(filled).contents[BOB] = {"id": "bob", "settings": {"smtp": {"port": "many"}}}
    memory(filled).contents[COMPANY] = {"locks": {"smtp": {"port": "two\nlines", "tls": ""}}}
    found = filled.export()

    assert places(found.text) == ["company", "user bob", "workstation WS-01"]
    assert [one.partition(":")[0] for one in found.warnings] == [
        "user ana is left out",
        "lock of smtp.port of company is left out",
        "lock of smtp.tls of company is left out",
        "smtp.port of user bob is left out",
    ]
    assert json.loads(found.text)["documents"][0]["locks"] == {}


def test_a_file_larger_than_an_import_takes_is_told(
    filled: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailwidgets.moving.export.LARGEST", 10)

    assert "more than an import takes at once" in filled.export().warnings[0]

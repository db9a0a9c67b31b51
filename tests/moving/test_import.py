"""What leaves a store comes back as it was, and whatever is wrong in a file is told at once."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from any_documents import COMPANY, changes, ledger, pem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_store import MemoryStore

from mailwidgets.errors import (
    Conflict,
    DamagedDocument,
    InvalidImport,
    MailwidgetsError,
    VaultError,
)
from mailwidgets.ledger import Ledger
from mailwidgets.moving import incoming
from mailwidgets.moving.incoming import Import
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.secret import Secret
from mailwidgets.vault import passphrase
from mailwidgets.vault.keys import KeyText
from mailwidgets.vault.vault import Vault

CANARY = 'c4n4ry-Pässwört "q" \\ ☃'
WORDS = "correct horse"
ANA, BOB = Place(Level.USER, "ana"), Place(Level.USER, "bob")
FORMS = ("json", "csv")
every_form = pytest.mark.parametrize("form", FORMS)
untouched = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(autouse=True)
def cheap(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys cheaply, with the key of the test's own."""
    assert key
    monkeypatch.setattr(passphrase, "COST", 2**4)


def memory(of: Ledger) -> MemoryStore:
    assert isinstance(of.store, MemoryStore)
    return of.store


def document(level: str = "user", id_: str = "ana", **more: object) -> dict[str, Any]:
    return {"level": level, "id": id_, "settings": {}, **more}


def export_of(*documents: object, **more: object) -> bytes:
    told = {"mailwidgets": "export", "format": 1, "at": "", "by": "", "documents": documents}
    return json.dumps(told | more).encode()


@pytest.fixture(autouse=True)
def few_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the smallest import be read in several parts."""
    monkeypatch.setattr(incoming, "_TOGETHER", 2)


def documents_in(text: str) -> object:
    return json.loads(text)["documents"]


def opened(of: Ledger) -> dict[object, object]:
    """Return everything that is stored, the passwords in the clear."""
    found: dict[object, object] = {}
    for level in Level:
        for one in of.store.read_all(level):
            for key, value in one.values.items():
                sealed = hasattr(value, "text")
                found[one.place, key] = of.vault.open(one.place, key, value) if sealed else value
            found |= {(one.place, key, "lock"): reason for key, reason in one.locks.items()}
    return found


@pytest.mark.parametrize("words", ["", WORDS])
@every_form
@untouched
@given(stored=changes())
def test_importing_what_was_exported_changes_nothing(
    form: str, words: str, stored: list[Change]
) -> None:
    here = ledger()
    here.commit(stored)
    found = here.import_(here.export(form, passphrase=words).data, passphrase=words)

    assert not found.changes
    assert found.commit is None
    assert not found.impact
    assert len(memory(here).commits) <= 1


@every_form
@untouched
@given(stored=changes())
def test_an_empty_store_becomes_the_same_by_an_import(form: str, stored: list[Change]) -> None:
    here, there = ledger(), ledger()
    here.commit(stored)
    there.import_(here.export(form, passphrase=WORDS).data, passphrase=WORDS)

    assert opened(there) == opened(here)
    assert documents_in(there.export().text) == documents_in(here.export().text)
    assert len(memory(there).commits) == bool(stored)


@every_form
@untouched
@given(stored=changes(), noise=st.binary(max_size=40), at=st.integers(0, 3000))
def test_a_damaged_file_is_imported_whole_or_refused(
    form: str, stored: list[Change], noise: bytes, at: int
) -> None:
    here, there = ledger(), ledger()
    here.commit(stored)
    data = here.export(form).data
    try:
        there.import_(data[:at] + noise + data[at + len(noise) :])
    except MailwidgetsError:
        assert not memory(there).commits
    else:
        assert len(memory(there).commits) <= 1


@every_form
def test_passwords_that_were_left_out_stay_as_they_are(form: str) -> None:
    here = ledger()
    here.commit([Change(ANA, ("smtp", "password"), Secret(CANARY))])
    data = here.export(form).data
    here.commit([Change(ANA, ("smtp", "password"), Secret("newer"))])
    here.import_(data)

    assert list(opened(here).values()) == [Secret("newer")]


def test_a_password_travels_under_a_passphrase_to_a_store_with_another_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = ledger()
    here.commit([Change(ANA, ("smtp", "password"), Secret(CANARY))])
    data = here.export(passphrase=WORDS).data
    monkeypatch.setenv("MAILWIDGETS_KEY", "A" * 43 + "=")
    there = ledger()
    there.import_(data, passphrase=WORDS)

    assert list(opened(there).values()) == [Secret(CANARY)]


@every_form
def test_a_dry_run_tells_and_stores_nothing(form: str) -> None:
    here, there = ledger(), ledger()
    here.commit([Change(COMPANY, ("smtp", "port"), 587), Change(BOB, ("smtp", "port"), 465)])
    told = there.import_(here.export(form).data, dry_run=True)

    assert not memory(there).contents
    assert str(told) == (
        "Would change 2 settings of the company and 1 user. Nothing was stored.\n"
        "New: user bob\n"
        "In force then:\n"
        "  smtp.port: 25 (default) → 587 (company) for every user that has stored nothing\n"
        "  smtp.port: 25 (default) → 465 (user) for 1 user (bob)"
    )
    assert told.as_dict()["changes"][0] == {
        "level": "company",
        "id": "",
        "setting": "smtp.port",
        "lock": False,
        "before": None,
        "after": 587,
    }


def test_null_and_none_remove_a_value_and_a_lock() -> None:
    for data in (
        export_of(
            document(
                "company", "", settings={"smtp": {"port": None}}, locks={"smtp": {"tls": None}}
            )
        ),
        b"level,id,smtp.port,lock:smtp.tls\r\ncompany,,(none), (None) \r\n",
    ):
        here = ledger()
        here.commit(
            [
                Change(COMPANY, ("smtp", "port"), 587),
                Change(COMPANY, ("smtp", "tls"), "policy", lock=True),
            ]
        )
        here.import_(data, why="tidy")
        assert not opened(here)
        assert memory(here).commits[-1].why == "tidy"


def test_someone_who_saves_in_between_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    here = ledger()
    here.commit([Change(ANA, ("smtp", "port"), 25)])
    whole = Import.__init__

    def meanwhile(self: Import, *given: object, **named: object) -> None:
        whole(self, *given, **named)  # type: ignore[arg-type]
        if not self.commit:
            memory(here).commit([Change(ANA, ("smtp", "port"), 465)])

    monkeypatch.setattr(Import, "__init__", meanwhile)
    with pytest.raises(Conflict, match="465"):
        here.import_(b"level,id,smtp.port\nuser,ana,587\nuser,bob,587\n")
    assert list(opened(here).values()) == [465]


SHEET_FAULTS = {
    "user,ana,99999,,,,": "row 2, column C (smtp.port): Must be a whole number",
    "user,ana,,c4n4ry Pässwört,,,": "row 2, column D (smtp.password): a password",
    "user,ana,,pw1:x,,,": "row 2, column D (smtp.password): is encrypted to a passphrase",
    "user,ana,,,mx,,": "row 2, column E (pop3.name): pop3.name is kept at",
    "user,ana,,,,why,": "row 2, column F (lock:smtp.tls): only the company locks",
    "usr,ana,,,,,": "row 2, column A (level): must be one of company, user, workstation, not 'usr'",
    "user,,,,,,": "row 2, column B (id): a user needs a name",
    "company,ana,,,,,": "row 2, column B (id): the company has no id",
    "user,ana\nuser, ana ": "row 3: the user ana stands in row 2 already",
    "user,ana,,,,,,,x": "row 2: more cells than the 7 columns of row 1",
    "user,ana,,,,,maybe": "row 2, column G (smtp.sasl): Must be yes or no",
    'user,ana,"25" x': "line 2: not CSV",
}
HEAD = "level,id,smtp.port,smtp.password,pop3.name,lock:smtp.tls,smtp.sasl\n"


@pytest.mark.parametrize("row", SHEET_FAULTS)
def test_a_wrong_cell_is_told_with_row_column_and_rule(row: str) -> None:
    refused(HEAD + row, SHEET_FAULTS[row])


def test_a_column_that_fits_one_level_does_not_fit_all() -> None:
    refused(f"{HEAD}workstation,WS,,,mx,,\nuser,ana,,,mx,,\n", "row 3, column E (pop3.name)")


def test_all_wrong_cells_are_told_at_once() -> None:
    rows = [row for row in SHEET_FAULTS if row.count("\n") == 0]
    error = refused(HEAD + "user,fine,587\n" + "\n".join(rows), "row 3, column C")

    assert error.count >= len(rows)


def test_thousands_of_wrong_cells_are_counted() -> None:
    error = refused(HEAD + "usr\n" * 3000, "… and 2,950 more")

    assert (error.count, len(error.faults)) == (3000, 1000)
    assert str(error).count("\n") == 51


HEAD_FAULTS = {
    "level;id;smtp.prot": "row 1, column C: smtp has no setting 'prot'",
    "level;id;remark": "trust. Take the column out if it is for others",
    "level;id;smtp.port;SMTP.Port ": "row 1, column D: a second column 'smtp.port'",
    "id;smtp.port": "row 1: needs the columns level and id; it lacks level",
    "": "row 1: needs the columns",
    "level;id;lock:nothing.port": "row 1, column C: no section 'nothing'",
}


@pytest.mark.parametrize("head", HEAD_FAULTS)
def test_a_wrong_head_is_told(head: str) -> None:
    refused(head, HEAD_FAULTS[head])


FILE_FAULTS: dict[str, tuple[bytes, str]] = {
    "Latin-1": (b"level,id\nuser,J\xf6rg\n", "line 2, byte 7: not UTF-8: save it as 'CSV UTF-8'"),
    "half UTF-16": ("level\tid\n".encode("utf-16")[:-1], "byte 19: not UTF-16: save it as"),
    "a cut row": (b"level,id,smtp.user,smtp.port\nuser,ana,al", "row 2: the file ends after 3 of"),
    "a cut quote": (b'level,id,smtp.user\nuser,ana,"al', "line 2: not CSV: unexpected end"),
    "a long line": (b"level,id\n" + b"x" * 2**21, "line 2: over 1,048,576 characters"),
    "a wide head": (b"level,id" + b",x" * 3000, "… and 2,950 more"),
    "a long cell": (b"level,id\nuser," + b"x" * 200_000, "line 2: not CSV: field larger"),
    "no export": (b'{"documents": []}', '"mailwidgets": an export says "export" here'),
    "newer": (export_of(format=2), '"format": is 2: a newer mailwidgets wrote it'),
    "odd format": (export_of(format="1"), '"format": must be a whole number'),
    "no list": (export_of(documents={}), '"documents": must be a list, not an object'),
}


@pytest.mark.parametrize("name", FILE_FAULTS)
def test_a_file_of_another_kind_is_refused(name: str) -> None:
    refused(*FILE_FAULTS[name])


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailwidgets.moving.incoming.LARGEST", 10)
    refused(export_of(), "import it in parts")


def test_more_changes_than_fit_into_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailwidgets.moving.incoming._MOST", 1)
    refused("level,id,smtp.port\nuser,ana,25\nuser,bob,25\n", "changes over 1 settings")


@pytest.mark.parametrize(
    "data", [b'{"documents": [}', b'{"a": 1, "a": 2}', b"[" * 100_000, b'{"a": NaN}', b"[]"]
)
def test_damaged_json_is_told_with_line_and_column(data: bytes) -> None:
    with pytest.raises(DamagedDocument, match=r"x\.json, line 1, column \d+"):
        ledger().import_(data, name="x.json")


DOCUMENT_FAULTS: dict[str, Any] = {
    "document 1: must be an object, not a number": 5,
    'document 1: needs a "level"': {"level": "usr", "id": "ana"},
    "document 1: a user needs a name": document(id_=" "),
    "settings: must be an object, not a list": document(settings=[]),
    "settings, smtp: must be an object, not a number": document(settings={"smtp": 5}),
    "document 1 (user ana), smtp.port: Must be a whole": document(settings={"smtp": {"port": 0}}),
    "document 1 (user ana), smtp.password: a password": document(
        settings={"smtp": {"password": CANARY}}
    ),
    "smtp.password: a password stands here as": document(
        settings={"smtp": {"password": {"sealed": CANARY}}}
    ),
    "lock of smtp.port: only the company locks": document(locks={"smtp": {"port": "x"}}),
    "lock of smtp.port: a lock needs a reason": document(
        "company", "", locks={"smtp": {"port": " "}}
    ),
    "lock of smtp.port: a lock's reason is a text, not a number": document(
        "company", "", locks={"smtp": {"port": 5}}
    ),
}


@pytest.mark.parametrize("rule", DOCUMENT_FAULTS)
def test_a_wrong_value_is_told_with_its_document(rule: str) -> None:
    refused(export_of(DOCUMENT_FAULTS[rule]), rule)


def test_a_document_that_comes_twice_is_refused() -> None:
    refused(export_of(document(), document()), "document 2: user ana stands in document 1 already")


def refused(data: bytes | str, rule: str) -> InvalidImport:
    """Import what must be refused, and return how; no password is in it."""
    here = ledger()
    with pytest.raises(InvalidImport) as caught:
        here.import_(data)
    assert rule in str(caught.value)
    assert not memory(here).contents
    assert "c4n4ry" not in "".join(traceback.format_exception(caught.value))
    return caught.value


def test_another_passphrase_opens_nothing_and_nothing_is_stored() -> None:
    here, there = ledger(), ledger()
    here.commit([Change(ANA, ("smtp", "password"), Secret(CANARY))])
    data = here.export(passphrase=WORDS).data
    with pytest.raises(InvalidImport, match="encrypted to another passphrase"):
        there.import_(data, passphrase="wrong")
    assert not memory(there).contents


@every_form
def test_one_export_may_hold_more_passwords_than_there_may_be_exports_in_a_file(form: str) -> None:
    here, there = ledger(), ledger()
    here.commit(
        [
            Change(Place(Level.USER, f"u{one}"), ("smtp", "password"), Secret("x"))
            for one in range(20)
        ]
    )
    there.import_(here.export(form, passphrase=WORDS).data, passphrase=WORDS)

    assert opened(there) == opened(here)


def test_a_file_cannot_ask_for_a_thousand_derivations(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"user,u{number},pw1:{number:022}==:00000000:AAAA\n" for number in range(1000))
    asked: list[str] = []
    monkeypatch.setattr(passphrase.Passphrase, "open", _refusing(asked))
    with pytest.raises(InvalidImport, match="more than the 16 that may be put together"):
        ledger().import_("level,id,smtp.password\n" + rows, passphrase=WORDS)
    assert len(asked) == 16


def _refusing(asked: list[str]) -> Callable[..., Secret]:
    def refuse(_: object, __: object, ___: object, text: str) -> Secret:
        asked.append(text)
        raise VaultError("cannot be read")

    return refuse


def test_what_a_newer_version_knows_is_told_and_left_out() -> None:
    known = {"pop3": {"port": 995}}
    newer = document(settings={"pop3": {"colour": 1, "port": 995}, "jmap": {"x": 1}}, theme=1)
    third = document("company", "", settings={"odd": 5}, locks={"jmap": {"x": "why"}}, theme=2)
    data = export_of(newer, document(id_="bob", theme=3), third, groups=[])
    here = ledger()
    found = here.import_(data)

    assert [change.name for change in found.changes] == ["pop3.port"]
    assert memory(here).contents[ANA]["settings"] == known
    assert found.warnings == tuple(
        f"{name} is left out: this mailwidgets does not know it. It is mistyped, or of a newer one"
        for name in (
            "groups of the file",
            "theme of user ana and of 2 more",
            "pop3.colour of user ana",
            "jmap.x of user ana",
            "odd of company",
            "lock of jmap.x of company",
        )
    )
    assert str(here.import_(data)) == (
        "Nothing to change: all that this mailwidgets takes from the file is stored already."
    )


def test_what_belongs_to_a_store_is_not_taken_from_a_file() -> None:
    here = ledger()
    found = here.import_(
        export_of(
            document(
                settings={"smtp": {"port": 25, "pasword": CANARY}},
                public_key="x25519:AAAA",
                commit="a1" * 16,
                format=99,
            )
        )
    )

    content = memory(here).contents[ANA]
    assert found.commit
    assert content == {
        "format": 2,
        "id": "ana",
        "commit": found.commit.id,
        "settings": {"smtp": {"port": 25}},
    }
    assert len(found.warnings) == 4
    assert "c4n4ry" not in str(found.as_dict())


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_sheet_is_read_however_a_spreadsheet_saves_it(
    separator: str, codec: str, end: str
) -> None:
    rows = [
        ["level", "ID", "SMTP.TLS", "smtp.sasl", "trust.ca", "smtp.user", "pop3.timeout"],
        ["Company", "", "Implicit SSL/TLS", "TRUE", f'"{pem(1)}"', "", '"2,5"', "", " "],
        ["", "", ""],
        ["user", "Jörg", "REQUIRE", "off", "", '"x;,|""y"""', ""],
    ]
    here = ledger()
    here.import_(end.join(map(separator.join, rows)).encode(codec))

    joerg = Place(Level.USER, "Jörg")
    assert opened(here) == {
        (COMPANY, ("smtp", "tls")): "implicit",
        (COMPANY, ("smtp", "sasl")): True,
        (COMPANY, ("trust", "ca")): pem(1),
        (COMPANY, ("pop3", "timeout")): 2.5,
        (joerg, ("smtp", "tls")): "require",
        (joerg, ("smtp", "sasl")): False,
        (joerg, ("smtp", "user")): 'x;,|"y"',
    }


def test_a_dry_run_tells_who_may_not_be_written() -> None:
    here = ledger()
    memory(here).forbidden[BOB] = "you may not write users/bob.json"
    found = here.import_("level,id,smtp.port\nuser,bob,25\nuser,ana,25\n", dry_run=True)

    assert found.refusals == {BOB: "you may not write users/bob.json"}
    assert found.as_dict()["refusals"][0]["id"] == "bob"


def test_a_password_for_someone_without_a_published_key_is_refused_and_told_beforehand() -> None:
    here = ledger("ana")
    here.commit([Change(ANA, ("smtp", "password"), Secret(CANARY))])
    data = here.export(passphrase=WORDS).data
    vault = Vault(KeyText(Secret("A" * 43 + "="), "a test"), owner="carl")
    there = Ledger(MemoryStore(), Identity("carl", "WS-01"), vault=vault)

    told = there.import_(data, passphrase=WORDS, dry_run=True)
    assert list(told.refusals) == [ANA]
    assert not here.import_(data, passphrase=WORDS, dry_run=True).refusals
    alone = Ledger(MemoryStore(), Identity("ana", "WS-01"), vault=here.vault)
    assert not alone.import_(data, passphrase=WORDS, dry_run=True).refusals
    with pytest.raises(VaultError, match="ana"):
        there.import_(data, passphrase=WORDS)
    assert not memory(there).contents


def test_a_damaged_document_is_told_and_stays_as_it_is() -> None:
    here = ledger()
    here.commit([Change(BOB, ("smtp", "port"), 25)])
    memory(here).damaged.add(BOB)
    data = "level,id,smtp.port\nuser,ana,587\nuser,bob,587\n"

    told = here.import_(data, dry_run=True)
    assert (list(told.refusals), told.new) == ([BOB], (ANA,))
    with pytest.raises(DamagedDocument, match="bob"):
        here.import_(data)
    assert len(memory(here).commits) == 1


def test_a_stored_value_that_is_refused_today_is_mended_by_an_import() -> None:
    here = ledger()
    memory(here).contents[ANA] = {"id": "ana", "settings": {"smtp": {"port": "many"}}}
    here.import_("level,id,smtp.port\nuser,ana,(none)\n")

    assert memory(here).contents[ANA]["settings"] == {}

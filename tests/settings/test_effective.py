from __future__ import annotations

from mailwidgets.settings.documents import Change, Document, Documents, drafted
from mailwidgets.settings.effective import COLUMNS, effective_table, settings_table
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.settings.resolve import resolve
from mailwidgets.settings.secret import Sealed
from mailwidgets.settings.sections import SETTINGS

ANA = Identity("ana", "WS-01")


def test_the_table_has_a_row_per_setting_and_the_columns_of_the_levels() -> None:
    documents = Documents(*(Document(ANA.place(level)) for level in Level))
    table = effective_table(resolve(documents, ANA))

    assert list(table.columns) == list(COLUMNS)
    assert list(table.index) == list(SETTINGS)
    assert table.index.names == ["section", "setting"]
    assert table.loc[("imap", "port"), "Effective"] == 993
    assert table.loc[("pop3", "tls"), "Effective"] == "Yes"
    assert table.loc[("smtp", "tls"), "Default"] == "Auto"
    assert table.loc[("smtp", "name"), "Effective"] == ""


def test_secrets_read_set_in_every_column() -> None:
    documents = Documents(*(Document(ANA.place(level)) for level in Level))
    changes = [
        Change(ANA.place(level), ("pop3", "password"), Sealed("v1:canary"))
        for level in (Level.COMPANY, Level.USER)
    ]
    table = effective_table(resolve(drafted(documents, changes), ANA))

    row = table.loc[("pop3", "password")]
    assert row["Company"] == row["User"] == row["Effective"] == "set"
    assert "canary" not in table.to_csv()


def test_the_table_can_be_filtered_and_sorted_by_plain_pandas() -> None:
    documents = Documents(*(Document(ANA.place(level)) for level in Level))
    change = Change(ANA.place(Level.USER), ("pop3", "port"), 995)
    table = effective_table(resolve(drafted(documents, [change]), ANA))

    own = table[table["From"] != "default"]

    assert list(own.index) == [("pop3", "port")]
    assert table.xs("port", level="setting")["Effective"].sort_values().tolist() == [
        25,
        25,
        993,
        995,
    ]


def test_what_can_be_set_is_a_table_of_the_declarations() -> None:
    table = settings_table()

    assert list(table.index) == list(SETTINGS)
    assert table.loc[("pop3", "port")].tolist()[:6] == ["POP3 port", "user", "port", "", 110, False]
    assert table.loc[("workflow", "server_type"), "Choices"] == "smtp, imap"
    assert table.loc["trust"]["Ours"].all()
    assert (table["Help"] != "").all()

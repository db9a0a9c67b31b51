from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mailwidgets.errors import StoreError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.location import absolute, folder_of, shown, store_at


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ("postgresql://ana:p@ss:w/rd@h:5/db", "postgresql://ana@h:5/db"),
        ("postgresql://ana:pw@h,i:5/db", "postgresql://ana@h,i:5/db"),
        ("postgresql://ana@h/db?sslpassword=x&host=/tmp", "postgresql://ana@h/db?sslpassword=…&host=/tmp"),
        ("postgresql://h/db?scram_client_key=x&sslmode=require", "postgresql://h/db?scram_client_key=…&sslmode=require"),
        ("postgresql:///db?host=/run/pg", "postgresql:///db?host=/run/pg"),
        ("settings/a:b@c", "settings/a:b@c"),
    ],
)  # fmt: skip
def test_a_place_is_shown_without_its_password(chosen: str, told: str) -> None:
    assert shown(chosen) == told


def test_a_place_is_found_again_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert absolute("settings") == str(tmp_path / "settings")
    assert absolute("postgresql://ana@h/db") == "postgresql://ana@h/db"


def test_a_home_that_nobody_has_is_told_and_no_folder_of_its_name_is_made() -> None:
    for look in (store_at, absolute):
        with pytest.raises(StoreError, match="~nobody-here/store: there is no such home folder"):
            look("~nobody-here/store")


def test_a_folder_is_a_store_and_an_unknown_scheme_is_none(tmp_path: Path) -> None:
    store = store_at(tmp_path / "settings")

    assert isinstance(store, FolderStore)
    assert folder_of(store) == tmp_path / "settings"
    for url in (
        "mysql://ana:CANARY@h/db",
        "postgres://ana:CANARY@h/db",
        "postgresql:/a:CANARY@h/d",
    ):
        scheme = url.partition(":")[0]
        with pytest.raises(StoreError, match=f"no store can be opened at {scheme}:…: give") as told:
            store_at(url)
        assert "CANARY" not in str(told.value)
    assert isinstance(store_at("postgresql"), FolderStore)


def test_a_database_whose_driver_is_absent_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from mailwidgets.location import store_at\n"
        "try: store_at('postgresql://ana:CANARY@h/db')\n"
        "except OSError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert "sqlalchemy: pip install 'mailwidgets[database]'" in done.stdout
    assert "CANARY" not in done.stdout + done.stderr


@pytest.mark.parametrize("flag", ["--show-config", "--show-config-json"])
def test_the_configuration_is_shown_without_a_databases_password(flag: str) -> None:
    given = ["--store=postgresql://ana:CANARY@h/db", "--to=postgresql://owner:CANARY@h/db", flag]
    done = subprocess.run(
        [sys.executable, "-m", "mailwidgets", "migrate", *given],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "postgresql://ana@h/db" in done.stdout
    assert "postgresql://owner@h/db" in done.stdout
    assert "CANARY" not in done.stdout

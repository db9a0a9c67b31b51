"""Which files count in a shared folder, looked at one by one."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import pytest

from mailwidgets.errors import DamagedDocument
from mailwidgets.folder import owners

if sys.platform == "win32":
    pytest.skip("there is no such bit", allow_module_level=True)
import pwd

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")

ANA, BOB = "games", "news"  # every Debian has them
STICKY = 0o1777


@pytest.fixture(params=["users", "workstations"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    made = tmp_path / request.param
    made.mkdir()
    made.chmod(STICKY)
    return made


def made(path: Path, owner: str) -> Path:
    path.write_text("{}")
    os.chown(path, pwd.getpwnam(owner).pw_uid, -1)
    return path


def counts(path: Path, target: Path | None = None) -> bool:
    """Return whether a file counts, however it is read; where not, the message says whose it is."""
    told = []
    try:
        with contextlib.ExitStack() as held:
            owners.opened(path, held, target)
    except DamagedDocument as error:
        told.append(str(error))
    try:
        os.close(owners.open_to_read(path, os.O_RDONLY, target or path))
    except DamagedDocument as error:
        told.append(str(error))
    assert len(told) != 1
    assert all(str(path) in one for one in told)
    return not told


def test_a_file_counts_if_it_is_the_superusers_or_the_folders_owners(folder: Path) -> None:
    os.chown(folder, pwd.getpwnam(BOB).pw_uid, -1)

    assert counts(made(folder / "x.json", "root"))
    assert counts(made(folder / "y.json", BOB))
    assert not counts(made(folder / "z.json", ANA))


def test_only_a_users_file_counts_as_the_accounts_of_that_name(folder: Path) -> None:
    is_users = folder.name == "users"

    for name in (f"{ANA}.json", f"{ANA}.history"):
        assert counts(made(folder / name, ANA)) == is_users
        assert not counts(made(folder / name, BOB))
    for name in (f"{ANA}.json.json", f"x{ANA}.json", f"{ANA.upper()}.json", f"{ANA}%20.json"):
        assert not counts(made(folder / name, ANA))


def test_a_temporary_file_counts_as_the_one_that_it_replaces(folder: Path) -> None:
    temporary = made(folder / ".0123456789abcdef.tmp", ANA)

    assert counts(temporary, folder / f"{ANA}.json") == (folder.name == "users")
    assert not counts(temporary, folder / f"{BOB}.json")


def test_a_link_counts_in_no_shared_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "x.json").symlink_to(made(tmp_path / "of root", "root"))
    assert not counts(folder / "x.json")

    folder.chmod(0o755)
    assert counts(folder / "x.json")


def test_where_the_folder_is_nobody_elses_to_add_to_every_file_counts(folder: Path) -> None:
    folder.chmod(0o777)

    assert counts(made(folder / "x.json", ANA))
    assert owners.stranger(folder / "x.json") == ""


def test_nothing_is_added_to_a_file_of_someone_else_or_with_two_names(folder: Path) -> None:
    theirs, ours = made(folder / "x.history", ANA), made(folder / "y.history", "root")
    for file, why in ((theirs, f"belongs to {ANA}"), (ours, "")):
        with file.open("ab") as one, contextlib.ExitStack() as expected:
            if why:
                expected.enter_context(pytest.raises(PermissionError, match=why))
            owners.check_written(file, one.fileno())

    os.link(ours, folder / "second")
    with ours.open("ab") as one, pytest.raises(PermissionError, match="second name"):
        owners.check_written(ours, one.fileno())


def test_a_user_number_without_an_account_is_told_as_a_number(folder: Path) -> None:
    file = made(folder / "x.json", "root")
    os.chown(file, 64999, -1)

    assert "belongs to user number 64999" in owners.stranger(file)


def test_a_new_history_is_read_by_whom_its_document_is(tmp_path: Path) -> None:
    document = made(tmp_path / "x.json", "root")
    document.chmod(0o640)

    assert owners.mode_of_new(tmp_path / "x.history") == 0o640
    assert owners.mode_of_new(tmp_path / "other.history") == 0o666
    assert owners.mode_of_new(document) == 0o666

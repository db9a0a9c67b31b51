from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mailwidgets.vault.keys import new_key

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CANARY = "canary-Zwitscher-7737"
ID = "[0-9a-f]{8}"


@pytest.fixture
def work(run: Run, tmp_path: Path) -> Run:
    """Run a command as someone with a configuration folder of their own, and no key given."""

    def command(*words: str, who: str = "ana", **env: str) -> subprocess.CompletedProcess[str]:
        own = {"JUPYTERHUB_USER": who, "XDG_CONFIG_HOME": str(tmp_path / who)}
        return run(*words, **{**own, "MAILWIDGETS_KEY": "", **env})

    return command


def key_of(tmp_path: Path, who: str = "ana") -> Path:
    return tmp_path / who / "mailwidgets/key"


def sealed(tmp_path: Path, who: str = "ana") -> str:
    document = json.loads((tmp_path / f"store/users/{who}.json").read_text())
    text: str = document["settings"]["pop3"]["password"]["sealed"]
    return text


def test_keys_tells_what_is_not_there_yet_and_makes_nothing(work: Run, tmp_path: Path) -> None:
    done = work("keys")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"Key of user ana: there is no key file {key_of(tmp_path)}; it is made when the first "
        "secret is stored; where there was one, put it back\n"
        "Key of the company: the same\n"
        "Published by user ana: nothing yet: run mailwidgets keys publish, or save any password\n"
    )
    assert not (tmp_path / "ana").exists()
    assert not (tmp_path / "store").exists()


def test_keys_tells_where_each_key_is_and_its_id_and_never_the_key(
    work: Run, tmp_path: Path
) -> None:
    company = tmp_path / "company key"
    company.write_text(new_key())
    company.chmod(0o600)
    work("set", f"pop3.password={CANARY}")

    done = work("keys", MAILWIDGETS_COMPANY_KEY_FILE=str(company))

    assert re.fullmatch(
        rf"Key of user ana: the key file {key_of(tmp_path)}, id {ID}\n"
        rf"Key of the company: the key file {company}, id {ID}\n"
        rf"Published by user ana: public key {ID}\n",
        done.stdout,
    )
    told = done.stdout + done.stderr
    for secret in (CANARY, key_of(tmp_path).read_text().strip(), company.read_text()):
        assert secret not in told


def test_keys_tells_a_key_that_cannot_be_used(work: Run, tmp_path: Path) -> None:
    work("set", f"pop3.password={CANARY}")
    key_of(tmp_path).chmod(0o644)

    done = work("keys")

    assert done.returncode == 0
    assert "is open to others (mode 0644): run chmod 600" in done.stdout


def test_keys_advises_nobody_to_publish_another_key_for_one_that_is_lost(
    work: Run, tmp_path: Path
) -> None:
    work("keys", "publish")
    key_of(tmp_path).rename(tmp_path / "away")

    done = work("keys")

    assert re.search(r"there is no key file .* where there was one, put it back\n", done.stdout)
    assert re.search(
        rf"Published by user ana: public key {ID}, of a key that is not at hand\n", done.stdout
    )
    (tmp_path / "away").rename(key_of(tmp_path))
    assert re.search(rf"Published by user ana: public key {ID}\n", work("keys").stdout)


def test_publish_lets_others_set_a_password_that_only_its_owner_reads(
    work: Run, tmp_path: Path
) -> None:
    refused = work("set", f"pop3.password={CANARY}", "--user=bob")
    assert refused.returncode == 2
    assert "bob has published none to encrypt to" in refused.stderr

    first, again = work("keys", "publish", who="bob"), work("keys", "publish", who="bob")
    done = work("set", f"pop3.password={CANARY}", "--user=bob")

    assert re.match(rf"Published: .* of user bob now, to public key {ID}\.\n", first.stdout)
    assert again.stdout.startswith("Already published: ")
    assert done.returncode == 0, done.stderr
    assert sealed(tmp_path, "bob").startswith("v2:")
    mine, his = (work("show", "--format=json", "--user=bob", who=who) for who in ("ana", "bob"))
    assert mine.stdout == his.stdout
    assert re.fullmatch(
        rf"mailwidgets show: pop3\.password: set, but cannot be read here: only the key {ID} opens "
        r"it, most likely bob's own\n",
        mine.stderr,
    )
    assert his.stderr == ""


def test_rotate_encrypts_everything_with_a_new_key(work: Run, tmp_path: Path) -> None:
    work("set", f"pop3.password={CANARY}", f"workflow.password={CANARY}")
    old, before = key_of(tmp_path).read_text(), sealed(tmp_path)

    done = work("keys", "rotate")

    assert re.fullmatch(
        rf"Encrypted 2 passwords with key {ID}: the key file {key_of(tmp_path)}\.\n", done.stdout
    )
    assert key_of(tmp_path).read_text() != old
    assert sealed(tmp_path) != before
    assert work("show").stderr == ""
    history = json.loads(work("history", "--format=json").stdout)
    assert history[0]["why"] == "encrypted with a new key"
    assert {edit["after"] for edit in history[0]["edits"]} == {"set"}


def test_rotate_goes_on_where_it_was_cut_short(work: Run, tmp_path: Path) -> None:
    work("set", f"pop3.password={CANARY}")
    following = key_of(tmp_path).with_name("key.new")
    following.write_text(new_key())
    following.chmod(0o600)
    told = work("keys").stdout

    done = work("keys", "rotate")

    assert "was cut short: run mailwidgets keys rotate" in told
    assert done.stdout.startswith("Encrypted 1 password with key ")
    assert not following.exists()
    assert "cut short" not in work("keys").stdout
    assert work("show").stderr == ""


def test_rotate_of_a_key_given_for_the_process_names_what_to_set(work: Run, tmp_path: Path) -> None:
    given = {"MAILWIDGETS_KEY": new_key()}
    work("set", f"pop3.password={CANARY}", **given)
    before, target = sealed(tmp_path), tmp_path / "next key"

    refused = work("keys", "rotate", **given)
    done = work("keys", "rotate", f"--to={target}", **given)

    assert refused.returncode == 2
    assert "MAILWIDGETS_KEY cannot be changed from here" in refused.stderr
    assert done.stdout.splitlines()[1] == (
        f"From now on, set MAILWIDGETS_KEY_FILE={target} without MAILWIDGETS_KEY."
    )
    assert target.stat().st_mode & 0o777 == 0o600
    assert sealed(tmp_path) != before
    assert "another key" in work("show", **given).stderr
    assert work("show", MAILWIDGETS_KEY_FILE=str(target)).stderr == ""


def test_rotate_gives_the_company_a_key_of_its_own(work: Run, tmp_path: Path) -> None:
    work("set", f"workflow.password={CANARY}")
    target = tmp_path / "company key"

    done = work("keys", "rotate", "--company", f"--to={target}")

    assert f"set MAILWIDGETS_COMPANY_KEY_FILE={target}." in done.stdout
    assert "cannot be read here" in work("show").stderr
    assert work("show", MAILWIDGETS_COMPANY_KEY_FILE=str(target)).stderr == ""


def test_rotate_names_what_nobody_can_open_and_leaves_it(work: Run, tmp_path: Path) -> None:
    work("set", f"pop3.password={CANARY}")
    key_of(tmp_path).unlink()
    work("set", f"smtp.password={CANARY}")
    before = sealed(tmp_path)

    done = work("keys", "rotate")

    assert done.returncode == 0
    assert "left as it is: pop3.password of user ana: no key at hand opens it" in done.stderr
    assert sealed(tmp_path) == before


def test_a_lost_key_is_told_by_show_and_check_and_crashes_neither(
    work: Run, tmp_path: Path
) -> None:
    work("set", f"pop3.password={CANARY}", "pop3.name=127.0.0.1", "pop3.user=ana", "pop3.port=9")
    before = sealed(tmp_path)
    key_of(tmp_path).unlink()

    shown, checked, saved = work("show"), work("check", "pop3"), work("set", "pop3.port=995")

    assert (shown.returncode, checked.returncode, saved.returncode) == (0, 1, 0)
    assert "pop3.password: set, but cannot be read here: there is no key file" in shown.stderr
    assert "cannot be read here" in checked.stdout
    assert sealed(tmp_path) == before
    assert not key_of(tmp_path).exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("keys", "show"), "keys takes publish, rotate or nothing, not 'show'"),
        (("keys", "rotate", "twice"), "not 'rotate twice'"),
        (("keys", "--company"), "--company and --to are for: mailwidgets keys rotate"),
        (("keys", "publish", "--to=x"), "--company and --to are for: mailwidgets keys rotate"),
        (("keys", "rotate"), "there is no key file"),
    ],
)
def test_a_wrong_use_is_told(work: Run, words: tuple[str, ...], told: str) -> None:
    done = work(*words)

    assert done.returncode == 2
    assert told in done.stderr


def test_no_key_and_no_password_is_in_any_output(work: Run, tmp_path: Path) -> None:
    commands = [
        *(("set", f"pop3.password={CANARY}"), ("keys",), ("keys", "publish"), ("keys", "rotate")),
        *(("keys",), ("show",), ("history",), ("keys", "rotate", f"--to={tmp_path / 'next'}")),
        *(("show", "--format=json"), ("keys", "rotate", "--show-config"), ("keys", "--help-all")),
    ]
    keys, told = set(), ""
    for words in commands:
        done = work(*words)
        told += done.stdout + done.stderr
        for file in (key_of(tmp_path), tmp_path / "next"):
            keys |= {file.read_text().strip()} if file.exists() else set()

    assert len(keys) == 3
    assert not [secret for secret in (CANARY, *keys) if secret in told]

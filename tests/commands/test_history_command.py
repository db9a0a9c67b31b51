from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ANA = ("--user", "ana", "--workstation", "WS-01")
CANARY = "c4n4ry-Passwort"


def ok(run: Run, *words: str, stdin: str = "", **environment: str) -> str:
    done = run(*words, *ANA, stdin=stdin, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commits(run: Run, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ok(run, "history", "--format", "json", *words))
    return found


def test_history_tells_who_changed_what_when_and_why(run: Run) -> None:
    ok(run, "set", "smtp.port=25", "--why", "first try", JUPYTERHUB_USER="bob")
    ok(run, "set", "smtp.port=587", JUPYTERHUB_USER="cyn")

    lines = ok(run, "history").splitlines()

    assert lines[0].endswith("  cyn")
    assert lines[1] == "    smtp.port (user ana): 25 → 587"
    assert lines[2].endswith("  bob  first try")
    assert lines[3] == "    smtp.port (user ana): unset → 25"


def test_every_command_that_writes_takes_a_message(run: Run) -> None:
    ok(run, "set", "smtp.port=25", "--why", "w1")
    ok(run, "unset", "smtp.port", "--why", "w2")
    ok(run, "lock", "smtp.port", "--reason", "policy", "--why", "w3")
    ok(run, "unlock", "smtp.port", "--why", "w4")
    ok(run, "snapshot", "named", "--why", "w5")

    assert [commit["why"] for commit in commits(run)] == ["w5", "w4", "w3", "w2", "w1"]


def test_history_of_an_empty_store_is_empty_and_makes_none(run: Run, tmp_path: Path) -> None:
    assert ok(run, "history") == ""
    assert commits(run) == []
    assert ok(run, "snapshot") == "There are no snapshots yet.\n"
    assert not (tmp_path / "store").exists()


def test_history_as_json_holds_the_values_as_documents_have_them(run: Run) -> None:
    ok(run, "set", "smtp.port=25", "smtp.tls=none", "smtp.name=a.example", "--why", "w")

    (commit,) = commits(run)

    assert tuple(commit) == (
        *("commit", "at", "by", "role", "why", "snapshot", "undoes", "places", "outside", "edits"),
    )
    assert len(commit["commit"]) == 32
    assert commit["role"] is None, "a folder does not know who is logged in"
    assert commit["at"].endswith("+00:00")
    assert commit["places"] == [
        {"level": "user", "id": "ana"},
        {"level": "workstation", "id": "WS-01"},
    ]
    place = {"level": "user", "id": "ana"}
    values = {"before": None, "after": "none"}
    assert commit["edits"][1] == {**place, "setting": "smtp.tls", "lock": False, **values}


def test_history_as_csv_has_a_row_per_edit_and_starts_no_formula(run: Run) -> None:
    ok(run, "set", "smtp.port=25", "smtp.tls=none", "--why", "=HYPERLINK(1)", JUPYTERHUB_USER="eva")
    ok(run, "snapshot", "named")

    rows = list(csv.DictReader(io.StringIO(ok(run, "history", "--format", "csv"))))

    assert [row["setting"] for row in rows] == ["", "smtp.port", "smtp.tls"]
    assert [row["after"] for row in rows] == ["", "25", "None"]
    assert rows[0]["snapshot"] == "named"
    assert rows[1]["why"] == "'=HYPERLINK(1)"
    assert (rows[1]["by"], rows[1]["role"]) == ("eva", "")


def test_history_shows_one_setting_a_limit_and_everyone(run: Run) -> None:
    ok(run, "set", "smtp.port=25", "smtp.tls=none")
    ok(run, "set", "smtp.port=587")
    run("set", "smtp.port=1", "--user", "bob", "--workstation", "WS-01")

    limited = run("history", "--limit", "1", *ANA)

    assert [len(one["edits"]) for one in commits(run, "smtp.port")] == [1, 1]
    assert len(commits(run, "--everywhere")) == 3
    assert limited.stdout.count("→") == 1
    assert "--limit 0 shows all" in limited.stderr
    assert len(commits(run, "--limit", "0", "--since", "2 hours ago")) == 2
    assert commits(run, "--since", "2999-01-01") == []


def test_undo_takes_a_commit_back_and_tells_the_new_one(run: Run) -> None:
    ok(run, "set", "smtp.port=25")
    ok(run, "set", "smtp.port=587")
    last = commits(run)[0]["commit"]

    told = ok(run, "undo", last[:8], "--why", "too early")

    assert "too early" in told
    assert "smtp.port (user ana): 587 → 25" in told
    assert commits(run)[0]["undoes"] == last
    assert commits(run)[0]["why"] == "too early"


def test_undo_is_refused_with_status_3_where_later_commits_stand_unless_forced(run: Run) -> None:
    ok(run, "set", "smtp.port=25")
    first = commits(run)[0]["commit"]
    ok(run, "set", "smtp.port=587", "--why", "provider")

    refused = run("undo", first, *ANA)

    assert refused.returncode == 3
    assert refused.stdout == ""
    assert "Later commits changed the same settings" in refused.stderr
    assert "provider" in refused.stderr
    assert len(commits(run)) == 2
    assert "587 → unset" in ok(run, "undo", first, "--force")


def test_a_commit_of_hundreds_of_edits_is_told_by_its_first(run: Run, tmp_path: Path) -> None:
    users = "".join(f"user,u{number},25\n" for number in range(120))
    (tmp_path / "users.csv").write_text(f"level,id,smtp.port\n{users}", "utf-8")
    ok(run, "import", str(tmp_path / "users.csv"))

    listed = ok(run, "history", "--everywhere")
    (commit,) = commits(run, "--everywhere")
    undone = ok(run, "undo", commit["commit"][:8])

    for told in (listed, undone):
        assert told.count("→") == 50
        assert told.endswith("    and 70 more; history --format json shows all\n")
    assert len(commit["edits"]) == 120
    assert [len(one["edits"]) for one in commits(run, "--everywhere")] == [120, 120]


def test_undo_goes_back_to_a_snapshot(run: Run) -> None:
    ok(run, "set", "smtp.port=25", "smtp.name=a.example")
    ok(run, "snapshot", "before the move")
    ok(run, "set", "smtp.port=587", "smtp.name=b.example")

    one = ok(run, "undo", "--to", "before the move", "--level", "user")
    rest = ok(run, "undo", "--to", "before the move", "--why", "all of it")

    assert "smtp.port" in one
    assert "smtp.name" not in one
    assert "back to before the move" in one
    assert "smtp.name (workstation WS-01): b.example → a.example" in rest
    assert "all of it" in rest
    assert ok(run, "undo", "--to", "before the move").startswith("Nothing to do")
    assert ok(run, "diff", "before the move") == "Nothing differs.\n"


def test_diff_tells_what_changed_between_moments(run: Run) -> None:
    ok(run, "set", "smtp.port=25")
    ok(run, "snapshot", "one")
    ok(run, "set", "smtp.port=587", "smtp.tls=none")
    ok(run, "snapshot", "two")
    ok(run, "set", "smtp.port=465")

    (row, *_) = json.loads(ok(run, "diff", "one", "two", "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(ok(run, "diff", "one", "two", "--format", "csv"))))

    assert "smtp.port (user ana): 25 → 465" in ok(run, "diff", "one")
    assert tuple(row) == (
        *("level", "id", "setting", "lock", "before", "after", "commit", "at", "by"),
    )
    assert (row["setting"], row["before"], row["after"]) == ("smtp.port", 25, 587)
    assert [(one["before"], one["after"]) for one in rows] == [("25", "587"), ("", "None")]


def test_diff_tells_apart_what_is_in_force_for_two_people(run: Run) -> None:
    ok(run, "set", "smtp.port=587", "smtp.tls=none")
    run("set", "smtp.port=465", "--user", "bob")

    text = ok(run, "diff", "--other-user", "bob").splitlines()
    (row, _) = json.loads(ok(run, "diff", "--other-user", "bob", "--format", "json"))
    rows = list(
        csv.DictReader(io.StringIO(ok(run, "diff", "--other-user", "bob", "--format", "csv")))
    )

    assert text[0].split() == [
        *("setting", "ana", "on", "WS-01", "from", "bob", "on", "WS-01", "from")
    ]
    assert text[1].split() == ["smtp.port", "587", "user", "465", "user"]
    assert tuple(row) == (
        *("section", "key", "label", "effective", "from", "other", "other_from", "differs"),
    )
    assert (row["effective"], row["other"], row["differs"]) == (587, 465, True)
    assert rows[1]["effective"] == "None"
    assert ok(run, "diff", "--other-workstation", "WS-02") == "Nothing differs.\n"
    assert len(ok(run, "diff", "--other-user", "bob", "--all").splitlines()) > 50


def test_snapshots_are_listed_and_their_names_taken_once(run: Run) -> None:
    ok(run, "snapshot", "before the move", "--why", "new servers tonight")

    again = run("snapshot", "before the move", *ANA)

    assert again.returncode == 2
    assert "already" in again.stderr
    assert 'snapshot "before the move"' in ok(run, "snapshot")
    (listed,) = json.loads(ok(run, "snapshot", "--format", "json"))
    assert (listed["snapshot"], listed["why"]) == ("before the move", "new servers tonight")


@pytest.mark.parametrize(
    "words",
    [
        ("history", "smtp.prot"),
        ("history", "smtp.port", "pop3.port"),
        ("history", "--limit", "-1"),
        ("history", "--format", "xml"),
        ("history", "--since", "never"),
        ("diff",),
        ("diff", "a", "b", "c"),
        ("diff", "yesterday", "--other-user", "bob"),
        ("diff", "nowhere"),
        ("diff", "yesterday", "--all"),
        ("diff", "--other-user", "bob", "--everywhere"),
        ("undo",),
        ("undo", "1234", "5678"),
        ("undo", "12"),
        ("undo", "0123456789"),
        ("undo", "1234", "--to", "yesterday"),
        ("undo", "1234", "--level", "user"),
        ("undo", "--to", "yesterday", "--level", "user", "--everywhere"),
        ("undo", "--to", "nowhere"),
        ("snapshot", "before", "after"),
        ("snapshot", "2026-11-23"),
        ("snapshot", "before", "--why", "\x1b]0;title\x07"),
        ("set", "smtp.port=25", "--why", "a\nb"),
    ],
    ids=" ".join,
)
def test_bad_use_of_history_ends_with_status_2_and_nothing_stored(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = run(*words)

    assert done.returncode == 2, done
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert not (tmp_path / "store").exists()


def test_a_damaged_document_hides_no_one_elses_history(run: Run, tmp_path: Path) -> None:
    ok(run, "set", "smtp.port=25")
    run("set", "smtp.port=1", "--user", "bob")
    (tmp_path / "store" / "users" / "bob.json").write_text("{", "utf-8")

    done = run("history", "--everywhere")

    assert done.returncode == 0
    assert "smtp.port (user ana)" in done.stdout
    assert "passed over" in done.stderr
    assert "bob.json" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("history",), "smtp.port (user ana): unset → 25"),
        (("history", "--format", "json"), '"smtp.port"'),
        (("diff", "yesterday"), "smtp.port (user ana): unset → 25"),
        (("snapshot",), 'snapshot "before the move"'),
    ],
    ids=str,
)
def test_of_what_was_asked_for_a_damaged_document_hides_only_itself(
    run: Run, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    ok(run, "set", "smtp.port=25", "smtp.name=a.example")
    ok(run, "snapshot", "before the move")
    (tmp_path / "store" / "workstations" / "WS-01.json").write_text("{", "utf-8")

    done = run(*words, *ANA)

    assert done.returncode == 2, "what was asked for by name is missed"
    assert told in done.stdout
    assert done.stderr.count("passed over") == 1
    assert "WS-01.json, line 1" in done.stderr


def test_diff_everywhere_passes_over_what_is_damaged(run: Run, tmp_path: Path) -> None:
    ok(run, "set", "smtp.port=25")
    run("set", "smtp.port=1", "--user", "bob")
    (tmp_path / "store" / "users" / "bob.json").write_text("{", "utf-8")

    done = run("diff", "yesterday", "--everywhere", *ANA)

    assert done.returncode == 0
    assert "smtp.port (user ana)" in done.stdout
    assert "bob.json" in done.stderr
    none = run("diff", "now", "--everywhere", *ANA)
    assert none.stdout == "Nothing differs in what can be read.\n"


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_what_a_terminal_could_act_on_is_shown_as_an_escape(
    run: Run, tmp_path: Path, form: str
) -> None:
    ok(run, "set", "smtp.port=25", "--why", "spoilt")
    file = tmp_path / "store" / "users" / "ana.history"
    spoilt = file.read_text("utf-8").replace("spoilt", "\\u001b[2J\\u009b1m\\u202e")
    file.write_text(spoilt, "utf-8")

    shown = ok(run, "history", "--format", form)

    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
    assert "[2J" in shown


def test_a_password_set_changed_and_taken_back_appears_nowhere(run: Run, tmp_path: Path) -> None:
    ok(run, "snapshot", "start")
    for number in range(3):
        ok(run, "set", "smtp.password=-", f"smtp.port={number + 1}", stdin=f"{CANARY}{number}\n")
    ids = [commit["commit"] for commit in commits(run)]
    outputs = [run("undo", one, "--log-level", "DEBUG", *ANA) for one in ids]
    outputs += [run("undo", ids[0], "--force", *ANA), run("undo", "--to", "start", *ANA)]
    outputs += [
        run(*words, "--format", form, *ANA)
        for words in (("history",), ("diff", "2 days ago"), ("diff", "--other-user", "bob"))
        for form in ("text", "json", "csv")
    ]

    assert [one.returncode for one in outputs] == [3, 3, 3, 3, *([0] * 11)]
    for output in outputs:
        assert "c4n4ry" not in output.stdout + output.stderr
        assert "v1:" not in output.stdout + output.stderr
        assert "sealed" not in output.stdout + output.stderr
    for file in (tmp_path / "store").rglob("*"):
        assert file.is_dir() or b"c4n4ry" not in file.read_bytes()


def test_a_reader_who_has_seen_enough_ends_it_quietly(run: Run, tmp_path: Path, key: str) -> None:
    ok(run, "set", "smtp.port=25", "--why", "x" * 900)
    file = tmp_path / "store" / "users" / "ana.history"
    line = json.loads(file.read_text("utf-8"))
    parent = None
    with file.open("w", encoding="utf-8") as lines:
        for number in range(400):
            one = line | {"commit": f"{number:032x}", "parent": parent}
            lines.write(json.dumps(one) + "\n")
            parent = one["commit"]
    document = tmp_path / "store" / "users" / "ana.json"
    document.write_text(
        json.dumps(json.loads(document.read_text("utf-8")) | {"commit": parent}), "utf-8"
    )
    words = ["history", "--limit", "0", "--store", str(tmp_path / "store"), *ANA]
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "mailwidgets", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MAILWIDGETS_KEY": key},
    ) as reading:
        assert reading.stdout is not None
        assert reading.stderr is not None
        assert reading.stdout.readline()
        reading.stdout.close()
        told = reading.stderr.read()

    assert told == b""
    assert reading.returncode == 0

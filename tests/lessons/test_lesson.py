from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailwidgets import Lesson
from mailwidgets.errors import LessonError
from mailwidgets.lessons.bench import Bench
from mailwidgets.lessons.scene import Scene
from mailwidgets.settings.levels import Level

CANARY = "canary-d41d8cd98f"


def kept_in(store: Path) -> list[str]:
    return [path.read_text("utf-8") for path in store.rglob("*") if path.is_file()]


async def test_what_is_not_done_comes_with_the_next_step(lesson: Lesson) -> None:
    lesson.begin("fetch")

    outcome = await lesson.check("fetch")

    assert not outcome.passed
    assert outcome.code == "name_missing"
    assert "press Save" in outcome.said


async def test_a_wrong_value_comes_with_what_the_real_test_says(lesson: Lesson) -> None:
    lesson.begin("send")
    servers, ports = lesson.servers, lesson.laboratory.ports
    typed = {"smtp.name": "localhost", "smtp.port": ports["pop3"], "smtp.tls": "require"}
    servers.commit([servers.change(*one) for one in typed.items()])

    outcome = await lesson.check("send")

    assert outcome.code == "wrong_protocol"
    assert "speaks POP3" in outcome.said
    assert outcome.report is not None


async def test_only_what_is_saved_counts_and_every_try_is_kept(lesson: Lesson) -> None:
    lesson.begin("fetch")
    await lesson.check("fetch")
    sheet, ports = lesson.sheet().loc["POP3"], lesson.laboratory.ports
    typed = {
        "pop3.name": sheet["Server"],
        "pop3.port": ports["pop3"],
        "pop3.user": sheet["User name"],
        "pop3.password": sheet["Password"],
    }
    lesson.servers.commit([lesson.servers.change(*one) for one in typed.items()])

    assert (await lesson.check("fetch")).passed
    assert [one.passed for one in lesson.results.events()] == [False, True]
    assert lesson.standing("fetch").tries == 2
    assert list(lesson.progress()["Tries"]) == [2, 0, 0]


def test_hints_come_by_degrees_and_are_counted(lesson: Lesson) -> None:
    lesson.begin("folders")
    hints = [lesson.hint("folders") for _ in range(4)]

    assert hints[3] == ""
    assert len(set(hints[:3])) == 3
    assert str(lesson.laboratory.ports["imaps"]) in hints[2]
    assert lesson.hints("folders") == hints[:3]
    assert lesson.standing("folders").hints == 3


async def test_a_check_wants_the_bench_to_be_set_up_for_the_exercise(lesson: Lesson) -> None:
    with pytest.raises(LessonError, match="begin it first"):
        await lesson.check("fetch")
    lesson.begin("send")
    with pytest.raises(LessonError, match="Fetch mail by POP3: begin it first"):
        await lesson.check("fetch")
    assert lesson.results.events() == []


def test_a_name_that_does_not_exist_is_refused_with_those_there_are(lesson: Lesson) -> None:
    with pytest.raises(LessonError, match="there is: fetch"):
        lesson.begin("fetsch")
    with pytest.raises(LessonError, match="exercises 1 to 3 here, not 4"):
        lesson.named(4)
    with pytest.raises(LessonError, match="1 account, 2 levels"):
        Lesson.open(99)


async def test_whoever_mends_the_server_instead_meets_the_fault_again(tmp_path: Path) -> None:
    lesson = Lesson.open(3, folder=tmp_path)
    lesson.begin("stripped")
    lesson.laboratory.mend()
    assert (await lesson.servers.check("imap")).ok

    outcome = await lesson.check("stripped")

    assert outcome.code == "starttls_missing"
    lesson.close()


def test_beginning_again_takes_away_all_that_was_changed(tmp_path: Path) -> None:
    bench = Bench.start(tmp_path)
    scene = Scene({"imap.timeout": "45"}, company={"imap.timeout": "20"}, empty=True)
    bench.set_up(scene)
    servers, ben = bench.servers, bench.servers.as_seen_by("ben")
    servers.commit([servers.change("smtp.port", 1), servers.lock("imap.timeout", "no")])
    servers.commit([servers.change("smtp.timeout", 3, level=Level.COMPANY)])
    ben.commit([ben.change("imap.timeout", 7)])

    bench.set_up(scene)

    table = servers.resolve()
    assert table["imap", "timeout"].effective == 45
    assert table["imap", "timeout"].locked is None
    assert table["smtp", "port"].origin == "default"
    assert table["smtp", "timeout"].origin == "default"
    assert ben.resolve()["imap", "timeout"].effective == 20
    bench.close()


async def test_starting_over_mends_empties_and_keeps_the_earlier_tries(lesson: Lesson) -> None:
    lesson.begin("fetch")
    await lesson.check("fetch")
    lesson.laboratory.inject("cert_expired")

    aside = lesson.start_over()

    assert aside is not None
    assert "fetch" in aside.read_text("utf-8")
    assert lesson.results.events() == []
    assert lesson.laboratory.switches.on() == {}
    assert lesson.current is None
    assert lesson.start_over() is None


def test_the_command_line_works_on_the_bench(lesson: Lesson) -> None:
    lesson.begin("folders")

    done = subprocess.run(
        [sys.executable, "-m", "mailwidgets", "check", "pop3"],
        env=os.environ | lesson.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "POP3 works" in done.stdout


def test_a_lesson_that_is_closed_leaves_no_folder_and_no_server(tmp_path: Path) -> None:
    lesson = Lesson.open(2, folder=tmp_path)
    lesson.begin("lock")
    store = Path(lesson.environment()["MAILWIDGETS_STORE"])
    assert (store / "company.json").exists()

    lesson.close()

    assert not store.parent.exists()
    assert "stopped" in repr(lesson.laboratory)


async def test_a_password_is_in_nothing_that_a_lesson_says_or_keeps(
    lesson: Lesson, capfd: pytest.CaptureFixture[str]
) -> None:
    lesson.begin("folders")
    servers = lesson.servers
    servers.commit([servers.change("pop3.password", CANARY)])
    lesson.begin("folders")
    servers.commit(
        [
            servers.change("pop3.password", CANARY),
            servers.change("imap.name", "localhost"),
            servers.change("imap.port", lesson.laboratory.ports["imaps"]),
            servers.change("imap.use_pop3_account", value=True),
        ]
    )

    outcome = await lesson.check("folders")

    assert outcome.code == "auth_rejected"
    assert outcome.report is not None
    said = [repr(outcome), str(outcome), repr(outcome.report), str(outcome.report)]
    said += [repr(lesson), str(lesson.progress()), outcome.report._repr_html_()]
    said += [lesson.results.path.read_text("utf-8"), *capfd.readouterr()]
    said += kept_in(Path(lesson.environment()["MAILWIDGETS_STORE"]))
    assert not [one for one in said if CANARY in one]

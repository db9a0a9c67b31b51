"""What beginners do wrong, and what they are told of it: a next step that leads on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailwidgets import Lesson


@contextmanager
def begun(number: int, name: str, folder: Path) -> Iterator[Lesson]:
    """Open a lesson and begin one of its exercises."""
    lesson = Lesson.open(number, learner="ana", folder=folder)
    lesson.begin(name)
    yield lesson
    lesson.close()


async def _pin(lesson: Lesson, section: str) -> None:
    """Pin whatever certificate a section's server has."""
    report = await lesson.servers.check(section)
    seen = " ".join(line for step in report.steps for line in step.evidence)
    fingerprint = seen.partition("SHA-256 fingerprint ")[2][:64]
    values = lesson.servers.resolve()
    host, port = (values[section, key].effective for key in ("name", "port"))
    pin = lesson.servers.change("trust.pins", f"{host}:{port}={fingerprint}")
    lesson.servers.commit([pin])


@pytest.mark.parametrize(
    ("name", "section", "code"),
    [("name", "imap", "cert_name"), ("authority", "pop3", "cert_untrusted")],
)
async def test_a_pin_is_no_way_round_what_is_wrong(
    tmp_path: Path, name: str, section: str, code: str
) -> None:
    with begun(6, name, tmp_path) as lesson:
        assert (await lesson.check(name)).code == code
        await _pin(lesson, section)
        assert (await lesson.servers.check(section)).ok

        outcome = await lesson.check(name)

        assert outcome.code == "pinned"
        assert "empty Pinned certificates" in outcome.said


async def test_what_nobody_trusts_is_told_by_the_test_before_where_to_put_it(
    tmp_path: Path,
) -> None:
    with begun(6, "authority", tmp_path) as lesson:
        outcome = await lesson.check("authority")

        assert outcome.code == "cert_untrusted"
        assert outcome.report is not None


async def test_a_missing_outbox_points_at_the_way_by_smtp_and_at_no_other_folder(
    tmp_path: Path,
) -> None:
    with begun(5, "fallback", tmp_path) as lesson:
        outcome = await lesson.check("fallback")
        assert outcome.code == "sender_refused"
        assert "may not send as workflow@practice.example" in outcome.said
        assert "Choose a folder" not in outcome.said

        lesson.servers.commit([lesson.servers.change("workflow.outbox", "Drafts")])

        assert "name of the Outbox was to stay" in (await lesson.check("fallback")).said


async def test_two_commits_are_not_one_and_one_wants_a_reason(tmp_path: Path) -> None:
    with begun(7, "script", tmp_path) as lesson:
        ben = lesson.servers.as_seen_by("ben")
        port = ben.change("smtp.port", lesson.laboratory.ports["smtps"])
        mode = ben.change("smtp.tls", "implicit")
        ben.commit([port], why="a port")
        ben.commit([mode], why="a mode")
        outcome = await lesson.check("script")
        assert (outcome.code, "in one list" in outcome.said) == ("two_commits", True)

        lesson.begin("script")
        ben.commit([port, mode])
        assert (await lesson.check("script")).code == "no_reason"

        lesson.begin("script")
        ben.commit([port, mode], why="TLS first")
        assert (await lesson.check("script")).passed


async def test_all_who_were_to_be_left_alone_are_named_at_once(tmp_path: Path) -> None:
    with begun(7, "fleet", tmp_path) as lesson:
        for user in ("u02", "u04", "u05", "u08", "u09", "u11"):
            servers = lesson.servers.as_seen_by(user)
            servers.commit([servers.change("smtp.tls", "require")])

        outcome = await lesson.check("fleet")

        assert outcome.code == "changed_too_much"
        assert "left alone: u04, u08. Begin again" in outcome.said


async def test_a_mode_that_is_open_is_told_the_one_of_its_section_that_is_not(
    tmp_path: Path,
) -> None:
    with begun(1, "send", tmp_path) as lesson:
        servers, ports = lesson.servers, lesson.laboratory.ports
        values = {"name": "localhost", "port": ports["smtp"], "use_pop3_account": True}
        servers.commit([servers.change(f"smtp.{key}", one) for key, one in values.items()])
        outcome = await lesson.check("send")
        assert (outcome.code, "Choose SSL/TLS" in outcome.said) == ("insecure", True)

        lesson.begin("fetch")
        sheet = lesson.sheet().loc["POP3"]
        values = {"name": "localhost", "port": ports["pop3"], "tls": False}
        values |= {"user": sheet["User name"], "password": sheet["Password"]}
        servers.commit([servers.change(f"pop3.{key}", one) for key, one in values.items()])
        assert "Choose Yes" in (await lesson.check("fetch")).said

        servers.commit(
            [servers.change("pop3.tls", None), servers.change("pop3.port", ports["pop3s"])]
        )
        assert f"take port {ports['pop3']}" in (await lesson.check("fetch")).said


async def test_a_lock_does_not_take_a_value_away(tmp_path: Path) -> None:
    with begun(2, "own", tmp_path) as lesson:
        lesson.servers.commit([lesson.servers.lock("imap.timeout", "for all")])

        assert (await lesson.check("own")).code == "stored_otherwise"


async def test_a_wrong_fallback_may_not_stay_behind_a_lifted_lock(tmp_path: Path) -> None:
    with begun(2, "origin", tmp_path) as lesson:
        lesson.servers.commit([lesson.servers.lock("pop3.port", None)])

        outcome = await lesson.check("origin")

        assert not outcome.passed
        assert "wrong for everyone new" in outcome.said


async def test_a_file_of_an_earlier_run_does_not_count_until_it_is_written_anew(
    tmp_path: Path,
) -> None:
    path = tmp_path / "nightly.json"
    works = [{"section": one, "ok": True} for one in ("pop3", "smtp", "imap", "workflow")]
    path.write_text(json.dumps(works), "utf-8")
    with begun(7, "nightly", tmp_path) as lesson:
        assert (await lesson.check("nightly")).code == "no_report"

        path.write_text(json.dumps(works), "utf-8")

        assert (await lesson.check("nightly")).passed

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mailwidgets import Servers
from mailwidgets.errors import InvalidValue, StoreError, UnknownSetting, WrongLevel
from mailwidgets.reports.report import Step
from mailwidgets.settings.levels import Level
from mailwidgets.settings.secret import Sealed
from mailwidgets.targets import CHECKED


def test_what_is_committed_is_in_force_at_once(servers: Servers) -> None:
    servers.commit([servers.change("pop3.port", 995), servers.change("smtp.name", "mx.example")])

    assert servers.resolve()["pop3", "port"].effective == 995
    assert servers.effective().loc[("smtp", "name"), "From"] == "workstation"


def test_a_draft_is_resolved_without_being_stored(servers: Servers) -> None:
    change = servers.change("pop3.port", "995")

    assert servers.resolve([change])["pop3", "port"].effective == 995
    assert servers.resolve()["pop3", "port"].effective == 110


def test_a_commit_with_one_wrong_value_stores_none(servers: Servers) -> None:
    with pytest.raises(InvalidValue, match=r"smtp\.port"):
        servers.commit([servers.change("pop3.port", 995), servers.change("smtp.port", 0)])

    assert servers.resolve()["pop3", "port"].effective == 110


def test_a_password_is_stored_sealed_and_opens_only_where_it_was_stored(servers: Servers) -> None:
    servers.commit([servers.change("pop3.password", "s3cret")])
    value = servers.resolve()["pop3", "password"]

    assert isinstance(value.effective, Sealed)
    assert servers.targets().login("pop3").password == "s3cret"
    assert "s3cret" not in repr(servers.targets().login("pop3"))


def test_a_setting_is_kept_at_its_own_level_or_the_companys(servers: Servers) -> None:
    servers.commit([servers.change("pop3.port", 995, level=Level.COMPANY)])

    with pytest.raises(WrongLevel, match="kept at the user or company level, not at the work"):
        servers.change("pop3.port", 995, level=Level.WORKSTATION)
    with pytest.raises(WrongLevel, match="only the company locks"):
        servers.lock("workflow.port", "why")


def test_another_persons_view_is_a_servers_of_its_own(servers: Servers) -> None:
    servers.commit([servers.change("pop3.port", 995)])

    assert servers.as_seen_by("ben").resolve()["pop3", "port"].effective == 110
    assert servers.effective(user="ben").loc[("pop3", "port"), "Effective"] == 110


def test_the_environment_tells_what_the_caller_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAILWIDGETS_STORE", str(tmp_path / "told"))
    monkeypatch.setenv("MAILWIDGETS_USER", "ben")
    monkeypatch.setenv("MAILWIDGETS_WORKSTATION", "WS-02")
    told = Servers.open()
    told.commit([told.change("pop3.port", 995)])

    assert (tmp_path / "told" / "users" / "ben.json").exists()
    assert told.identity.workstation == "WS-02"
    assert Servers.open(user="ana").identity.user == "ana"


def test_the_name_server_of_the_environment_is_asked_by_every_check(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAILWIDGETS_DNS", "127.0.0.1:5353")
    told = Servers.open(tmp_path / "store")

    assert {told.targets().endpoint(one).dns for one in CHECKED} == {"127.0.0.1:5353"}
    assert told.as_seen_by("ben").targets().endpoint("imap").dns == "127.0.0.1:5353"


def test_a_name_server_that_is_none_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAILWIDGETS_DNS", "nowhere")

    with pytest.raises(InvalidValue, match=r"such as 127.0.0.1:5353, not 'nowhere'"):
        Servers.open(tmp_path / "store")


def test_a_location_that_is_no_store_is_refused_without_showing_its_password() -> None:
    with pytest.raises(StoreError, match=r"at mysql:…") as refusal:
        Servers.open("mysql://ana:s3cret@db/mail")

    assert "s3cret" not in str(refusal.value)


def test_a_ca_file_without_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate", "utf-8")

    with pytest.raises(InvalidValue, match=r"ca\.pem: Must be certificates"):
        Servers.open(tmp_path, ca_file=tmp_path / "ca.pem")
    with pytest.raises(StoreError, match="cannot be read"):
        Servers.open(tmp_path, ca_file=tmp_path / "absent.pem")


async def test_a_check_without_a_server_name_says_so(servers: Servers) -> None:
    report = await servers.check("smtp")

    assert (report.ok, report.code, report.as_dict()["field"]) == (False, "name_missing", "name")


async def test_a_check_that_does_not_exist_is_wrong_use(servers: Servers) -> None:
    with pytest.raises(UnknownSetting, match="no check 'ftp'; there are pop3, smtp"):
        await servers.check("ftp")


async def test_a_password_that_no_key_here_opens_is_a_finding_and_no_connection(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.commit([servers.change("pop3.name", "localhost"), servers.change("pop3.password", "x")])
    monkeypatch.setenv("MAILWIDGETS_KEY", "A" * 43 + "=")
    stranger = Servers(servers.store, servers.identity)
    steps: list[Step] = []

    report = await stranger.check("pop3", on_step=steps.append)

    assert (report.code, report.steps[0].name) == ("secret_unreadable", "settings")
    assert "cannot be read here" in str(report)
    assert [step.state for step in steps] == ["running", "failed"]


async def test_a_cancelled_check_says_so_and_leaves_no_thread(servers: Servers) -> None:
    before = set(threading.enumerate())
    servers.commit([servers.change("imap.name", "127.0.0.1"), servers.change("imap.port", 1)])
    run = servers.start_check("imap")
    run.cancel()

    report = await run.report()

    assert report.code == "cancelled"
    for thread in set(threading.enumerate()) - before:
        thread.join(10)  # a name lookup cannot be broken off; it ends by itself
        assert not thread.is_alive()

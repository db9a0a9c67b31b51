from __future__ import annotations

import imaplib
import poplib
import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailwidgets import Practice, rehearse
from mailwidgets.errors import PracticeError
from mailwidgets.prefill import prefill


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    with Practice.start() as started:
        yield started


async def test_a_newcomers_first_press_of_every_test_succeeds(
    practice: Practice, tmp_path: Path
) -> None:
    reports = await rehearse(practice, tmp_path / "store").check_all()

    assert [report.section for report in reports] == ["pop3", "smtp", "imap", "workflow"]
    assert [report.code for report in reports] == ["ok"] * 4, "\n".join(map(str, reports))


def test_practice_needs_no_right_to_the_companys_key(practice: Practice, tmp_path: Path) -> None:
    site = tmp_path / "home/xdg_config_dirs/mailwidgets"
    site.mkdir(parents=True)
    (site / "key").write_text("of the administrators")

    servers = rehearse(practice, tmp_path / "store")

    assert servers.targets().login("workflow").password == practice.accounts[-1].password


async def test_workflow_mail_by_imap_works_too(practice: Practice, tmp_path: Path) -> None:
    servers = rehearse(practice, tmp_path / "store")
    changes = [
        servers.change("workflow.server_type", "imap"),
        servers.change("workflow.port", practice.ports["imap"]),
    ]

    report = await servers.check("workflow", changes=changes)

    assert report.code == "ok", str(report)


async def test_a_missing_outbox_is_a_warning_while_smtp_works(
    practice: Practice, tmp_path: Path
) -> None:
    servers = rehearse(practice, tmp_path / "store")
    changes = [
        servers.change("workflow.server_type", "imap"),
        servers.change("workflow.port", practice.ports["imap"]),
        servers.change("workflow.outbox", "Nowhere"),
        # Ana's SMTP account, which takes over, may send as Ana only.
        servers.change("workflow.sender", practice.accounts[0].address),
    ]

    with_smtp = await servers.check("workflow", changes=changes)
    without = await servers.check("workflow", changes=[*changes, servers.change("smtp.port", 1)])

    assert (with_smtp.ok, with_smtp.code) == (True, "folder_missing"), str(with_smtp)
    assert without.ok is False, str(without)


def test_real_settings_are_never_touched(practice: Practice, tmp_path: Path) -> None:
    servers = rehearse(practice, tmp_path / "store")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}

    with pytest.raises(PracticeError, match="never touches"):
        prefill(servers, practice)

    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.json")}


def test_a_sent_message_is_read_back_over_imap_and_pop3(practice: Practice, tmp_path: Path) -> None:
    servers = rehearse(practice, tmp_path / "store")
    targets = servers.targets()
    login, context = targets.login("smtp"), ssl.create_default_context(cadata=practice.ca_pem)
    message = EmailMessage()
    message["From"] = message["To"] = login.user
    message["Subject"] = "Grüße aus dem Test"
    message.set_content("Eins\n.zwei\n")

    with smtplib.SMTP("localhost", targets.endpoint("smtp").port, timeout=10) as smtp:
        smtp.starttls(context=context)
        smtp.login(login.user, login.password)
        smtp.send_message(message)
    with imaplib.IMAP4("localhost", targets.endpoint("imap").port, timeout=10) as imap:
        imap.starttls(context)
        imap.login(login.user, login.password)
        count = imap.select("INBOX", readonly=True)[1][0]
        assert count is not None
        fetched = imap.fetch(count.decode(), "(BODY[])")[1][0]
    pop3 = poplib.POP3("localhost", targets.endpoint("pop3").port, timeout=10)
    pop3.stls(context)
    pop3.user(login.user)
    pop3.pass_(login.password)
    _, lines, _ = pop3.retr(pop3.stat()[0])
    pop3.quit()

    assert isinstance(fetched, tuple)
    assert fetched[1].rstrip() == b"\r\n".join(lines).rstrip()
    assert b"\r\n.zwei" in fetched[1]

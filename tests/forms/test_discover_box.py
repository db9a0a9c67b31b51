"""The forms are filled from an e-mail address, as the person chooses."""

from __future__ import annotations

import asyncio
import html.parser
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemons.dnsmasq import name_server

from mailwidgets import Dashboard, Servers
from mailwidgets.draft.draft import Draft
from mailwidgets.forms.discovering import DiscoverBox
from mailwidgets.practice import Practice
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Level

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1"><emailProvider id="practice.example">
<domain>practice.example</domain>
<incomingServer type="imap"><hostname>{host}</hostname><port>{imaps}</port>
<socketType>SSL</socketType><authentication>password-cleartext</authentication>
<username>%EMAILADDRESS%</username></incomingServer>
<outgoingServer type="smtp"><hostname>{host}</hostname><port>{smtp}</port>
<socketType>STARTTLS</socketType><authentication>password-cleartext</authentication>
<username>%EMAILADDRESS%</username></outgoingServer>
</emailProvider></clientConfig>"""


@pytest.fixture
def practice() -> Iterator[Practice]:
    running = Practice.start()
    yield running
    running.stop()


@pytest.fixture
def document(practice: Practice, tmp_path: Path) -> str:
    path = tmp_path / "config-v1.1.xml"
    path.write_text(DOCUMENT.format(host=practice.host, **practice.ports), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def dns() -> Iterator[str]:
    with name_server() as knows_nothing:
        yield knows_nothing


@pytest.fixture
def box(servers: Servers, practice: Practice, dns: str) -> Iterator[DiscoverBox]:
    servers.dns = dns
    servers.ca_pem = practice.ca_pem
    # Guesses must not leave this machine.
    allowed = Change(
        servers.identity.place(Level.COMPANY), ("trust", "allowed_hosts"), (practice.host,)
    )
    servers.commit([allowed])
    opened = DiscoverBox(Draft(servers))
    yield opened
    opened.close()


async def found(box: DiscoverBox, address: str, document: str = "") -> None:
    box.address.value, box.autoconfig.value = address, document
    box.find.click()
    assert box.searching is not None
    await asyncio.wait_for(box.searching, 60)


async def test_what_is_found_goes_into_the_forms_with_one_press(
    box: DiscoverBox, document: str, practice: Practice
) -> None:
    await found(box, "ana@practice.example", document)
    assert not box.fill.disabled, box.progress.value
    box.fill.click()

    draft = {change.key: change.value for change in box.draft.changes()}
    assert draft["imap", "name"] == practice.host
    assert draft["imap", "port"] == practice.ports["imaps"]
    assert draft["smtp", "tls"] == "require"
    assert draft["smtp", "user"] == "ana@practice.example"
    assert not any(section == "pop3" for section, _ in draft), "nothing was found for POP3"
    assert "In the forms now" in box.progress.value


async def test_what_the_person_leaves_out_stays_as_it_is(box: DiscoverBox, document: str) -> None:
    await found(box, "ana@practice.example", document)
    box.choices["imap"].value = None
    box.fill.click()

    assert {change.key[0] for change in box.draft.changes()} == {"smtp"}


async def test_a_wrong_address_is_told_in_words(box: DiscoverBox) -> None:
    await found(box, "no address")

    assert "role='alert'" in box.progress.value
    assert box.searching is None


async def test_a_locked_setting_is_not_filled_and_said_so(box: DiscoverBox, document: str) -> None:
    servers = box.draft.servers
    servers.commit([servers.lock("imap.port", "one port for all")])
    box.draft.refresh()
    await found(box, "ana@practice.example", document)
    box.choices["smtp"].value = None
    box.fill.click()

    assert "one port for all" in box.progress.value
    assert box.draft.changes() == ()


async def test_an_account_borrowed_from_another_section_stays_so(
    box: DiscoverBox, document: str
) -> None:
    box.draft.put(("imap", "use_pop3_account"), value=True)
    await found(box, "ana@practice.example", document)
    box.choices["smtp"].value = None
    box.fill.click()

    keys = {change.key[1] for change in box.draft.changes()}
    assert keys >= {"name", "port", "use_pop3_account"}
    assert "user" not in keys


async def test_a_search_can_be_cancelled(box: DiscoverBox, document: str) -> None:
    box.address.value, box.autoconfig.value = "ana@practice.example", document
    box.find.click()
    searching = box.searching
    assert searching is not None
    box.cancel.click()
    with pytest.raises(asyncio.CancelledError):
        await searching

    assert "cancelled" in box.progress.value
    assert box.cancel.disabled


async def test_what_a_document_says_reaches_the_page_as_text(
    box: DiscoverBox, practice: Practice, tmp_path: Path
) -> None:
    nasty = "&lt;img src=x onerror=alert(1)&gt;"
    text = DOCUMENT.format(host=practice.host, **practice.ports).replace("%EMAILADDRESS%", nasty)
    path = tmp_path / "nasty.xml"
    path.write_text(text, encoding="utf-8")

    await found(box, "ana@practice.example", str(path))

    tags: list[str] = []
    parser = html.parser.HTMLParser()
    parser.handle_starttag = lambda tag, _: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(box.evidence.value + box.progress.value)
    assert "img" not in tags


async def test_the_dashboard_greets_an_empty_store_with_it_and_folds_it_later(
    servers: Servers,
) -> None:
    empty = Dashboard(servers)
    assert empty.start is not None
    assert empty.start.discover.toggle.value
    assert "Nothing is set up here yet" in empty.start.greeting.value
    empty.close()
    servers.commit([servers.change("imap.name", "mail.example.com")])
    later = Dashboard(servers)

    assert later.start is not None
    assert not later.start.discover.toggle.value
    assert later.start.greeting.value == ""
    later.close()

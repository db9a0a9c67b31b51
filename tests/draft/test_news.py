from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailwidgets import Draft, Servers
from mailwidgets.draft.news import Author
from mailwidgets.draft.sight import news as news_since
from mailwidgets.settings.documents import UNSET, Documents
from mailwidgets.settings.levels import Identity, Level, Place

PORT = ("pop3", "port")
COMPANY = Place(Level.COMPANY)


@pytest.fixture
def draft(servers: Servers) -> Draft:
    servers.commit([servers.change("pop3.port", 25), servers.change("pop3.timeout", 5)])
    servers.author = "bob"
    return Draft(servers)


def test_what_someone_else_saved_is_marked_with_name_and_time(
    draft: Draft, servers: Servers
) -> None:
    commit = servers.commit([servers.change("pop3.port", 587)])
    assert commit is not None

    draft.refresh()

    (news,) = draft.elsewhere(PORT)
    assert (news.before, news.after) == (25, 587)
    assert news.author == Author("bob", commit.at)
    assert not draft.elsewhere(("pop3", "timeout"))


def test_several_saves_are_one_mark_from_what_was_seen_to_what_is_stored(
    draft: Draft, servers: Servers
) -> None:
    servers.commit([servers.change("pop3.port", 110)])
    draft.refresh()
    servers.author = "eve"
    servers.commit([servers.change("pop3.port", 587)])
    draft.refresh()

    (news,) = draft.elsewhere(PORT)

    assert (news.before, news.after) == (25, 587)
    assert news.author is not None
    assert news.author.by == "eve"


def test_what_is_back_as_it_was_seen_is_no_news(draft: Draft, servers: Servers) -> None:
    servers.commit([servers.change("pop3.port", 110)])
    draft.refresh()
    servers.commit([servers.change("pop3.port", 25)])

    draft.refresh()

    assert not draft.elsewhere(PORT)


def test_what_was_saved_here_is_no_news(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "995")
    servers.commit([servers.change("pop3.timeout", 7)])

    draft.save()

    assert not draft.elsewhere(PORT)
    assert draft.elsewhere(("pop3", "timeout")), "this was not"


def test_an_edit_in_a_text_editor_has_no_author(draft: Draft, tmp_path: Path) -> None:
    document = tmp_path / "store" / "users" / "ana.json"
    content = json.loads(document.read_text("utf-8"))
    content["settings"]["pop3"]["port"] = 587
    document.write_text(json.dumps(content), "utf-8")

    draft.refresh()

    (news,) = draft.elsewhere(PORT)
    assert (news.after, news.author) == (587, None)


def test_an_edit_by_hand_after_a_save_is_not_laid_at_its_door(
    draft: Draft, servers: Servers, tmp_path: Path
) -> None:
    servers.commit([servers.change("pop3.port", 110)])
    document = tmp_path / "store" / "users" / "ana.json"
    document.write_text(document.read_text("utf-8").replace("110", "587"), "utf-8")

    draft.refresh()

    (news,) = draft.elsewhere(PORT)
    assert (news.after, news.author) == (587, None)


def test_what_was_saved_before_the_last_look_is_no_ones_news(
    servers: Servers, tmp_path: Path
) -> None:
    document = tmp_path / "store" / "users" / "ana.json"
    servers.commit([servers.change("pop3.port", 587)])
    document.write_text(document.read_text("utf-8").replace("587", "25"), "utf-8")
    draft = Draft(servers)
    servers.commit([servers.change("pop3.timeout", 7)])
    document.write_text(document.read_text("utf-8").replace("25", "587"), "utf-8")

    draft.refresh()

    (news,) = draft.elsewhere(PORT)
    assert (news.before, news.after, news.author) == (25, 587, None)


def test_what_is_saved_while_one_looks_is_seen_at_the_next_look(
    draft: Draft, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = servers.store.read

    def read(identity: Identity) -> Documents:
        monkeypatch.undo()
        found = real(identity)
        servers.commit([servers.change("pop3.port", 587)])
        return found

    monkeypatch.setattr(servers.store, "read", read)
    draft.refresh()
    later = news_since(servers, draft.sight)

    assert draft.resolution()[PORT].effective == 25
    assert later is not None
    assert later.documents.user.values[PORT] == 587


def test_a_history_that_cannot_be_read_leaves_the_mark_without_a_name(
    draft: Draft, servers: Servers, tmp_path: Path
) -> None:
    servers.commit([servers.change("pop3.port", 587)])
    history = tmp_path / "store" / "users" / "ana.history"
    history.unlink()
    history.mkdir()

    draft.refresh()

    (news,) = draft.elsewhere(PORT)
    assert news.author == Author()


def test_a_stored_value_that_its_setting_refuses_is_seen_though_none_counts_before_or_after(
    draft: Draft, tmp_path: Path
) -> None:
    document = tmp_path / "store" / "users" / "ana.json"
    content = json.loads(document.read_text("utf-8"))
    content["settings"]["smtp"] = {"port": "abc"}
    document.write_text(json.dumps(content), "utf-8")
    before = draft.revision

    draft.refresh()

    assert draft.revision > before
    assert "not 'abc'" in draft.resolution()["smtp", "port"].problem


def test_a_company_value_and_a_lock_are_news_at_the_users_form_too(
    draft: Draft, servers: Servers
) -> None:
    servers.commit(
        [servers.change("pop3.port", 1110, level=Level.COMPANY), servers.lock("pop3.port", "one")]
    )

    draft.refresh()

    assert {one.slot: (one.before, one.after) for one in draft.elsewhere(PORT)} == {
        (COMPANY, PORT, False): (UNSET, 1110),
        (COMPANY, PORT, True): (UNSET, "one"),
    }


def test_marks_go_with_an_edit_a_save_a_discard_and_a_look(draft: Draft, servers: Servers) -> None:
    def marked() -> bool:
        servers.commit([servers.change("pop3.port", 100 + len(list(servers.history())))])
        draft.refresh()
        return bool(draft.elsewhere(PORT))

    assert marked()
    draft.enter(PORT, "7")
    assert not draft.elsewhere(PORT)
    draft.discard()

    assert marked()
    draft.enter(("pop3", "timeout"), "7")
    draft.save(["pop3"])
    assert not draft.elsewhere(PORT)

    assert marked()
    draft.discard(["smtp"])
    assert draft.elsewhere(PORT), "another section"
    draft.discard(["pop3"])
    assert not draft.elsewhere(PORT)

    assert marked()
    draft.seen()
    assert not draft.elsewhere(PORT)

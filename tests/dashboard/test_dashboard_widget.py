from __future__ import annotations

import asyncio
import json
from pathlib import Path

import ipywidgets as widgets
import pytest

from mailwidgets import Dashboard, Servers
from mailwidgets.dashboard import dashboard as dashboard_module
from mailwidgets.dashboard import watch as watch_module
from mailwidgets.widgets.look import plain

PATIENCE = 10  # seconds
NOTEBOOKS = [
    Path(dashboard_module.__file__).with_name("dashboard.ipynb"),
    Path(__file__).parents[2] / "notebooks" / "dashboard.ipynb",
]


def look_at(dashboard: Dashboard, title: str) -> None:
    titles = [one.rstrip(" ●") for one in dashboard.tabs.titles]
    dashboard.tabs.selected_index = titles.index(title)


def test_all_four_tabs_and_the_table_are_there(dashboard: Dashboard) -> None:
    assert dashboard.tabs.titles == (
        "POP3",
        "SMTP",
        "IMAP",
        "Workflow e-mail",
        "Effective values",
        "History",
        "Advanced",
    )


def test_the_table_follows_every_save(dashboard: Dashboard) -> None:
    look_at(dashboard, "Effective values")
    form = dashboard.forms["smtp"]

    form.rows["ehlo"].control.widget.value = "pc1.example.com"
    assert "pc1.example.com" not in dashboard.table.panel.html
    form.save.click()

    assert "pc1.example.com" in dashboard.table.panel.html


def test_only_the_form_that_is_seen_follows_each_key(dashboard: Dashboard) -> None:
    look_at(dashboard, "SMTP")
    field = dashboard.forms["smtp"].rows["port"].control.widget
    look_at(dashboard, "POP3")

    assert dashboard.draft is not None
    dashboard.draft.enter(("smtp", "port"), "587")
    assert field.value == ""

    look_at(dashboard, "SMTP")
    assert field.value == "587"


def test_the_history_is_read_only_while_it_is_seen(dashboard: Dashboard, servers: Servers) -> None:
    look_at(dashboard, "History")
    look_at(dashboard, "POP3")
    servers.commit([servers.change("pop3.port", 995)])

    dashboard.head.reload.click()
    assert "995" not in dashboard.past.panel.html

    look_at(dashboard, "History")
    assert "995" in dashboard.past.panel.html


def test_a_tab_with_edits_is_marked(dashboard: Dashboard) -> None:
    dashboard.forms["smtp"].rows["ehlo"].control.widget.value = "pc1.example.com"
    assert dashboard.tabs.titles[1] == "SMTP ●"

    dashboard.forms["smtp"].discard.click()
    assert dashboard.tabs.titles[1] == "SMTP"

    dashboard.forms["smtp"].rows["port"].control.widget.value = "25x"
    assert dashboard.tabs.titles[1] == "SMTP ●", "what is to be corrected is not saved either"


def test_the_switch_turns_all_forms_to_the_companys_level(
    dashboard: Dashboard, servers: Servers
) -> None:
    dashboard.head.company.value = True
    assert "company" in dashboard.head.hint.value
    row = dashboard.forms["pop3"].rows["port"]
    row.control.widget.value = "1110"
    dashboard.forms["pop3"].save.click()

    assert servers.resolve()["pop3", "port"].company == 1110
    dashboard.head.company.value = False
    assert (row.control.widget.value, row.control.widget.placeholder) == ("", "1110")
    assert dashboard.head.hint.value == ""


def test_reload_shows_what_others_saved_and_keeps_edits(
    dashboard: Dashboard, servers: Servers
) -> None:
    rows = dashboard.forms["pop3"].rows
    rows["timeout"].control.widget.value = "7"
    servers.commit([servers.change("pop3.port", 995)])

    dashboard.head.reload.click()

    assert rows["port"].control.widget.value == "995"
    assert rows["timeout"].control.widget.value == "7"


def test_a_damaged_store_is_reported_and_opens_once_mended(
    servers: Servers, tmp_path: Path
) -> None:
    servers.commit([servers.change("pop3.port", 995)])
    document = tmp_path / "store" / "users" / "ana.json"
    whole = document.read_text("utf-8")
    document.write_text("{", encoding="utf-8")

    dashboard = Dashboard(servers)
    assert "ana.json" in dashboard.message.value
    assert dashboard.draft is None
    assert dashboard.head.company.disabled, "there is no level to turn to yet"
    dashboard.look()
    assert "ana.json" in dashboard.message.value

    document.write_text(whole, encoding="utf-8")
    dashboard.head.reload.click()
    assert dashboard.message.value == ""
    assert not dashboard.head.company.disabled
    assert dashboard.forms["pop3"].rows["port"].control.widget.value == "995"
    dashboard.close()


def test_a_store_damaged_meanwhile_is_reported_as_long_as_it_is(
    dashboard: Dashboard, servers: Servers, tmp_path: Path
) -> None:
    servers.commit([servers.change("pop3.port", 995)])
    dashboard.look()
    (tmp_path / "store" / "users" / "ana.json").write_text("{", encoding="utf-8")

    dashboard.head.reload.click()
    assert "ana.json" in dashboard.message.value
    dashboard.look()
    assert "ana.json" in dashboard.message.value
    assert dashboard.forms["pop3"].rows["port"].control.widget.value == "995"


async def test_a_running_dashboard_follows_the_store_by_itself(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "_LOOKS_EVERY", 0.01)
    dashboard = Dashboard(servers)
    port = dashboard.forms["pop3"].rows["port"].control.widget
    followed = asyncio.Event()
    port.observe(lambda _: followed.set(), "value")

    servers.commit([servers.change("pop3.port", 995)])
    await asyncio.wait_for(followed.wait(), PATIENCE)

    assert port.value == "995"
    dashboard.close()


def shown_widgets() -> set[str]:
    state = widgets.Widget.get_manager_state()["state"]
    looks = ("LayoutModel", "StyleModel")
    return {one for one, model in state.items() if not model["model_name"].endswith(looks)}


async def test_a_closed_dashboard_leaves_no_task_and_no_widget(servers: Servers) -> None:
    tasks, before = asyncio.all_tasks(), shown_widgets()

    dashboard = Dashboard(servers)
    assert asyncio.all_tasks() > tasks
    dashboard.close()
    await asyncio.sleep(0)

    assert asyncio.all_tasks() == tasks
    assert shown_widgets() == before


def test_widgets_share_their_looks_also_after_all_were_closed() -> None:
    one, other = plain(widgets.Text), plain(widgets.Text)
    assert one.layout is other.layout
    assert one.style is other.style

    widgets.Widget.close_all()

    assert plain(widgets.Text).layout.comm is not None


def test_no_secret_is_in_any_widgets_state(servers: Servers) -> None:
    servers.commit([servers.change("pop3.password", "canary-1")])
    dashboard = Dashboard(servers)
    look_at(dashboard, "Effective values")
    dashboard.forms["pop3"].rows["password"].control.widget.set_state({"value": "canary-2"})

    state = json.dumps(widgets.Widget.get_manager_state())

    assert "POP3 port (u)" in state
    assert "canary" not in state
    dashboard.close()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.parent.name)
def test_a_notebook_has_one_code_cell_and_no_outputs(path: Path) -> None:
    notebook = json.loads(path.read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]

    assert len(code) == 1
    assert code[0]["outputs"] == []
    assert "widgets" not in notebook["metadata"]
    assert (
        "".join(code[0]["source"]).splitlines()[0] == "from mailwidgets import Dashboard, Servers"
    )


def test_news_is_counted_over_the_tabs_and_in_their_titles(
    dashboard: Dashboard, servers: Servers
) -> None:
    quiet = dashboard.strip.text.value
    servers.commit([servers.change("smtp.port", 587), servers.change("imap.timeout", 7)])
    dashboard.look()

    assert "2 settings changed elsewhere: SMTP port (u), IMAP: Timeout (sec) (u)." in (
        dashboard.strip.text.value
    )
    assert "2 settings changed elsewhere" in dashboard.strip.said.value
    assert dashboard.tabs.titles[:3] == ("POP3", "SMTP ◆1", "IMAP ◆1")

    dashboard.strip.seen.click()

    assert dashboard.strip.text.value == quiet
    assert dashboard.tabs.titles[:3] == ("POP3", "SMTP", "IMAP")


def test_news_is_said_once(dashboard: Dashboard, servers: Servers) -> None:
    said: list[str] = []
    dashboard.strip.said.observe(lambda change: said.append(change.new), "value")
    servers.commit([servers.change("smtp.port", 587)])
    dashboard.look()
    dashboard.forms["pop3"].rows["port"].control.widget.value = "995"
    dashboard.forms["pop3"].discard.click()
    dashboard.look(anew=True)

    assert len(said) == 1


def test_of_news_only_what_is_new_is_said(dashboard: Dashboard, servers: Servers) -> None:
    servers.commit([servers.change("smtp.port", 587)])
    dashboard.look()
    servers.commit([servers.change("imap.timeout", 7)])
    dashboard.look()

    assert "1 setting changed elsewhere: IMAP: Timeout" in dashboard.strip.said.value
    assert "2 settings changed elsewhere" in dashboard.strip.text.value


def test_reload_shows_anew_what_another_user_has_too(
    dashboard: Dashboard, servers: Servers
) -> None:
    look_at(dashboard, "Effective values")
    dashboard.table.view_as("ben")
    ben = servers.as_seen_by("ben")
    ben.commit([ben.change("pop3.port", 2110)])

    dashboard.head.reload.click()

    assert "2110" in dashboard.table.panel.html


def test_a_conflict_is_in_its_tabs_title(dashboard: Dashboard, servers: Servers) -> None:
    dashboard.forms["smtp"].rows["port"].control.widget.value = "465"
    servers.commit([servers.change("smtp.port", 587)])
    dashboard.look()

    assert dashboard.tabs.titles[1] == "SMTP ● ⚠"
    assert "There is a conflict." in dashboard.strip.said.value


def test_a_conflict_of_passwords_puts_neither_into_any_widgets_state(
    dashboard: Dashboard, servers: Servers
) -> None:
    row = dashboard.forms["pop3"].rows["password"]
    row.control.widget.set_state({"value": "canary-mine"})
    servers.commit([servers.change("pop3.password", "canary-theirs")])
    dashboard.look()
    dashboard.forms["pop3"].save.click()

    state = json.dumps(widgets.Widget.get_manager_state())

    assert "someone else changed this setting too" in row.clashes[False].told.value
    assert "someone else changed the same" in dashboard.forms["pop3"].message.value
    assert "canary" not in state

"""What widgets keep and send, and what a notebook keeps of them, holds no canary."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path

import ipywidgets as widgets
import nbclient
import nbformat
import pytest
from comm.base_comm import BaseComm
from planted import CANARY, Planted, accounts, assert_clean, assert_folder_clean, plant

from mailwidgets import Dashboard
from mailwidgets.faults import Laboratory


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what widgets send to the page from now on."""
    widgets.Widget.close_all()
    told: list[str] = []

    def publish(comm: BaseComm, *words: object, **more: object) -> None:
        del comm
        told.append(repr((words, more)))

    made = widgets.Label("one")
    monkeypatch.setattr(type(made.comm), "publish_msg", publish)
    return told


def test_no_widgets_state_or_message_holds_the_canary(planted: Planted, sent: list[str]) -> None:
    dashboard = Dashboard(planted.servers)
    form = dashboard.forms["pop3"]
    form.rows["password"].control.widget.set_state({"value": CANARY})  # as the page sends it
    changes = dashboard.draft.changes() if dashboard.draft else ()
    assert [change.value.reveal() for change in changes] == [CANARY]
    states = [json.dumps(widgets.Widget.get_manager_state())]
    planted.servers.commit([planted.servers.change("pop3.password", "theirs")])
    dashboard.look()
    form.save.click()
    dashboard.head.reload.click()
    for title in range(len(dashboard.tabs.titles)):
        dashboard.tabs.selected_index = title
    states.append(json.dumps(widgets.Widget.get_manager_state()))
    dashboard.close()

    assert len(sent) > 100
    assert_clean("".join(sent), "messages")
    for state in states:
        assert "POP3" in state
        assert_clean(state, "state")


async def test_breaking_the_servers_that_the_canary_opens_shows_none(
    tmp_path: Path, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ana")
    with Laboratory.start(accounts()) as laboratory:
        planted = plant(tmp_path, laboratory)
        dashboard = Dashboard(planted.servers, laboratory=laboratory)
        assert dashboard.start is not None
        box = dashboard.start.breaking
        assert box is not None
        box.toggle.value = True
        box.act("fault", "wrong_password")
        box.act("break")
        results = [dashboard.forms[name].results for name in laboratory.switches.on()]
        dashboard.start.all.test()
        tests = [one.following for one in results if one.following is not None]
        await asyncio.wait(tests, timeout=60)
        codes = [one.report.code for one in results if one.report is not None]
        assert codes == ["auth_rejected"] * 3
        dashboard.close()

    assert_clean("".join(sent), "messages")
    assert_folder_clean(planted.folder)


def test_an_executed_notebook_with_saved_widgets_holds_no_canary(
    planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in planted.environment(TYPED=CANARY).items():
        monkeypatch.setenv(name, value)
    cells = [
        "import os\nfrom mailwidgets import Dashboard, Servers",
        "dashboard = Dashboard(Servers.open())\nform = dashboard.forms['pop3']",
        "form.rows['password'].control.widget.value = os.environ['TYPED']",
        "form.save.click()\ndashboard",
        "servers = dashboard.servers\nservers.effective()",
        "dashboard.draft.changes(), dashboard.draft.sections['pop3'].trait_values()",
        "report = await servers.check('pop3')\nreport",
        "assert servers.targets().login('pop3').password == os.environ['TYPED'] and report.ok",
        "servers, servers.vault, servers.documents(), servers.targets().login('pop3')",
        "servers.commit([servers.change('pop3.password', os.environ['TYPED'])])",
        "%xmode Verbose\nservers.change('pop3.password', os.environ['TYPED'] + '\\n')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    notebook.cells[-1].metadata["tags"] = ["raises-exception"]

    nbclient.NotebookClient(notebook, timeout=60, store_widget_state=True).execute()
    text = io.StringIO()
    nbformat.write(notebook, text)

    assert "widgets" in notebook.metadata
    assert "Must be one line" in text.getvalue()
    assert_clean(text.getvalue(), "notebook")
    assert_folder_clean(planted.folder)
    planted.assert_held()

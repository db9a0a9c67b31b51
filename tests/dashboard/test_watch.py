from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import ipywidgets as widgets
import pytest
from scripted import HANG, Scripted

from mailwidgets import Dashboard, Servers
from mailwidgets.dashboard import watch as watch_module
from mailwidgets.errors import StoreError
from mailwidgets.overview.seen import Seen
from mailwidgets.settings.levels import Identity
from mailwidgets.views import effective
from mailwidgets.widgets.panel import Panel

PATIENCE = 10  # seconds
THREAD = "mailwidgets-resolver"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look a hundred times as often, once the threads of other tests have ended."""
    for thread in resolvers():
        thread.join(PATIENCE)
    for name in ("_LOOKS_EVERY", "_SOON"):
        monkeypatch.setattr(watch_module, name, 0.01)


async def until(widget: widgets.DOMWidget, holds: Callable[[str], object]) -> None:
    """Wait until a widget's value, or a panel's markup, is as wanted."""
    changed = asyncio.Event()
    name = "html" if isinstance(widget, Panel) else "value"
    widget.observe(lambda _: changed.set(), name)
    async with asyncio.timeout(PATIENCE):
        while not holds(getattr(widget, name)):
            changed.clear()
            await changed.wait()


def resolvers() -> list[threading.Thread]:
    """Return the threads that ask a store now."""
    return [thread for thread in threading.enumerate() if thread.name == THREAD]


def is_(value: str) -> Callable[[str], object]:
    return lambda now: now == value


def has(part: str) -> Callable[[str], object]:
    return lambda now: part in now


async def test_a_store_that_hangs_freezes_nothing_and_is_told(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "_PATIENCE", 0.05)
    dashboard = Dashboard(servers)
    dashboard.forms["pop3"].rows["timeout"].control.widget.value = "7"
    mounted, version, asking = threading.Event(), servers.store.version, []

    def hang(identity: Identity) -> str:
        asking.append(identity)
        mounted.wait(PATIENCE)
        return version(identity)

    monkeypatch.setattr(servers.store, "version", hang)
    await until(dashboard.message, has("does not answer"))

    assert "Your edits are kept" in dashboard.message.value
    dashboard.head.reload.click()
    dashboard.forms["pop3"].rows["port"].control.widget.value = "995"
    assert "2 changes not saved" in dashboard.forms["pop3"].status.value
    await asyncio.sleep(0)
    assert len(asking) == len(resolvers()) == 1, "nobody else asks a store that hangs"

    mounted.set()
    await until(dashboard.message, is_(""))
    assert dashboard.forms["pop3"].rows["timeout"].control.widget.value == "7"
    dashboard.close()


async def test_a_store_that_fails_is_told_and_followed_again_by_itself(
    servers: Servers, tmp_path: Path
) -> None:
    servers.commit([servers.change("pop3.port", 995)])
    dashboard = Dashboard(servers)
    rows = dashboard.forms["pop3"].rows
    rows["timeout"].control.widget.value = "7"

    (tmp_path / "store").rename(tmp_path / "away")
    await until(dashboard.message, has("cannot be read"))
    assert "Trying again. Your edits are kept." in dashboard.message.value
    assert rows["port"].control.widget.value == "995"

    (tmp_path / "away").rename(tmp_path / "store")
    await until(dashboard.message, is_(""))
    servers.commit([servers.change("pop3.port", 587)])
    await until(rows["port"].control.widget, is_("587"))
    assert rows["timeout"].control.widget.value == "7"
    dashboard.close()


async def test_a_first_failure_is_not_told_because_an_editor_may_be_saving(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = Dashboard(servers)
    told: list[str] = []
    dashboard.message.observe(lambda change: told.append(change.new), "value")
    read, failures, done = servers.store.read, ["half a document"], asyncio.Event()
    dashboard.draft.observe(lambda _: done.set(), "revision")  # type: ignore[union-attr]

    def half(identity: Identity) -> object:
        if failures:
            raise StoreError(failures.pop())
        return read(identity)

    monkeypatch.setattr(servers.store, "read", half)
    servers.store.commit([servers.change("pop3.port", 995)])
    await asyncio.wait_for(done.wait(), PATIENCE)

    assert not failures
    assert not told
    dashboard.close()


async def test_a_save_goes_on_beside_the_loop(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = Dashboard(servers)
    form = dashboard.forms["pop3"]
    commit, lock = servers.store.commit, threading.Event()

    def slow(*changes: object, **more: object) -> object:
        lock.wait(PATIENCE)
        return commit(*changes, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(servers.store, "commit", slow)
    form.rows["port"].control.widget.value = "995"
    form.save.click()

    assert form.bar.saving is not None
    assert form.save.disabled
    assert "Saving" in form.message.value
    form.rows["timeout"].control.widget.value = "7"
    lock.set()
    await until(form.message, has("Saved"))

    assert "Saved 1 setting." in form.message.value
    assert "1 change not saved" in form.status.value
    assert servers.resolve()["pop3", "port"].effective == 995
    dashboard.close()


async def test_a_save_that_ends_after_its_form_was_closed_is_stored_and_shown_nowhere(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = Dashboard(servers)
    form = dashboard.forms["pop3"]
    commit = servers.store.commit
    begun, lock, done = (threading.Event() for _ in range(3))

    def slow(*changes: object, **more: object) -> object:
        begun.set()
        lock.wait(PATIENCE)
        stored = commit(*changes, **more)  # type: ignore[arg-type]
        done.set()
        return stored

    monkeypatch.setattr(servers.store, "commit", slow)
    form.rows["port"].control.widget.value = "995"
    form.save.click()
    saving = form.bar.saving
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    dashboard.close()
    lock.set()

    assert saving is not None
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert await asyncio.to_thread(done.wait, PATIENCE)
    assert servers.resolve()["pop3", "port"].effective == 995
    assert "Saved" not in form.message.value


async def test_a_table_that_was_read_for_someone_before_does_not_come_last(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = Dashboard(servers)
    view, look = dashboard.table, effective.look
    begun, lock = threading.Event(), threading.Event()
    dashboard.tabs.show("values")
    await until(view.panel, has("In force for ana"))
    held = [lock]

    def late(whose: Servers, *names: str) -> Seen:
        if held:
            begun.set()
            held.pop().wait(PATIENCE)
        return look(whose, *names)

    monkeypatch.setattr(effective, "look", late)
    view.view_as("ben")
    first = view.reading
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    view.view_as("zoe")
    await until(view.panel, has("In force for zoe"))
    lock.set()

    assert first is not None
    with pytest.raises(asyncio.CancelledError):
        await first
    assert "In force for zoe" in view.panel.html
    dashboard.close()


async def test_a_look_begun_before_a_save_does_not_undo_what_was_saved(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.commit([servers.change("pop3.timeout", 5)])
    dashboard = Dashboard(servers)
    assert dashboard.draft is not None
    read, begun, go_on = servers.store.read, threading.Event(), threading.Event()

    def late(identity: Identity) -> object:
        documents = read(identity)
        if threading.current_thread() is not threading.main_thread() and not begun.is_set():
            begun.set()
            go_on.wait(PATIENCE)
        return documents

    monkeypatch.setattr(servers.store, "read", late)
    servers.commit([servers.change("pop3.timeout", 6)])
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    dashboard.draft.put(("pop3", "port"), 995)
    dashboard.draft.save()
    rows = dashboard.forms["pop3"].rows
    shown: list[str] = []
    rows["port"].control.widget.observe(lambda change: shown.append(change.new), "value")
    go_on.set()
    servers.commit([servers.change("pop3.timeout", 7)])
    await until(rows["timeout"].control.widget, is_("7"))

    assert rows["port"].control.widget.value == "995"
    assert not shown, "not even for a moment"
    assert not dashboard.draft.elsewhere(("pop3", "port"))
    dashboard.close()


async def test_the_reload_button_looks_beside_the_loop_whatever_the_version(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = Dashboard(servers)
    refused = {"": "not yours"}
    monkeypatch.setattr(servers.store, "refusal", lambda _: refused[""])

    dashboard.head.reload.click()

    await until(dashboard.forms["pop3"].refused, has("not yours"))
    dashboard.close()


async def test_a_closed_dashboard_leaves_no_task_and_its_thread_ends(servers: Servers) -> None:
    tasks = asyncio.all_tasks()
    dashboard = Dashboard(servers)
    dashboard.tabs.show("values")
    await asyncio.sleep(0)
    assert asyncio.all_tasks() > tasks

    dashboard.close()
    await asyncio.sleep(0)

    assert asyncio.all_tasks() == tasks
    for thread in resolvers():
        thread.join(PATIENCE)
    assert not resolvers()


def test_a_process_ends_at_once_though_its_store_hangs(tmp_path: Path) -> None:
    script = (
        "import asyncio, threading\n"
        "from mailwidgets import Dashboard, Servers\n"
        "async def main():\n"
        "    servers = Servers.open(user='ana', workstation='WS-01')\n"
        "    dashboard = Dashboard(servers)\n"
        "    asked = threading.Event()\n"
        "    def hang(seconds):\n"
        "        asked.set()\n"
        "        threading.Event().wait()\n"
        "    servers.store.wait = hang\n"
        "    await asyncio.sleep(0)\n"
        "    assert await asyncio.to_thread(asked.wait, 20)\n"
        "asyncio.run(main())\n"
        "print('done')\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"MAILWIDGETS_STORE": str(tmp_path / "store"), "HOME": str(tmp_path)},
    )

    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


async def test_the_table_is_read_beside_the_loop(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = Dashboard(servers)
    look, asked_in = effective.look, []

    def noted(whose: Servers, *names: str) -> Seen:
        asked_in.append(threading.current_thread() is threading.main_thread())
        return look(whose, *names)

    monkeypatch.setattr(effective, "look", noted)
    dashboard.tabs.show("values")
    await until(dashboard.table.panel, has("POP3 port (u)"))

    assert asked_in
    assert not any(asked_in)
    dashboard.close()


async def test_the_table_of_another_user_is_followed_too(servers: Servers) -> None:
    ben = servers.as_seen_by("ben", "WS-02")
    dashboard = Dashboard(servers)
    view = dashboard.table
    dashboard.tabs.show("values")
    view.view_as("ben", "WS-02")
    await until(view.panel, has("In force for ben"))

    ben.commit([ben.change("pop3.port", 2110)])
    await until(view.panel, has("2110"))
    ben.commit([ben.change("pop3.port", 2111)])
    await until(view.panel, has("2111"))

    dashboard.close()


@pytest.fixture
async def silent() -> AsyncIterator[Scripted]:
    async with Scripted(None, {"": HANG}) as server:
        yield server


async def test_tests_sends_and_searches_go_by_what_was_read_while_the_store_hangs(
    servers: Servers, silent: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"name": "127.0.0.1", "port": silent.port}
    told = {f"{one}.{key}": value for one in ("pop3", "workflow") for key, value in values.items()}
    told |= {"pop3.tls": False, "workflow.tls": "none", "workflow.sender": "a@b.example"}
    told |= {"trust.allowed_hosts": "127.0.0.1"}
    servers.commit([servers.change(name, value) for name, value in told.items()])
    servers.dns = "127.0.0.1:9"  # nobody answers there, and nobody else is asked
    dashboard = Dashboard(servers)
    pop3, workflow = dashboard.forms["pop3"], dashboard.forms["workflow"]
    box = workflow.sending
    assert box is not None
    assert dashboard.start is not None
    mounted, asked_on_the_loop = threading.Event(), []

    def hang(*_: object) -> object:
        asked_on_the_loop.append(threading.current_thread() is threading.main_thread())
        mounted.wait(PATIENCE)
        raise StoreError("it hung")

    for name in ("read", "version", "moved", "history"):
        monkeypatch.setattr(servers.store, name, hang)
    pop3.test.click()
    box.send.click()
    dashboard.start.discover.address.value = "ana@127.0.0.1"
    dashboard.start.discover.find.click()
    searching = dashboard.start.discover.searching
    assert searching is not None
    await asyncio.wait_for(asyncio.shield(searching), PATIENCE)
    at_greeting = has("<tr class='mw-running'><th scope='row'>Greeting")
    await until(pop3.results.list, at_greeting)
    await until(box.results.list, at_greeting)

    assert not any(asked_on_the_loop)
    following = [pop3.results.following, box.results.following]
    dashboard.close()
    mounted.set()
    await asyncio.gather(*(one for one in following if one))

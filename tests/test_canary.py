"""Every surface on which a password could show, and the test that looks for it there.

The canary is a password that has opened the servers, or that the vault gives back, so that no
test passes for want of it. ``canary/planted.py`` plants it and searches for it in every encoding.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

from mailwidgets.app import MailwidgetsApp

HERE: Final = Path(__file__).parent
_COMMANDS: Final = "canary/test_canary_commands.py::"
_DATABASE: Final = "canary/test_canary_database.py::"
_DISK: Final = "canary/test_canary_disk.py::"
_MEMORY: Final = "canary/test_canary_memory.py::"
_SEARCH: Final = "canary/test_canary_search.py::"
_WIDGETS: Final = "canary/test_canary_widgets.py::"
_ANY_COMMAND: Final = f"{_COMMANDS}test_no_command_shows_or_keeps_the_canary"
_OBJECTS: Final = f"{_MEMORY}test_no_object_shows_or_pickles_the_canary"
_TABLES: Final = f"{_MEMORY}test_no_table_shows_the_canary"
_REPORTS: Final = f"{_MEMORY}test_no_report_page_transcript_or_bundle_shows_the_canary"
_TRACES: Final = f"{_MEMORY}test_no_traceback_with_its_variables_shows_the_canary"
_STATES: Final = f"{_WIDGETS}test_no_widgets_state_or_message_holds_the_canary"
_SERVED: Final = f"{_COMMANDS}test_the_dashboards_page_log_and_processes_hold_no_canary"
_SET: Final = f"{_DISK}test_set_writes_only_what_is_encrypted"
_ROTATED: Final = f"{_DISK}test_a_change_of_keys_writes_a_key_to_its_file_alone"
_MOVED: Final = f"{_DISK}test_export_and_import_write_no_password_and_no_passphrase"
_MIGRATED: Final = f"{_DISK}test_migrate_says_no_password_to_a_database"
_TALK: Final = f"{_DATABASE}test_neither_activity_nor_log_nor_disk_holds_the_canary"

# What each command prints and logs, with --log-level=DEBUG, and every file that it leaves.
COMMANDS: Final = {
    **dict.fromkeys(
        [
            *("show", "set", "unset", "lock", "unlock", "history", "diff", "undo", "snapshot"),
            *("keys", "everyone", "migrate", "export", "import", "check", "send", "discover"),
            *("fault", "lessons", "class"),
        ],
        _ANY_COMMAND,
    ),
    "database": f"{_DATABASE}test_no_command_on_a_database_shows_the_canary_or_its_roles_password",
    "dashboard": _SERVED,
    "practice": f"{_COMMANDS}test_practice_prints_no_canary",
}

SURFACES: Final = {
    **{
        f"command mailwidgets {name}: output, DEBUG log, files": at for name, at in COMMANDS.items()
    },
    "repr, str and _repr_html_ of every living object of the package": _OBJECTS,
    "pickles of every living object of the package": _OBJECTS,
    "every class that says itself how it is shown": (
        f"{_MEMORY}test_every_class_that_shows_itself_is_known"
    ),
    "tables: repr, HTML, CSV, JSON, pickle of the DataFrames": _TABLES,
    "reports: text, JSON, page, transcript, of logins taken and refused": _REPORTS,
    "support bundle": _REPORTS,
    "messages that are sent": f"{_MEMORY}test_no_message_that_is_sent_holds_the_canary",
    "terminal at which a password is typed": (
        "commands/test_standard_input.py::"
        "test_what_is_typed_at_a_terminal_is_asked_for_and_not_shown"
    ),
    "log of the library at DEBUG": f"{_MEMORY}test_no_log_holds_the_canary",
    "tracebacks with the variables of every frame": _TRACES,
    "exceptions: arguments, attributes, causes, contexts": _TRACES,
    "lessons: verdicts, results, tables, the bench's store": (
        "lessons/test_lesson.py::test_a_password_is_in_nothing_that_a_lesson_says_or_keeps"
    ),
    "box that breaks practice servers": (
        f"{_WIDGETS}test_breaking_the_servers_that_the_canary_opens_shows_none"
    ),
    "lessons: widgets' state": (
        "classroom/test_task.py::test_a_password_typed_in_a_lesson_is_in_no_widget"
    ),
    "widgets' state": _STATES,
    "widgets' messages to the page": _STATES,
    "frames between page and kernel, the page's DOM": (
        "browser/test_dashboard.py::test_no_password_travels_to_the_browser"
    ),
    "executed notebook with saved widgets, verbose traceback in it": (
        f"{_WIDGETS}test_an_executed_notebook_with_saved_widgets_holds_no_canary"
    ),
    "HTML page of the dashboard, and its log": _SERVED,
    "command line and environment of every process of the dashboard": _SERVED,
    "command line and environment of every program a command starts": _SET,
    "files: documents, .history, .journal, .lock, temporary ones; every write": _SET,
    "files: key files, temporary ones too; every write of a rotation": _ROTATED,
    "files: export with a passphrase, and its import; every write": _MOVED,
    "files: undo; every write": f"{_DISK}test_undo_writes_no_password",
    "files: what is left in TMPDIR": (
        f"{_COMMANDS}test_nothing_of_a_command_is_left_in_the_temporary_folder"
    ),
    "database: all that migrate and set send to its socket": _MIGRATED,
    "database: every row of every table": f"{_DATABASE}test_no_row_holds_the_canary",
    "database: pg_stat_activity and its query texts": _TALK,
    "database: server log with all statements": _TALK,
    "database: the server's files, write-ahead log too": _TALK,
}
# They show that the search itself finds what it looks for.
SEARCH: Final = {
    f"{_SEARCH}test_the_search_finds_every_form",
    f"{_SEARCH}test_the_search_looks_into_archives_and_names",
    f"{_SEARCH}test_what_is_planted_opens_every_server",
    f"{_DISK}test_the_trace_sees_what_is_written",
}


def functions_of(module: Path) -> set[str]:
    """Return the tests of a module, as the tables name them."""
    tree = ast.parse(module.read_text("utf-8"))
    return {
        f"{module.relative_to(HERE)}::{node.name}"
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }


def test_every_command_is_a_surface() -> None:
    assert set(COMMANDS) == set(MailwidgetsApp.subcommands), "a command the canary does not know"


def test_every_surface_is_searched_and_every_search_is_of_a_surface() -> None:
    named = set(SURFACES.values()) | SEARCH
    modules = {HERE / name.partition("::")[0] for name in named}
    modules |= set((HERE / "canary").glob("test_*.py"))
    there = {test for module in modules for test in functions_of(module)}
    assert named <= there, named - there
    assert {test for test in there if test.startswith("canary/")} <= named


def test_the_list_of_surfaces_can_be_quoted() -> None:
    for number, (surface, test) in enumerate(SURFACES.items(), 1):
        print(f"{number:2} {surface}  ({test.partition('::')[0]})")  # noqa: T201 - for pytest -rP
    assert len(SURFACES) > len(COMMANDS)

"""The house: imports go only down, nothing runs in circles, nothing grows too large."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mailwidgets"
# From the ground up; rooms of one floor do not know each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("languages", "style"),
    ("errors",),
    ("settings", "protocols", "practice", "disk"),
    ("store", "vault", "reports", "faults"),
    ("folder", "database", "history", "everyone", "custody", "connection"),
    ("location", "moving"),
    ("checks",),
    ("discovery",),
    ("targets", "ledger"),
    ("servers",),
    ("draft", "prefill", "overview", "breakable"),
    ("widgets", "lessons"),
    ("forms", "views"),
    ("dashboard",),
    ("web", "classroom"),
    ("commands",),
    ("app",),
    ("__main__",),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(PACKAGE.rglob("*.py"))
_SPOKEN = ("mailwidgets.protocols",)
_WORDS = "mailwidgets.languages"  # every room speaks
# What a room may know; one that is not named may know every floor below it.
PURE = {
    "checks": {"mailwidgets.errors", *_SPOKEN, "mailwidgets.reports", "mailwidgets.connection"},
    "connection": {"mailwidgets.errors", *_SPOKEN, "mailwidgets.reports"},
    "discovery": {
        *("mailwidgets.errors", *_SPOKEN, "mailwidgets.reports", "mailwidgets.connection"),
        "mailwidgets.checks",
    },
    "practice": {"mailwidgets.errors"},
    "faults": {"mailwidgets.errors", "mailwidgets.practice"},
    "protocols": {"mailwidgets.errors"},
    "reports": {"mailwidgets.errors", *_SPOKEN},
    "settings": {"mailwidgets.errors"},
    "disk": {"mailwidgets.errors"},
    "store": {"mailwidgets.errors", "mailwidgets.settings"},
    "vault": {"mailwidgets.errors", "mailwidgets.settings", "mailwidgets.disk"},
    "folder": {
        "mailwidgets.errors",
        "mailwidgets.settings",
        "mailwidgets.store",
        "mailwidgets.disk",
    },
    "database": {"mailwidgets.errors", "mailwidgets.settings", "mailwidgets.store"},
    "history": {"mailwidgets.errors", "mailwidgets.settings", "mailwidgets.store"},
    "everyone": {"mailwidgets.errors", "mailwidgets.settings", "mailwidgets.store"},
    "custody": {
        "mailwidgets.errors",
        "mailwidgets.settings",
        "mailwidgets.store",
        "mailwidgets.vault",
    },
    "moving": {
        *("mailwidgets.errors", "mailwidgets.settings", "mailwidgets.store", "mailwidgets.vault"),
        "mailwidgets.everyone",
    },
}


def room(module: Path) -> str:
    return module.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(module: Path) -> list[str]:
    """Every module named by any import statement, however deep in the file."""
    names = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative imports hide their floor"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_only_down(module: Path) -> None:
    here = room(module)
    if here == "__init__":
        return  # the package's own lazy exports, guarded by the next test
    for name in imported(module):
        if not name.startswith("mailwidgets."):
            continue
        there = name.split(".")[1]
        if there != here:
            assert FLOOR_OF[there] < FLOOR_OF[here], f"{module.name} imports {name}"
        if here in PURE and there != here:
            assert any(name.startswith(allowed) for allowed in (*PURE[here], _WORDS)), name


def test_the_package_itself_imports_nothing_of_its_own_when_it_is_imported() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    names = [
        name.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    ]
    assert all(name in {"annotations", "import_module", "TYPE_CHECKING"} for name in names), names


def test_no_room_runs_in_a_circle() -> None:
    names = {
        path: ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in MODULES
    }
    edges: dict[str, set[str]] = {}
    for path, name in names.items():
        wanted = imported(path) if path.name != "__init__.py" else []
        edges[name] = {
            other
            for other in names.values()
            for want in wanted
            if other != name and (want == other or want.startswith(other + "."))
        }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join([*trail, name])
        if name not in done:
            for other in sorted(edges[name]):
                visit(other, (*trail, name))
            done.add(name)

    for name in edges:
        visit(name, ())


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert text.count("\n") <= 300, "over 300 lines"
    assert len(module.relative_to(PACKAGE).parts) <= 2, "folders two deep at most"
    assert module.stem not in {"utils", "helpers", "common", "manager"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno <= 60, f"{node.name} fills more than a screen"


def loaded_by(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import mailwidgets",
        "from mailwidgets import Servers",
        "import mailwidgets.checks.smtp, mailwidgets.checks.imap, mailwidgets.checks.pop3",
        "from mailwidgets import Servers; Servers.open('nowhere').start_check",
        "import mailwidgets.commands.values, mailwidgets.commands.checking",
    ],
)
def test_a_check_needs_no_table_widget_or_database(statement: str) -> None:
    loaded = loaded_by(statement)
    assert not loaded & {"pandas", "ipywidgets", "sqlalchemy", "voila", "aiosmtpd", "pymap"}


def test_widgets_open_no_sockets() -> None:
    shown = ("overview", "widgets", "forms", "views", "dashboard", "classroom")
    for module in (path for one in shown for path in PACKAGE.glob(f"{one}/*.py")):
        assert not {"socket", "ssl", "asyncio.open_connection"} & set(imported(module))

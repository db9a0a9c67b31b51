from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mailwidgets.app import MailwidgetsApp
from mailwidgets.reports.reference import diagnoses_reference
from mailwidgets.settings.reference import settings_reference

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
START = "<!-- settings: generated, see tests/test_readme.py -->\n"
END = "<!-- end of settings -->"


def test_the_table_of_settings_is_what_the_declarations_say() -> None:
    table = README.partition(START)[2].partition(END)[0]

    assert table == f"\n{settings_reference()}\n", (
        "renew it: python -c 'from mailwidgets.settings.reference import settings_reference; "
        "print(settings_reference())'"
    )


def test_the_table_of_diagnoses_is_what_the_checks_say() -> None:
    page = (ROOT / "docs" / "diagnoses.md").read_text(encoding="utf-8")
    table = page[page.index("| Code") :]

    assert table == diagnoses_reference(), (
        "renew it: python -c 'from mailwidgets.reports.reference import diagnoses_reference; "
        "print(diagnoses_reference())'"
    )


async def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    code = compile(example, "README.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {}

    await eval(code, names)  # noqa: S307 - the README's own words

    assert names["servers"].resolve()["pop3", "port"].effective == 995
    assert names["report"].code == "name_missing"


def test_the_shell_example_sets_and_shows(tmp_path: Path, key: str) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    (example,) = (block for block in blocks if "MAILWIDGETS_STORE" in block)
    # What would look for mail.example.com, or serve until it is stopped, is tested elsewhere.
    lines = [line for line in example.splitlines() if not re.search("check|dashboard", line)]
    done = subprocess.run(
        ["bash", "-euc", "\n".join(lines)],
        cwd=tmp_path,
        input="s3cret\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "MAILWIDGETS_KEY": key},
    )

    assert done.returncode == 0, done.stderr
    assert "mail.example.com" in done.stdout
    assert "s3cret" not in done.stdout


def test_every_command_has_a_line() -> None:
    for command in MailwidgetsApp.subcommands:
        assert re.search(rf"`(mailwidgets )?{command}[ `]", README), command


def test_every_file_that_is_named_exists() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)|`((?:notebooks|mailwidgets)/[\w./-]+)`", README):
        path = name[0] or name[1]
        if path != "mailwidgets/key":  # a place in the reader's configuration folder
            assert (ROOT / path).exists(), path

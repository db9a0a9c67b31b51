"""The examples in a page of Markdown, and what they are run in: a company of practice servers.

In a page, the company's mail server is ``mail.example.com``, its people are at ``example.com``, its
settings are in ``/srv/mail``, and ana sits at WS-01. Here all of that is the test's own, and what
is printed is told in the page's words again. A comment ``<!-- run: … -->`` is run as well; no
reader sees it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(
    r"^(?P<mark>`{3,})(?P<kind>[\w+-]*)\n(?P<text>.*?)^(?P=mark)$|^<!-- run: (?P<run>[^\n]*) -->$",
    re.MULTILINE | re.DOTALL,
)
# Installs, serves until it is stopped, wants root or a class's results: each has tests of its own.
NOT_RUN = re.compile(
    r"^\s*(make|pip|\. \.venv|install -d|touch|chmod|systemctl|nginx)\b"
    r"|mailwidgets (dashboard|class)"
)
PATH = f"{Path(sys.executable).parent}:/usr/bin:/bin"
_MARK = "\x1e"  # what no command prints


@dataclass(frozen=True)
class Example:
    """A fenced block, or a line that is run unseen."""

    page: Path
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def examples(page: Path) -> Iterator[Example]:
    """Yield a page's fenced blocks in order."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["run"] is not None:
            yield Example(page, line, "sh", found["run"] + "\n")
        else:
            yield Example(page, line, found["kind"], found["text"])


@dataclass
class Company:
    """Where the examples of a page are run, one after the other.

    Attributes:
        folder: where they begin.
        words: what the page says → what is so here.
        environment: of the shell; what an example exports, the next one has.
        stdin: what is typed in each example.
    """

    folder: Path
    words: Mapping[str, str]
    environment: dict[str, str]
    stdin: str
    names: dict[str, Any] = field(default_factory=dict)

    def here(self, text: str) -> str:
        """Return a page's text as it is so here."""
        return _replaced(text, self.words)

    def told(self, text: str) -> str:
        """Return what was printed here as the page has it."""
        return _replaced(text, {ours: said for said, ours in self.words.items()})

    def run(self, example: Example) -> None:
        """Run commands; each must end with 0, and print what a console shows."""
        if example.kind == "console":
            self._run_console(example)
        else:
            lines = [one for one in example.text.splitlines() if not NOT_RUN.search(one)]
            status, printed = self._bash("set -e\n" + "\n".join(lines))
            assert status == 0, f"{example}: {status}\n{printed}"

    async def run_python(self, example: Example) -> None:
        """Run a cell, with the names of those before it."""
        code = self.here(example.text)
        compiled = compile(code, str(example), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        waiting = eval(compiled, self.names)  # noqa: S307 - the documentation's own words
        if waiting is not None:
            await waiting

    def _run_console(self, example: Example) -> None:
        first, *sessions = re.split(r"^\$ ", example.text, flags=re.MULTILINE)
        assert not first.strip(), f"{example}: a console begins with $"
        typed = []
        for session in sessions:
            command, _, expected = session.partition("\n")
            while command.endswith("\\"):
                more, _, expected = expected.partition("\n")
                command += f"\n{more}"
            typed.append((command, expected))
        script = "\n".join(f"{command}\nprintf '{_MARK}%s{_MARK}' $?" for command, _ in typed)
        _, printed = self._bash(script)
        shown = self.told(printed).split(_MARK)
        for number, (command, expected) in enumerate(typed):
            got, status = shown[2 * number], shown[2 * number + 1]
            assert status == "0", f"{example}: $ {command}\n{status}\n{got}"
            assert _fits(expected, got), f"{example}: $ {command}\n{got}\n--- expected:\n{expected}"

    def _bash(self, script: str) -> tuple[int, str]:
        state = self.folder.with_suffix(".state")
        restore = f". '{state}'\n" if state.exists() else ""
        done = subprocess.run(
            ["bash", "-c", f"{restore}{self.here(script)}\nexport -p > '{state}'"],
            cwd=self.folder,
            env={} if restore else self.environment,
            input=self.stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        assert self.stdin.strip() not in done.stdout, "the password is printed"
        return done.returncode, done.stdout


def shell_environment(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a person whose home is a folder of the test's own."""
    return {
        "PATH": PATH,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONWARNINGS": "error",
        **more,
    }


def _replaced(text: str, words: Mapping[str, str]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    pattern = "|".join(rf"(?<![\w.]){re.escape(one)}(?!\w)" for one in longest_first)
    return re.sub(pattern, lambda found: words[found[0]], text)


def _fits(expected: str, got: str) -> bool:
    """Return whether an output is the expected one, in which … stands for anything.

    Columns are as wide as what stands in them.
    """
    wanted, printed = (re.sub(r"(?<=\S) {2,}", "  ", text.strip()) for text in (expected, got))
    pattern = "(?s:.*?)".join(re.escape(part) for part in wanted.split("…"))
    return re.fullmatch(pattern, printed) is not None

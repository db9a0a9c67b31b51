"""What Binder builds from and opens; bench/binder.py builds and opens it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
POST_BUILD = ROOT / "binder" / "postBuild"
README = (ROOT / "README.md").read_text("utf-8")
OPENED = re.findall(r"mybinder\.org/v2/gh/\S+?\?urlpath=(\S+?)[)\s]", README)


def asked_for() -> list[Requirement]:
    """Return what Binder's pip is asked for; ourselves by name."""
    lines = (ROOT / "binder" / "requirements.txt").read_text("utf-8").splitlines()
    named = [line for line in lines if line and not line.startswith(("#", "--constraint"))]
    return [Requirement(re.sub(r"^--editable \.", "mailwidgets", line)) for line in named]


def commands() -> list[list[str]]:
    """Return what postBuild runs, in words."""
    lines = POST_BUILD.read_text("utf-8").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))][1:]


def test_binder_runs_the_python_and_the_versions_of_the_tests() -> None:
    requirements = (ROOT / "binder/requirements.txt").read_text("utf-8").splitlines()

    assert requirements[0] == "--constraint ../constraints.txt"
    assert (ROOT / "binder/runtime.txt").read_text("utf-8").strip() == "python-3.11"


def test_whatever_binder_installs_has_one_exact_version() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    exact = {canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line}
    seen: set[str] = set()
    todo = asked_for()
    while todo:
        one = todo.pop()
        if str(one) in seen:
            continue
        seen.add(str(one))
        name = canonicalize_name(one.name)
        assert name in exact | {"mailwidgets"}, f"constraints.txt: no exact version of {name}"
        try:
            deeper = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:  # Binder has it, the tests do without
            continue
        extras = [{"extra": extra} for extra in one.extras or {""}]
        todo += [
            other
            for other in deeper
            if other.marker is None or any(map(other.marker.evaluate, extras))
        ]

    assert len(seen) > 100, "what is installed was not looked at"


def test_the_commands_after_the_build_exist() -> None:
    assert os.access(POST_BUILD, os.X_OK), "git update-index --chmod=+x binder/postBuild"
    subprocess.run(["bash", "-n", POST_BUILD], check=True)
    for words in commands():
        if words[:2] == ["python", "-m"]:
            assert find_spec(words[2]), words
        else:
            assert Path(sys.executable).with_name(f"{words[0]}-{words[1]}").exists(), words


def test_what_they_are_given_exists() -> None:
    given = {" ".join(words[:3]): words[-1] for words in commands()}
    lab = Path(sys.prefix, "share", "jupyter", "lab", "static")

    assert (ROOT / given.pop("python -m compileall")).is_dir()
    plugin = given.pop("jupyter labextension disable").encode()
    assert any(plugin in script.read_bytes() for script in lab.glob("*.js")), plugin
    package = given.pop("python -m pip")
    assert f"\n{package}==" in (ROOT / "constraints.txt").read_text("utf-8")
    assert not given


def test_readme_opens_the_dashboard_and_a_lesson() -> None:
    assert {one.split("/")[0] for one in OPENED} == {"voila", "lab"}


@pytest.mark.parametrize("opened", OPENED)
def test_a_link_to_binder_leads_to_a_notebook(opened: str) -> None:
    found = re.fullmatch(r"(?:voila/render|lab/tree)/(notebooks/.+\.ipynb)", opened)

    assert found, opened
    assert (ROOT / found[1]).is_file()

from __future__ import annotations

import re
from pathlib import Path

from mailwidgets.app import MailwidgetsApp
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


def test_every_command_has_a_line() -> None:
    for command in MailwidgetsApp.subcommands:
        assert re.search(rf"`(mailwidgets )?{command}[ `]", README), command


def test_every_file_that_is_named_exists() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)|`((?:notebooks|mailwidgets)/[\w./-]+)`", README):
        path = name[0] or name[1]
        if path != "mailwidgets/key":  # a place in the reader's configuration folder
            assert (ROOT / path).exists(), path

"""Tables made from the code: ``{generated} settings`` and the like in a page stands for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, cast

from docutils.nodes import Node
from ipython_pygments_lexers import IPython3Lexer
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from traitlets import Enum, TraitType
from traitlets.config import Application
from traitlets.utils.importstring import import_item

from mailwidgets.app import MailwidgetsApp
from mailwidgets.commands.command import Command
from mailwidgets.reports.document import report_schema
from mailwidgets.reports.reference import diagnoses_reference
from mailwidgets.settings.reference import settings_reference

_OPTION_HEAD = ("Option", "Takes", "Default", "Meaning", "In a configuration file")
_PROPERTY_HEAD = ("Property", "Type", "Meaning")


def settings() -> str:
    """Return a table per section, below a heading that can be linked to."""
    return re.sub(r"^\*\*(.+)\*\*$", r"## \1", settings_reference(), flags=re.MULTILINE)


def commands() -> str:
    """Return what ``--help-all`` of each command tells, what all have in common once."""
    parts = ["## What all commands take", _options(Command, Command.aliases, Command.flags)]
    for name, (path, _) in MailwidgetsApp.subcommands.items():
        command: type[Command] = import_item(path)
        own = {key: to for key, to in command.aliases.items() if key not in Command.aliases}
        flags = {key: to for key, to in command.flags.items() if key not in Command.flags}
        parts += [f"## mailwidgets {name}", str(command.description)]
        parts += [_options(command, own, flags)] if own or flags else []
        parts += [f"```text\n{command.examples}\n```"]
    return "\n\n".join(parts)


def report() -> str:
    """Return a table per object of the report's schema, and the values that words can have."""
    schema = report_schema()
    parts = ["## The list", str(schema["description"])]
    for name, told in schema["$defs"].items():
        parts += [f"## {name}", str(told["description"])]
        if told.get("properties"):
            rows = [
                (f"`{key}`", _type(one), str(one["description"]))
                for key, one in told["properties"].items()
            ]
            parts.append(_table(_PROPERTY_HEAD, rows))
        else:
            parts.append(_type(told))
    return "\n\n".join(parts)


def _options(command: type[Application], aliases: dict[str, str], flags: dict[str, Any]) -> str:
    """Return a command's options, as the command line and configuration files name them."""
    traits = command.class_traits(config=True)
    rows = []
    for name, path in aliases.items():
        trait: TraitType[Any, Any] = traits[path.rpartition(".")[2]]
        default = trait.default_value
        told = f"`{default}`" if default not in ("", None) else ""
        rows.append((f"`--{name}`", _values(trait), told, str(trait.help), f"`c.{path}`"))
    for name, (config, help_) in flags.items():
        ((owner, values),) = config.items()
        ((key, value),) = values.items()
        rows.append((f"`--{name}`", "", "", str(help_), f"`c.{owner}.{key} = {value}`"))
    return _table(_OPTION_HEAD, rows)


def _values(trait: TraitType[Any, Any]) -> str:
    if isinstance(trait, Enum) and trait.name != "log_level":
        return ", ".join(f"`{one}`" for one in trait.values or () if one)
    return {"Int": "number", "Integer": "number", "Enum": "level"}.get(type(trait).__name__, "text")


def _type(told: dict[str, Any]) -> str:
    """Return what a value can be; objects and words that have a place of their own as links."""
    if "$ref" in told:
        name = told["$ref"].rpartition("/")[2]
        return f"[{name}](#{name})"
    if "anyOf" in told:
        return " or ".join(_type(one) for one in told["anyOf"])
    if "const" in told:
        return f"`{told['const']}`"
    if "enum" in told:
        return ", ".join(f"`{one}`" for one in told["enum"])
    if told.get("type") == "array":
        return f"list of {_type(told['items'])}"
    kinds = told["type"]
    words = " or ".join([kinds] if isinstance(kinds, str) else kinds)
    return f"{words} matching `{told['pattern']}`" if "pattern" in told else words


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    names = tuple(head)
    cells = [[re.sub(r"(?<!\\)\|", r"\\|", cell) for cell in row] for row in rows]
    every = (names, tuple("---" for _ in names), *cells)
    return "\n".join(f"| {' | '.join(row)} |" for row in every)


class Generated(SphinxDirective):
    """Stands for what one of the functions above returns, as Markdown."""

    required_arguments = 1
    makers: ClassVar[dict[str, Callable[[], str]]] = {
        "settings": settings,
        "diagnoses": diagnoses_reference,
        "commands": commands,
        "report": report,
    }

    def run(self) -> list[Node]:
        """Return the parsed text; it begins with a heading, or has none."""
        text = self.makers[self.arguments[0]]()
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def spare_first_lines(_: Sphinx, what: str, *rest: object) -> None:
    """Keep napoleon from taking a property's ``Return this: that`` for a type and its meaning."""
    if what in {"attribute", "property"}:
        lines = cast("list[str]", rest[-1])
        lines[:0] = ["..", ""]  # it looks at the first line alone; this one is a comment


def setup(app: Sphinx) -> ExtensionMetadata:
    """Make the directive known to Sphinx."""
    app.add_directive("generated", Generated)
    app.add_lexer("python", IPython3Lexer)  # notebooks have lines for the shell: !mailwidgets …
    app.connect("autodoc-process-docstring", spare_first_lines, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""``everyone``: the effective settings of all users, or of all workstations, in one table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from traitlets import Bool, Enum

from mailwidgets.commands.command import FAILED, OK, Command, Usage
from mailwidgets.errors import StoreError
from mailwidgets.everyone.advice import advice
from mailwidgets.location import folder_of
from mailwidgets.moving.sheet import guarded
from mailwidgets.servers import Servers
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.sections import SECTIONS

if TYPE_CHECKING:
    import pandas as pd

_LONGEST = 60  # rows that a table on the screen shows


class Everyone(Command):
    """Show the effective settings of all users, a row each."""

    name = "everyone"
    description = (
        "Show the effective settings of all users, a row each. With --workstation as they are "
        "there; without, those kept at workstations are left out."
    )
    examples = (
        "mailwidgets everyone smtp\n"
        "mailwidgets everyone --format csv > everyone.csv\n"
        "mailwidgets everyone --of workstations --origins"
    )

    format = Enum(
        ("table", "json", "csv"),
        "table",
        help="How it is printed; the table has a column where somebody differs.",
    ).tag(config=True)
    of = Enum(("users", "workstations"), "users", help="Whose settings.").tag(config=True)
    origins = Bool(help="Show where each value comes from instead.").tag(config=True)
    aliases: dict[str, Any] = {
        **Command.aliases,
        "format": "Everyone.format",
        "of": "Everyone.of",
    }
    flags: dict[str, Any] = {
        **Command.flags,
        "origins": ({"Everyone": {"origins": True}}, "Show where each value comes from instead."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Print the table of the named section, or of all."""
        if len(words) > 1 or any(word not in SECTIONS for word in words):
            known = ", ".join(SECTIONS)
            raise Usage(f"everyone takes one section of {known}, not {' '.join(words)!r}")
        servers = self.servers()
        told: list[str] = []
        unread: list[str] = []
        table = self._table(servers, told, unread)
        if words:
            table = table.loc[:, [column for column in table.columns if column[0] == words[0]]]
            if not len(table.columns):
                raise Usage(f"no setting of {words[0]} is kept at workstations")
        self.say({"table": _as_table, "json": _as_json, "csv": _as_csv}[self.format](table))
        held = sum(len(servers.store.places(level)) for level in (Level.USER, Level.WORKSTATION))
        for line in filter(None, [*told, *unread, advice(folder_of(servers.store), held)]):
            sys.stderr.write(f"mailwidgets everyone: {line}\n")
        return FAILED if unread else OK

    def _table(self, servers: Servers, problems: list[str], unread: list[str]) -> pd.DataFrame:
        def left_out(place: Place, why: StoreError) -> None:
            unread.append(f"{place} is left out: {why}")

        noted: dict[str, Any] = {"problems": problems, "unread": left_out}
        try:
            if self.of == "workstations":
                return servers.every_workstation(origins=self.origins, **noted)
            return servers.everyone(self.workstation or None, origins=self.origins, **noted)
        except ModuleNotFoundError as error:
            raise Usage(f"{error.name} is needed: pip install 'mailwidgets[tables]'") from error


def _as_csv(table: pd.DataFrame) -> str:
    """Return lines in which no spreadsheet takes a text for a formula."""
    flat = _dotted(table).rename(index=guarded)
    for name in flat:
        if flat[name].dtype.name in {"str", "object"}:
            flat[name] = flat[name].map(guarded)
    return flat.to_csv(lineterminator="\n")


def _as_json(table: pd.DataFrame) -> str:
    rows = _dotted(table).reset_index()
    return rows.to_json(orient="records", lines=False, force_ascii=False, indent=2)


def _as_table(table: pd.DataFrame) -> str:
    """Return the columns in which somebody differs, then what is the same for all."""
    if table.empty:
        return f"No {table.index.name}s to show."
    flat = _dotted(table)
    same = [one for one in flat if (flat[one] == flat[one].iloc[0]).all()]
    different = flat.drop(columns=same)
    text = different.to_string(max_rows=_LONGEST) if len(different.columns) else ""
    shared = [f"  {one}  {flat[one].iloc[0]}" for one in same if flat[one].iloc[0] != ""]
    whose = f"The same for all {len(flat):,}" if len(flat) > 1 else str(flat.index[0])
    told = [f"{whose}, where it is set:", *shared] if shared else []
    return "\n".join(filter(None, [text, *told])) or "Nothing is set."


def _dotted(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with settings as a person writes them: ``pop3.port``."""
    return table.set_axis([".".join(column) for column in table.columns], axis="columns")

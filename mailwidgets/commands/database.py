"""``database``: make a database's tables, bring them up to date, say who may do what."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, cast

from traitlets import Bool

from mailwidgets.commands.command import OK, Command, Usage
from mailwidgets.commands.records import aligned
from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.levels import fit_id

if TYPE_CHECKING:
    from mailwidgets.database.store import DatabaseStore

_TASKS: Final = "create, upgrade, allow ROLE, revoke ROLE or people"
_ALONE: Final = ("create", "upgrade", "people")
_OF_ROLES: Final = ("allow", "revoke")
_COLUMNS: Final = ("role", "user", "may write")


class Database(Command):
    """Make the tables of a database, bring them up to date, say which role may do what."""

    name = "database"
    description = (
        "Make the tables of the database that --store names (create) or bring them up to date "
        "(upgrade); say which of its roles is which user and may do what (allow ROLE, revoke "
        "ROLE), and list them (people)."
    )
    examples = (
        "mailwidgets database create --store=postgresql://owner@db.example/mail\n"
        "mailwidgets database allow ana_role --user=ana\n"
        "mailwidgets database allow chief --user=eva --admin\n"
        "mailwidgets database revoke ana_role\n"
        "mailwidgets database people"
    )

    admin = Bool(
        default_value=False, help="allow: may write everything, and say who may do what."
    ).tag(config=True)
    workstations = Bool(
        default_value=False, help="allow: may write the settings of all workstations."
    ).tag(config=True)
    flags: dict[str, Any] = {
        **Command.flags,
        "admin": ({"Database": {"admin": True}}, admin.help),
        "workstations": ({"Database": {"workstations": True}}, workstations.help),
    }

    def work(self, words: Sequence[str]) -> int:
        """Do one of the tasks."""
        task, *roles = words or ("",)
        if not (task in _ALONE and not roles) and not (task in _OF_ROLES and len(roles) == 1):
            raise Usage(f"database takes {_TASKS}, not {' '.join(words)!r}")
        with closing(self.servers().store) as store:
            if isinstance(store, FolderStore):
                raise Usage(
                    f"{store.location} is a folder, which needs no tables: name a database with "
                    "--store=postgresql://ROLE@HOST/DATABASE"
                )
            self._do(task, roles, cast("DatabaseStore", store))  # there is no other kind
        return OK

    def _do(self, task: str, roles: Sequence[str], store: DatabaseStore) -> None:
        from mailwidgets.database import people, setup  # noqa: PLC0415 - 40 MB, for this alone
        from mailwidgets.database.schema import VERSION  # noqa: PLC0415 - likewise

        if task == "people":
            rows = [(one.role, one.id, one.may) for one in people.everyone(store.database)]
            self.say(aligned([_COLUMNS, *rows]) if rows else "Nobody but the tables' owner.")
        elif task == "allow":
            # A role that is named as its user is the plain case.
            user = fit_id(self.user or roles[0], "user")
            one = people.Person(roles[0], user, self.admin, self.workstations)
            can_log_in = people.allow(store.database, one)
            self.say(f"The role {one.role} is user {one.id} and may write {one.may}.")
            if not can_log_in:
                quoted = one.role.replace('"', '""')  # else PostgreSQL takes it in small letters
                self.say(f'The database has no role {one.role} yet: CREATE ROLE "{quoted}" LOGIN')
        elif task == "revoke":
            if not people.revoke(store.database, roles[0]):
                raise Usage(
                    f"the role {roles[0]!r} was not let in: see mailwidgets database people"
                )
            self.say(f"The role {roles[0]} may do nothing here any more.")
        else:
            before = {"create": setup.create, "upgrade": setup.upgrade}[task](store.database)
            now = f"The tables are of version {VERSION}"
            was = f"; they were of version {before}." if before else "; there were none."
            self.say(f"{now} already." if before == VERSION else now + was)

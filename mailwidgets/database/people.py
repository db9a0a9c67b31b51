"""Which of the database's roles is which person, and may do what."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import Final

from sqlalchemy import Connection, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from mailwidgets.database.engine import Database
from mailwidgets.database.errors import READ_ONLY
from mailwidgets.database.schema import people
from mailwidgets.languages.texts import _
from mailwidgets.settings.levels import Level, Place

# The tables' owner, a superuser, and who bypasses row-level security are subject to no policy.
_RIGHTS: Final = text(
    "SELECT CAST(current_user AS text) AS role, p.id, p.admin, p.workstations,"
    " COALESCE((SELECT pg_has_role(t.tableowner, 'USAGE') FROM pg_catalog.pg_tables AS t"
    " WHERE t.schemaname = 'mailwidgets' AND t.tablename = 'document'), false)"
    " OR COALESCE((SELECT r.rolbypassrls FROM pg_catalog.pg_roles AS r"
    " WHERE r.rolname = current_user), false) AS owner,"
    " current_setting('transaction_read_only') = 'on' AS standby"
    " FROM (SELECT 1 AS one) AS x"
    " LEFT JOIN mailwidgets.people AS p ON p.role = CAST(current_user AS text)"
)
_EXISTS: Final = text("SELECT count(*) > 0 FROM pg_catalog.pg_roles WHERE rolname = :role")


@dataclass(frozen=True, slots=True)
class Person:
    """A role of the database, and what it may do here.

    Attributes:
        role: as it logs in.
        id: the user whose document is theirs; empty for none.
        admin: may read and write everything, and say who else may what.
        workstations: may write the workstations' documents.
    """

    role: str
    id: str = ""
    admin: bool = False
    workstations: bool = False

    @property
    def may(self) -> str:
        """Return what it may write, in words."""
        if self.admin:
            return "everything"
        own = f"user {self.id}" if self.id else ""
        both = filter(None, (own, "all workstations" if self.workstations else ""))
        return " and ".join(both) or "nothing"


@dataclass(frozen=True, slots=True)
class Rights:
    """What the role that is connected may do, as the policies have it.

    Attributes:
        person: the role.
        known: whether it may do anything at all.
        standby: whether the database takes no writes at present, from nobody.
    """

    person: Person
    known: bool
    standby: bool = False

    def reading(self, place: Place) -> str:
        """Return why a place may not be read; empty where it may."""
        if not self.known:
            return self._unknown()
        if self.person.admin or place.level is not Level.USER or place.id == self.person.id:
            return ""
        told = _("the role {role} may not read {place}; {own}")
        return told.format(role=repr(self.person.role), place=place.words, own=self._own())

    def writing(self, place: Place) -> str:
        """Return why a place may not be written; empty where it may."""
        if not self.known:
            return self._unknown()
        one = self.person
        may = {
            Level.COMPANY: False,
            Level.USER: place.id == one.id,
            Level.WORKSTATION: one.workstations,
        }
        if one.admin or may[place.level]:
            return _(READ_ONLY) if self.standby else ""
        told = _("the database does not let the role {role} write {place}; {own}")
        return told.format(role=repr(one.role), place=place.words, own=self._own())

    def _own(self) -> str:
        told = _("it has none of its own, and an administrator may do more")
        if self.person.id:
            told = _("its own is user {id}, and an administrator may do more")
        return told.format(id=self.person.id)

    def _unknown(self) -> str:
        role = self.person.role
        told = _("the role {role} is nobody here yet: an administrator lets it in with {command}")
        command = f"mailwidgets database allow {quote(role)} --user=…"
        return told.format(role=repr(role), command=command)


def rights(connection: Connection) -> Rights:
    """Return what the connected role may do."""
    found = connection.execute(_RIGHTS).one()
    known = found.owner or found.id is not None
    person = Person(
        found.role,
        found.id or "",
        admin=bool(found.owner or found.admin),
        workstations=bool(found.workstations),
    )
    return Rights(person, known, found.standby)


def allow(database: Database, person: Person) -> bool:
    """Let a role in, or change what it may do; return whether the database has such a role.

    Raises:
        ReadOnlyStore: if the connected role is no administrator.
        StoreError: if the database cannot be reached.
    """
    values = {"id": person.id, "admin": person.admin, "workstations": person.workstations}
    statement = insert(people).values(role=person.role, **values)

    def let_in(connection: Connection, _again: bool) -> bool:  # noqa: FBT001 - as it is called
        connection.execute(statement.on_conflict_do_update(index_elements=["role"], set_=values))
        return bool(connection.scalar(_EXISTS, {"role": person.role}))

    # Done twice it is the same: there is nothing to look for.
    return database.write(let_in, landed=_nowhere, name=f"the right of {person.role}")


def revoke(database: Database, role: str) -> bool:
    """Let a role do nothing any more; return whether it could do anything.

    Raises:
        ReadOnlyStore: if the connected role is no administrator.
        StoreError: if the database cannot be reached.
    """
    statement = delete(people).where(people.c.role == role)
    done = database.write(
        lambda connection, _: connection.execute(statement),
        landed=_nowhere,
        name=f"the right of {role}",
    )
    return done.rowcount > 0


def _nowhere(_connection: Connection) -> None:
    return None


def everyone(database: Database) -> list[Person]:
    """Return the roles that the connected one may see: all, or only itself.

    Raises:
        StoreError: if the database cannot be reached.
    """
    query = select(people.c.role, people.c.id, people.c.admin, people.c.workstations)
    rows = database.read(lambda connection: connection.execute(query).all())
    return sorted((Person(*row) for row in rows), key=lambda one: one.role)

"""The tables: what the program creates in a database, and how it brings older ones up to date.

Every step is written so that it can be run twice: where a database changes its schema outside of
transactions, what was cut short is done again.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Boolean,
    Column,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA: Final = "mailwidgets"
VERSION: Final = 2

_KNOWN = MetaData(schema=SCHEMA)

schema_version: Final = Table(
    "schema_version", _KNOWN, Column("version", Integer, primary_key=True)
)
document: Final = Table(
    "document",
    _KNOWN,
    Column("level", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("content", JSONB, nullable=False),
)
history: Final = Table(
    "history",
    _KNOWN,
    Column("level", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("revision", BigInteger, primary_key=True),
    Column("commit_id", Text, nullable=False),
    Column("at", TIMESTAMP(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("role", Text),
    Column("record", JSONB, nullable=False),
)
people: Final = Table(
    "people",
    _KNOWN,
    Column("role", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("workstations", Boolean, nullable=False),
)

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS mailwidgets.document (
    level text NOT NULL CHECK (level IN ('company', 'user', 'workstation')),
    id text NOT NULL,
    revision bigint NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (level, id),
    CHECK ((level = 'company') = (id = ''))
);
CREATE TABLE IF NOT EXISTS mailwidgets.history (
    level text NOT NULL,
    id text NOT NULL,
    revision bigint NOT NULL,
    commit_id text NOT NULL,
    at timestamptz NOT NULL,
    "by" text NOT NULL,
    record jsonb NOT NULL,
    PRIMARY KEY (level, id, revision)
);
CREATE TABLE IF NOT EXISTS mailwidgets.people (
    role text PRIMARY KEY,
    id text NOT NULL DEFAULT '',
    admin boolean NOT NULL DEFAULT false,
    workstations boolean NOT NULL DEFAULT false
)
"""

# They run as the owner, so that a policy can look into people, which has policies itself. The
# role is handed in: inside, the current user is the owner. What they tell of others is no secret.
_FUNCTIONS: Final = """
CREATE OR REPLACE FUNCTION mailwidgets.own_id(asking text) RETURNS text
    STABLE LANGUAGE sql SECURITY DEFINER {path}
    AS 'SELECT p.id FROM mailwidgets.people AS p WHERE p.role = asking';
CREATE OR REPLACE FUNCTION mailwidgets.is_admin(asking text) RETURNS boolean
    STABLE LANGUAGE sql SECURITY DEFINER {path}
    AS 'SELECT count(*) > 0 FROM mailwidgets.people AS p WHERE p.role = asking AND p.admin';
CREATE OR REPLACE FUNCTION mailwidgets.sets_workstations(asking text) RETURNS boolean
    STABLE LANGUAGE sql SECURITY DEFINER {path}
    AS 'SELECT count(*) > 0 FROM mailwidgets.people AS p
        WHERE p.role = asking AND (p.admin OR p.workstations)'
"""

_MAY_READ: Final = (
    "({admin}) OR (level <> 'user' AND {own} IS NOT NULL) OR (level = 'user' AND id = {own})"
)
_MAY_WRITE: Final = (
    "({admin}) OR (level = 'user' AND id = {own}) OR (level = 'workstation' AND {workstations})"
)

_POLICIES: Final = """
ALTER TABLE mailwidgets.document ENABLE ROW LEVEL SECURITY;
ALTER TABLE mailwidgets.history ENABLE ROW LEVEL SECURITY;
ALTER TABLE mailwidgets.people ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reading ON mailwidgets.document;
CREATE POLICY reading ON mailwidgets.document FOR SELECT USING ({read});
DROP POLICY IF EXISTS adding ON mailwidgets.document;
CREATE POLICY adding ON mailwidgets.document FOR INSERT WITH CHECK ({write});
DROP POLICY IF EXISTS changing ON mailwidgets.document;
CREATE POLICY changing ON mailwidgets.document FOR UPDATE USING ({write}) WITH CHECK ({write});
DROP POLICY IF EXISTS reading ON mailwidgets.history;
CREATE POLICY reading ON mailwidgets.history FOR SELECT USING ({read});
DROP POLICY IF EXISTS adding ON mailwidgets.history;
CREATE POLICY adding ON mailwidgets.history FOR INSERT WITH CHECK ({write});
DROP POLICY IF EXISTS reading ON mailwidgets.people;
CREATE POLICY reading ON mailwidgets.people FOR SELECT
    USING (role = CAST(current_user AS text) OR {admin});
DROP POLICY IF EXISTS adding ON mailwidgets.people;
CREATE POLICY adding ON mailwidgets.people FOR INSERT WITH CHECK ({admin});
DROP POLICY IF EXISTS changing ON mailwidgets.people;
CREATE POLICY changing ON mailwidgets.people FOR UPDATE USING ({admin}) WITH CHECK ({admin});
DROP POLICY IF EXISTS removing ON mailwidgets.people;
CREATE POLICY removing ON mailwidgets.people FOR DELETE USING ({admin})
"""

# Whoever is not in people sees nothing and writes nothing: the policies say so, for everyone.
# Default privileges may have given more (TRUNCATE asks no policy) or less.
_GRANTS: Final = """
REVOKE ALL ON mailwidgets.schema_version, mailwidgets.document, mailwidgets.history,
    mailwidgets.people FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mailwidgets.own_id(text), mailwidgets.is_admin(text),
    mailwidgets.sets_workstations(text) TO PUBLIC;
GRANT USAGE ON SCHEMA mailwidgets TO PUBLIC;
GRANT SELECT ON mailwidgets.schema_version TO PUBLIC;
GRANT SELECT, INSERT, UPDATE ON mailwidgets.document TO PUBLIC;
GRANT SELECT, INSERT ON mailwidgets.history TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON mailwidgets.people TO PUBLIC
"""

# Which role wrote is for the database to say: "by" is only what a program told it. Of rows from
# before nobody knows. One index finds a commit whose outcome is unknown, and lets it land once;
# the other is the order in which the history of many places is told. A time is one that every
# program can read: of an infinite one, nobody could tell the history any more.
_ROLE: Final = """
ALTER TABLE mailwidgets.history ADD COLUMN IF NOT EXISTS role text;
ALTER TABLE mailwidgets.history ALTER COLUMN role SET DEFAULT session_user;
CREATE UNIQUE INDEX IF NOT EXISTS history_commit ON mailwidgets.history (commit_id, level, id);
CREATE INDEX IF NOT EXISTS history_at ON mailwidgets.history (at, commit_id, level, id);
DROP POLICY IF EXISTS adding ON mailwidgets.history;
CREATE POLICY adding ON mailwidgets.history FOR INSERT
    WITH CHECK (role = CAST(session_user AS text) AND ({write})
        AND at >= CAST('1900-01-01 00:00:00+00' AS timestamptz)
        AND at < CAST('9000-01-01 00:00:00+00' AS timestamptz))
"""

FIRST: Final = (
    "CREATE SCHEMA IF NOT EXISTS mailwidgets",
    "CREATE TABLE IF NOT EXISTS mailwidgets.schema_version (version integer PRIMARY KEY)",
)
# By the version that each leads to.
_STEPS: Final = {1: (_TABLES, _FUNCTIONS, _POLICIES), 2: (_ROLE, _GRANTS)}


def step(version: int, *, cockroach: bool) -> list[str]:
    """Return the statements that lead from the version before to this one.

    Args:
        version: from 1 to ``VERSION``.
        cockroach: whether they are for CockroachDB, whose policies hold no subqueries and whose
            functions no search path; it has no operators of users' own that could be found there.
    """

    def asked(function: str) -> str:
        call = f"mailwidgets.{function}(CAST(current_user AS text))"
        # As a subquery it is asked once, not for every row.
        return call if cockroach else f"(SELECT {call})"

    own = {
        "admin": asked("is_admin"),
        "own": asked("own_id"),
        "workstations": asked("sets_workstations"),
    }
    names = {
        **own,
        "path": "" if cockroach else "SET search_path = pg_catalog, pg_temp",
        "read": _MAY_READ.format(**own),
        "write": _MAY_WRITE.format(**own),
    }
    return [
        statement.strip()
        for part in _STEPS[version]
        for statement in part.format(**names).split(";\n")
    ]

"""What is said to the database, put together once: building it each time costs as much as asking.

``places`` stands for some places, as ``pairs`` returns them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    Text,
    bindparam,
    case,
    cast,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert

from mailwidgets.database.schema import document, history, schema_version
from mailwidgets.settings.levels import Place


def _one_of(table: Table) -> ColumnElement[bool]:
    return tuple_(table.c.level, table.c.id).in_(bindparam("places", expanding=True))


def pairs(places: Iterable[Place]) -> dict[str, Any]:
    """Return places as a statement takes them."""
    return {"places": [(place.level.value, place.id) for place in places]}


_VERSION: Final = select(func.max(schema_version.c.version).label("version")).subquery()
# A commit comes after the one before. A time that the database's own clock has not come near is
# no such time: whoever may add a record to one document must not turn the history of all others.
_CREDIBLE: Final = case((history.c.at < func.now() + timedelta(days=1), history.c.at))
_LAST: Final = (
    select(history.c.revision)
    .where(history.c.level == document.c.level, history.c.id == document.c.id)
    .order_by(history.c.revision.desc())
    .limit(1)
)

# From the version, so that a row comes back even where there is no document.
DOCUMENTS: Final = select(
    _VERSION.c.version,
    document.c.level,
    document.c.id,
    document.c.revision,
    cast(document.c.content, Text).label("content"),
).select_from(_VERSION.outerjoin(document, _one_of(document)))

HELD: Final = DOCUMENTS.add_columns(
    _LAST.scalar_subquery().label("last"),
    _LAST.with_only_columns(_CREDIBLE).scalar_subquery().label("at"),
)

REVISIONS: Final = select(document.c.level, document.c.id, document.c.revision).where(
    _one_of(document)
)

LOCKED: Final = (
    select(document.c.revision)
    .where(_one_of(document))
    .order_by(document.c.level, document.c.id)
    .with_for_update()
)

PAST: Final = (
    select(history.c.level, history.c.id, func.max(history.c.revision), func.max(_CREDIBLE))
    .where(_one_of(history))
    .group_by(history.c.level, history.c.id)
)

IDS: Final = select(document.c.id).where(document.c.level == bindparam("at_level"))

CHANGE: Final = (
    update(document)
    .where(
        document.c.level == bindparam("at_level"),
        document.c.id == bindparam("at_id"),
        document.c.revision == bindparam("seen", type_=BigInteger),
    )
    .values(
        revision=bindparam("revision"),
        content=cast(bindparam("content", type_=Text), JSONB),
    )
)


def _added(table: Table, json: str) -> Insert:
    """Return what adds rows to a table of which one column is JSON, given as text."""
    others: dict[str, Any] = {
        column.name: bindparam(column.name) for column in table.c if column.name != "role"
    }
    return insert(table).values({**others, json: cast(bindparam(json, type_=Text), JSONB)})


ADD_DOCUMENT: Final = _added(document, "content")
ADD_RECORD: Final = _added(history, "record")
BEGIN_DOCUMENT: Final = ADD_DOCUMENT.on_conflict_do_nothing().execution_options(
    preserve_rowcount=True
)

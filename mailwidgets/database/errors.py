"""What a database's errors mean: lost, busy, refused, or something to tell a person.

Neither the statement nor its values are ever repeated: they hold what someone has typed.
"""

from __future__ import annotations

from shlex import quote
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mailwidgets.errors import ReadOnlyStore, StoreError
from mailwidgets.languages.texts import N_, _

# PostgreSQL, appendix A: error codes (SQLSTATE).
_AGAIN: Final = frozenset({"40001", "40P01", "55P03"})  # serialization, deadlock, lock
_UNKNOWN: Final = "40003"  # statement completion unknown: CockroachDB's ambiguous result
_REFUSED: Final = "42501"
_ABSENT: Final = frozenset({"42P01", "3F000"})  # no such table, no such schema
_DUPLICATE: Final = frozenset({"23505", "42P06", "42P07", "42710", "42723", "42701"})
_STOPPING: Final = ("08", "57P")  # connection exceptions; shutdown, crash, starting up
# Classes whose message says how the server is and never what was sent to it.
_TOLD: Final = frozenset({"08", "25", "28", "3D", "53", "54", "55", "57", "58", "F0", "XX"})
READ_ONLY: Final = N_("the database takes no writes at present (read-only transaction)")
_WORDS: Final = {
    "57014": N_("it took too long and was cut short"),
    "22P05": N_(
        "a text holds a character that the database cannot: NUL, or what its encoding lacks"
    ),
    "22P02": N_("a text holds half a surrogate pair, which PostgreSQL's JSON cannot hold"),
    "54001": N_("a document is nested too deeply for the database"),
    "25006": READ_ONLY,
    "22003": N_("a document holds a number that is too large for the database"),
}


def state_of(error: SQLAlchemyError) -> str:
    """Return the server's code of what went wrong; empty if none came from it."""
    original = error.orig if isinstance(error, DBAPIError) else None
    return getattr(original, "sqlstate", None) or ""


def is_lost(error: SQLAlchemyError) -> bool:
    """Return whether there is no connection, any more or yet."""
    if not isinstance(error, DBAPIError):
        return False
    state = state_of(error)
    named = type(error.orig).__name__
    return (
        error.connection_invalidated
        or state.startswith(_STOPPING)
        or (not state and named in {"OperationalError", "ConnectionTimeout", "InterfaceError"})
    )


def is_busy(error: SQLAlchemyError) -> bool:
    """Return whether the same transaction may well succeed when it is run again."""
    return state_of(error) in _AGAIN


def is_duplicate(error: SQLAlchemyError) -> bool:
    """Return whether something is there already."""
    return state_of(error) in _DUPLICATE


def is_settled(error: SQLAlchemyError) -> bool:
    """Return whether an error that answered a COMMIT says that nothing was stored.

    Whoever lost the connection, or is told that the outcome is unknown, knows nothing.
    """
    state = state_of(error)
    return bool(state) and state != _UNKNOWN and not is_lost(error)


def translated(error: SQLAlchemyError, location: str, doing: str) -> StoreError:
    """Return what to tell a person.

    Args:
        error: from SQLAlchemy; raise the result outside its ``except``, so that nothing of it
            goes along.
        location: of the database, without a password.
        doing: ``"read"`` or ``"written"``.
    """
    state = state_of(error)
    words, kind = _words(error, state), ReadOnlyStore if state == _REFUSED else StoreError
    if state in _ABSENT:
        told = _(
            "{location} holds no mailwidgets tables yet. Someone who may create a schema there "
            "makes them with: {command}"
        )
        command = f"mailwidgets database create --store={quote(location)}"
        return StoreError(told.format(location=location, command=command))
    if is_lost(error) and not isinstance(error, PoolTimeout):
        told, words = _("{location} cannot be reached: {reason}."), _reason(error)
    elif doing == "written":
        told = _("{location} could not be written: {reason}.")
    else:
        told = _("{location} could not be read: {reason}.")
    suffix = _("Nothing was stored.") if doing == "written" else ""
    return kind(f"{told.format(location=location, reason=words)} {suffix}".rstrip())


def _words(error: SQLAlchemyError, state: str) -> str:
    """Return what is the matter, as part of a sentence."""
    if state == _REFUSED:
        return _("the database does not let this role do that")
    if isinstance(error, PoolTimeout):
        return _("all connections of this process are in use")
    known = _WORDS.get(state)
    if known is not None:
        return _(known)
    told = _("the database refuses with code {code}").format(code=state or type(error).__name__)
    return (_primary(error) if state[:2] in _TOLD else "") or told


def _reason(error: SQLAlchemyError) -> str:
    """Return why there is no connection, on one line."""
    said = _primary(error)
    if not said and isinstance(error, DBAPIError):
        said = str(error.orig)
    lines = (line.strip().rstrip(".") for line in said.splitlines())
    told = "; ".join(line for line in lines if line and not line.endswith("?"))
    return told or _("the connection was lost")


def _primary(error: SQLAlchemyError) -> str:
    original = error.orig if isinstance(error, DBAPIError) else None
    diagnosis = getattr(original, "diag", None)
    return str(getattr(diagnosis, "message_primary", None) or "")

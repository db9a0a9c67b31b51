"""Where a database is: a URL, checked, and the same without its password, for people to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from psycopg.pq import Conninfo
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from mailwidgets.errors import StoreError

CONNECT_SECONDS: Final = 5
STATEMENT_SECONDS: Final = 10
LOCK_SECONDS: Final = 5
IDLE_SECONDS: Final = 15

_DRIVERS: Final = {
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "cockroachdb": "cockroachdb+psycopg",
    "cockroachdb+psycopg": "cockroachdb+psycopg",
}
_FORM: Final = "postgresql://ROLE@HOST:PORT/DATABASE"
_ESCAPED: Final = (
    "In a password, every character that is no letter or digit is written as % and two "
    "hexadecimal digits."
)
# A dashboard must not hang, whatever becomes of the server, the network, or another writer.
_LIMITS: Final = {
    "statement_timeout": STATEMENT_SECONDS,
    "lock_timeout": LOCK_SECONDS,
    "idle_in_transaction_session_timeout": IDLE_SECONDS,
}
_SOCKET: Final = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": STATEMENT_SECONDS * 1000,
    "application_name": "mailwidgets",
    "client_encoding": "utf8",
}
_NO_COCKROACH: Final = (
    "a store at cockroachdb://… needs the package sqlalchemy-cockroachdb beside "
    "mailwidgets[database] (it may ask for SQLAlchemy 2.0): pip install sqlalchemy-cockroachdb"
)


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A database's URL.

    Attributes:
        url: with the password, where one is given: never shown.
        location: the same as a person may read it.
    """

    url: URL
    location: str

    def __repr__(self) -> str:
        """Return it without the password."""
        return f"Address({self.location!r})"

    @property
    def cockroach(self) -> bool:
        """Return whether CockroachDB's own dialect is asked for."""
        return self.url.drivername.startswith("cockroachdb")

    def arguments(self) -> dict[str, Any]:
        """Return how to connect: what the URL says goes before what we would choose."""
        given = self.url.query
        options = " ".join(f"-c {name}={value * 1000}" for name, value in _LIMITS.items())
        asked = given.get("options", "")
        asked = asked if isinstance(asked, str) else " ".join(asked)
        chosen: dict[str, Any] = {
            name: value for name, value in _SOCKET.items() if name not in given
        }
        # The last one counts: the search path is never the role's own.
        options = f"{options} {asked} -c search_path=pg_catalog".strip()
        # A statement prepared by itself would not survive a pooler, nor a change of the schema.
        return chosen | {"options": options, "prepare_threshold": None}

    def engine(self) -> Engine:
        """Return an engine; nothing connects before its first use.

        Raises:
            StoreError: if the dialect is not installed.
        """
        query = {name: value for name, value in self.url.query.items() if name != "options"}
        own = {} if self.cockroach else {"use_native_hstore": False}
        try:
            return create_engine(
                self.url.set(query=query),
                connect_args=self.arguments(),
                hide_parameters=True,
                pool_size=2,
                max_overflow=14,
                pool_timeout=CONNECT_SECONDS,
                pool_use_lifo=True,
                **own,
            )
        except (NoSuchModuleError, ModuleNotFoundError):
            raise StoreError(_NO_COCKROACH) from None
        except ArgumentError:
            raise StoreError(
                f"{self.location} has hosts and ports that do not fit: expected one port, a "
                "number, or as many as there are hosts"
            ) from None


def read_address(text: str) -> Address:
    """Return the address that a URL gives.

    Raises:
        StoreError: if it is no URL of a database that can be a store; never repeats it, since
            what does not parse may be a password.
    """
    url = _parsed(text)
    if url is None:
        raise StoreError(f"not a database's URL: expected {_FORM}. {_ESCAPED}")
    if url.drivername not in _DRIVERS:
        raise StoreError(
            f"no store can be opened at {url.drivername}://…: of databases, postgresql:// and "
            "cockroachdb:// are known, both through psycopg 3"
        )
    shown_as = {one.keyword.decode(): one.dispchar for one in Conninfo.get_defaults()}
    if not shown_as.keys() >= url.query.keys():
        raise StoreError(
            "a database's URL has a parameter after its ? that libpq does not know: expected such "
            f"as sslmode, host or connect_timeout. {_ESCAPED}"
        )
    # What libpq marks is a password, a key, or for its own developers.
    open_query = {name: value for name, value in url.query.items() if not shown_as[name]}
    shown = URL.create(
        url.drivername, url.username, None, url.host, url.port, url.database, open_query
    )
    return Address(url.set(drivername=_DRIVERS[url.drivername]), shown.render_as_string())


def _parsed(text: str) -> URL | None:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        return None
    # A stray @ is most likely a password's: then host and database hold the rest of it.
    return None if "@" in f"{url.host}{url.database}" else url

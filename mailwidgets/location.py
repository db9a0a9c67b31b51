"""Where a store is: from what a person or the environment says to an open store."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from mailwidgets.disk import at_home
from mailwidgets.errors import StoreError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.store.protocol import Store

_PASSWORD: Final = re.compile(r"(://[^:/?#]*):.*(?=@)")
_QUERY: Final = re.compile(r"([?&][^=&]*(?:pass|secret|scram)[^=&]*=)[^&]*", re.IGNORECASE)
_DATABASES: Final = ("postgresql", "cockroachdb")


def store_at(chosen: str | os.PathLike[str] | None) -> Store:
    """Return the store at a place; nothing is created before the first commit.

    Args:
        chosen: a folder, or a URL such as ``postgresql://ana@db.example/mail``; without one, the
            platform's data folder.

    Raises:
        StoreError: if no store can be there, or what a database needs is not installed.
    """
    if not chosen:
        import platformdirs  # noqa: PLC0415 - only for the default place

        return FolderStore(platformdirs.user_data_path("mailwidgets", appauthor=False))
    scheme, colon, rest = str(chosen).partition(":")
    url, known = rest.startswith("//"), scheme.partition("+")[0] in _DATABASES
    if not (url or (colon and known)):
        return FolderStore(at_home(chosen))
    if not (url and known):
        raise StoreError(
            f"no store can be opened at {scheme}:…: give a folder, or a URL that begins with "
            "postgresql://"
        )
    try:
        from mailwidgets.database.store import (  # noqa: PLC0415 - 40 MB that a folder is without
            DatabaseStore,
        )
    except ModuleNotFoundError as error:
        raise StoreError(
            f"a store at {scheme}://… needs {error.name}: pip install 'mailwidgets[database]'"
        ) from error
    return DatabaseStore(str(chosen))


def absolute(chosen: str) -> str:
    """Return a place as another working folder understands it; a URL as it is."""
    return chosen if "://" in chosen else str(at_home(chosen).absolute())


def shown(chosen: str) -> str:
    """Return a place as a screen may show it: of a URL everything but a password."""
    if "://" not in chosen:
        return chosen
    return _QUERY.sub(r"\1…", _PASSWORD.sub(r"\1", chosen))


def folder_of(store: Store) -> Path | None:
    """Return the folder of a store in one, where no key may be kept."""
    return store.path if isinstance(store, FolderStore) else None

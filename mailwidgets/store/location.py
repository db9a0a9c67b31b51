"""Where a store is: from what a person or the environment says to an open store."""

from __future__ import annotations

import os
from pathlib import Path

from mailwidgets.errors import StoreError
from mailwidgets.store.folder import FolderStore


def store_at(chosen: str | os.PathLike[str] | None) -> FolderStore:
    """Return the store at a place; nothing is created before the first commit.

    Args:
        chosen: a folder; without one, the platform's data folder.

    Raises:
        StoreError: if the place is no folder, or is named by a URL.
    """
    if not chosen:
        import platformdirs  # noqa: PLC0415 - only for the default place

        return FolderStore(platformdirs.user_data_path("mailwidgets", appauthor=False))
    if "://" in str(chosen):
        raise StoreError(
            f"no store can be opened at {str(chosen).split('://')[0]}://…: give a folder"
        )
    return FolderStore(Path(chosen).expanduser())

"""Everyone's effective values in one table: a row per user, or per workstation (needs pandas).

The rule is that of ``mailwidgets.settings.resolve``, applied to columns instead of rows: what the
company and the defaults decide is worked out once for all, then overwritten where someone has a
value of their own. So the work follows what is stored, and a hundred thousand users take seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mailwidgets.settings.declare import Setting
from mailwidgets.settings.documents import Document, Documents, Key
from mailwidgets.settings.effective import cell
from mailwidgets.settings.fields import Field
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.resolve import ACCOUNT, BORROWERS, Value, unborrowed
from mailwidgets.settings.sections import SETTINGS

_NOBODY: Final = "nobody"  # a place that holds nothing stands for whoever stores nothing
_NUMBERS: Final = {"port": "int64", "seconds": "float64"}
# Where a value comes from: decided for everyone, own, or either of the lender's.
_COMMON, _OWN, _LENT = 0, 1, 2


def effective_of_users(
    documents: Iterable[Document],
    company: Document,
    workstation: Document | None = None,
    *,
    origins: bool = False,
) -> pd.DataFrame:
    """Return every user's effective values, as ``resolve`` has them.

    >>> documents = servers.store.read_all(Level.USER)
    >>> table = effective_of_users(documents, servers.documents().company)
    >>> table[("smtp", "user")].to_dict()
    {'ana': 'ana@practice.example'}

    Args:
        documents: each user's, each user once; may be a generator.
        company: the company's.
        workstation: that of the workstation they all sit at; without one, the settings that
            are kept at a workstation are left out.
        origins: whether to return instead, cell by cell, where each value comes from, in words.

    Returns:
        A row per document, indexed by ``user``; a column per setting, (section, setting), in
        the panel's order. Ports are integers, seconds floats; yes/no, choices and secrets
        (``set`` or empty) are categories in words; the rest is text, empty where there is none.
    """
    seated = workstation or Document(Place(Level.WORKSTATION, _NOBODY))
    wanted = [one for one in SETTINGS.values() if workstation or one.level is not Level.WORKSTATION]
    common = Documents(company, Document(Place(Level.USER, _NOBODY)), seated)
    return _table(documents, wanted, common, Level.USER, origins=origins)


def effective_of_workstations(
    documents: Iterable[Document], company: Document, *, origins: bool = False
) -> pd.DataFrame:
    """Return every workstation's effective values, as ``resolve`` has them for anyone there.

    >>> documents = servers.store.read_all(Level.WORKSTATION)
    >>> table = effective_of_workstations(documents, servers.documents().company)
    >>> table[("imap", "name")].to_dict()
    {'practice': 'localhost'}

    Args:
        documents: each workstation's, each once; may be a generator.
        company: the company's.
        origins: as for ``effective_of_users``.

    Returns:
        A row per document, indexed by ``workstation``; a column per setting that is kept at a
        workstation.
    """
    nobody = Document(Place(Level.USER, _NOBODY))
    common = Documents(company, nobody, Document(Place(Level.WORKSTATION, _NOBODY)))
    wanted = [one for one in SETTINGS.values() if one.level is Level.WORKSTATION]
    return _table(documents, wanted, common, Level.WORKSTATION, origins=origins)


def noting(documents: Iterable[Document], problems: list[str] | None) -> Iterator[Document]:
    """Yield the documents; add to a list, in words, every stored value that was passed over.

    >>> damaged = replace(servers.documents().user, problems={("smtp", "port"): "Is no number."})
    >>> problems = []
    >>> documents = list(noting([damaged], problems))
    >>> problems
    ['user ana: smtp.port: Is no number.']
    """
    for document in documents:
        if problems is not None:
            told = document.problems.items()
            problems += [f"{document.place}: {'.'.join(key)}: {why}" for key, why in told]
        yield document


@dataclass(slots=True)
class _Stored:
    """One setting's own values, and in which rows they are."""

    rows: list[int] = field(default_factory=list)
    held: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Column:
    """One setting for everyone.

    Attributes:
        value: what is in force for whoever stores nothing.
        cells: the effective value of each row.
        sources: ``_COMMON`` or ``_OWN`` for each row, with ``_LENT`` added: the lender's.
        lender: the setting that some rows borrow, for whoever stores nothing.
    """

    value: Value
    cells: NDArray[Any]
    sources: NDArray[np.int8]
    lender: Value | None = None


def _table(
    documents: Iterable[Document],
    wanted: Sequence[Setting],
    common: Documents,
    level: Level,
    *,
    origins: bool,
) -> pd.DataFrame:
    values = {one.id: unborrowed(one, common) for one in wanted}
    # A lock leaves what is stored out of force.
    own = {key for key, one in values.items() if one.setting.level is level and one.locked is None}
    ids, stored = _gathered(documents, own)
    columns = {key: _column(value, stored.get(key), len(ids)) for key, value in values.items()}
    if level is Level.USER:
        columns = _lent(columns)
    rows = pd.Index(ids, name=level.value, dtype=str)
    series = {
        key: (_words(column, level, rows) if origins else _cells(column, rows))
        for key, column in columns.items()
    }
    table = pd.DataFrame(series, index=rows, copy=False)
    table.columns = pd.MultiIndex.from_tuples(list(series), names=["section", "setting"])
    return table


def _gathered(
    documents: Iterable[Document], own: set[Key]
) -> tuple[list[str], Mapping[Key, _Stored]]:
    """Return the ids in order, and what is stored of each setting that may decide."""
    ids = []
    stored = {key: _Stored() for key in own}
    for row, document in enumerate(documents):
        ids.append(document.place.id)
        for key, value in document.values.items():  # noqa: PD011 - no table's
            if key in stored:
                one = stored[key]
                one.rows.append(row)
                one.held.append(value)
    return ids, stored


def _column(value: Value, stored: _Stored | None, length: int) -> _Column:
    setting = value.setting
    cells = np.full(length, cell(setting, value.effective), dtype=object)
    sources = np.full(length, _COMMON, dtype="int8")
    if stored is not None and stored.rows:
        if setting.secret:  # all of them look the same
            cells[stored.rows] = cell(setting, stored.held[0])
        elif type(setting.field).shown is Field.shown:  # texts and numbers: as they are
            cells[stored.rows] = stored.held
        else:
            shown = {one: cell(setting, one) for one in set(stored.held)}
            cells[stored.rows] = [shown[one] for one in stored.held]
        sources[stored.rows] = _OWN
    return _Column(value, cells, sources)


def _lent(columns: Mapping[Key, _Column]) -> dict[Key, _Column]:
    """Return the columns with the accounts of those who use POP3's, unless they are locked."""
    lent = dict(columns)
    for section, name in BORROWERS.items():
        switch = columns[section, name]
        on = switch.cells == cell(switch.value.setting, value=True)
        for key in ACCOUNT:
            borrower, lender = columns[section, key], columns["pop3", key]
            if borrower.value.locked is None:
                lent[section, key] = _Column(
                    borrower.value,
                    np.where(on, lender.cells, borrower.cells),
                    np.where(on, lender.sources + np.int8(_LENT), borrower.sources),
                    lender.value,
                )
    return lent


def _cells(column: _Column, rows: pd.Index[Any]) -> pd.Series[Any]:
    """Return the cells as the type that the setting's kind calls for."""
    setting = column.value.setting
    kind: Any = _NUMBERS.get(setting.field.kind) or _categories(setting) or str
    cells: pd.Series[Any] = pd.Series(column.cells, dtype=kind, index=rows)
    return cells


def _categories(setting: Setting) -> pd.CategoricalDtype | None:
    """Return all words that a setting's cells can be; ``None`` where they are any."""
    listed = {
        "yes_no": (False, True),
        "checkbox": (False, True),
        "choice": getattr(setting.field, "choices", ()),
    }
    if setting.secret:
        return pd.CategoricalDtype(["", "set"])
    kind = setting.field.kind
    if kind not in listed:
        return None
    return pd.CategoricalDtype([cell(setting, one) for one in listed[kind]])


def _words(column: _Column, level: Level, rows: pd.Index[Any]) -> pd.Series[Any]:
    """Return where each cell comes from, as ``Value.from_words`` says it."""
    value, lender = column.value, column.lender
    told = [value, replace(value, origin=level.value)]
    if lender is not None:
        source = lender.setting.id
        told += [replace(value, origin=one, source=source) for one in (lender.origin, level.value)]
    words = pd.Index([one.from_words for one in told])
    return pd.Series(pd.Categorical.from_codes(column.sources, words), index=rows)

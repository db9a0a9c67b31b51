from __future__ import annotations

import pytest

from mailwidgets.errors import InvalidId
from mailwidgets.settings.levels import Identity, Level, Place


def test_a_level_has_the_panels_mark() -> None:
    assert [level.mark for level in Level] == ["c", "u", "m"]


def test_the_acting_user_is_given_or_jupyterhubs_or_the_systems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "hub")
    monkeypatch.setenv("LOGNAME", "system")
    assert Identity.acting("ana", "WS-01") == Identity("ana", "WS-01")
    assert Identity.acting().user == "hub"
    monkeypatch.delenv("JUPYTERHUB_USER")
    assert Identity.acting().user == "system"


def test_an_identity_keeps_each_level_in_its_own_place() -> None:
    ana = Identity("ana", "WS-01")

    assert ana.place(Level.COMPANY) == Place(Level.COMPANY)
    assert ana.place(Level.USER) == Place(Level.USER, "ana")
    assert ana.place(Level.WORKSTATION) == Place(Level.WORKSTATION, "WS-01")


def test_two_spellings_of_one_name_are_one_name() -> None:
    assert Place(Level.USER, "Jose\u0301 ") == Place(Level.USER, "Jos\u00e9")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0b", "\ud800", "x" * 1001])
def test_a_name_that_no_store_can_hold_is_refused(name: str) -> None:
    with pytest.raises(InvalidId):
        Place(Level.USER, name)


def test_the_company_has_no_id() -> None:
    with pytest.raises(InvalidId, match="the company has no id"):
        Place(Level.COMPANY, "acme")

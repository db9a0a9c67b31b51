from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.errors import InvalidId
from mailwidgets.folder.names import document_name, file_name, is_cut, place_of
from mailwidgets.settings.levels import Level, Place

DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.IGNORECASE)


def fit(name: str) -> bool:
    try:
        Place(Level.USER, name)
    except InvalidId:
        return False
    return True


ids = st.text(max_size=300).filter(fit).map(lambda name: Place(Level.USER, name).id)
odd_ids = ids | st.text("./\\%~: con", min_size=1, max_size=400).filter(fit).map(str.strip)


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("ana", "ana.json"),
        ("ana@example.com", "ana@example.com.json"),
        ("WS-01", "WS-01.json"),
        ("Ana María", "Ana%20Mar%C3%ADa.json"),
        ("../../etc/x", "%2E.%2F..%2Fetc%2Fx.json"),
        ("..", "%2E%2E.json"),
        (".", "%2E.json"),
        ("CON", "%43ON.json"),
        ("con.txt", "%63on.txt.json"),
        ("console", "console.json"),
        ("C:\\x", "C%3A%5Cx.json"),
        ("😀", "%F0%9F%98%80.json"),
        ("50%", "50%25.json"),
    ],
)
def test_an_id_becomes_a_name_that_people_can_read(id_: str, name: str) -> None:
    assert file_name(id_) == name
    assert place_of(Level.USER, name) == Place(Level.USER, id_)


@given(odd_ids)
def test_a_name_is_safe_on_every_system_whatever_the_id(id_: str) -> None:
    name = file_name(id_)

    assert re.fullmatch(r"[A-Za-z0-9_@%-][A-Za-z0-9_@%.~-]*\.json", name)
    assert not name.endswith("..json")
    assert not DEVICES.match(name)
    assert len(name) <= 200


@given(odd_ids)
def test_a_name_leads_back_to_its_id_so_that_no_two_share_one(id_: str) -> None:
    name = file_name(id_)

    back = place_of(Level.USER, name)
    assert back == (None if is_cut(name) else Place(Level.USER, id_))


@given(ids, ids, st.text("aé😀", min_size=190, max_size=600))
def test_long_ids_that_begin_alike_have_names_of_their_own(one: str, two: str, head: str) -> None:
    assert (file_name(head + one) == file_name(head + two)) == (one == two)


@pytest.mark.parametrize(
    "name", ["ana", "foo bar.json", "%61na.json", "%FF.json", ".json", "%00.json"]
)
def test_a_file_that_the_store_did_not_name_is_nobodys(name: str) -> None:
    assert place_of(Level.USER, name) is None


def test_each_level_has_a_folder_of_its_own() -> None:
    assert document_name(Place(Level.COMPANY)) == "company.json"
    assert document_name(Place(Level.USER, "x")) == "users/x.json"
    assert document_name(Place(Level.WORKSTATION, "x")) == "workstations/x.json"

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.settings.documents import UNSET, Change, Document, Documents, drafted
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import Resolution, resolve
from mailwidgets.settings.secret import Sealed
from mailwidgets.settings.sections import SETTINGS

ANA = Identity("ana", "WS-01")
COMPANY = Place(Level.COMPANY)


def resolution(*changes: Change) -> Resolution:
    empty = Documents(*(Document(ANA.place(level)) for level in Level))
    return resolve(drafted(empty, changes), ANA)


def at(level: Level, name: str, value: object) -> Change:
    section, _, key = name.partition(".")
    return Change(ANA.place(level), (section, key), value)


def lock(name: str, reason: str) -> Change:
    section, _, key = name.partition(".")
    return Change(COMPANY, (section, key), reason, lock=True)


def in_force(name: str, *changes: Change) -> tuple[object, str]:
    section, _, key = name.partition(".")
    value = resolution(*changes)[section, key]
    return value.effective, value.origin


# One test per adjacent pair of levels, narrower over wider.
def test_the_company_stands_above_the_built_in_default() -> None:
    assert in_force("workflow.port") == (25, "default")
    assert in_force("workflow.port", at(Level.COMPANY, "workflow.port", 587)) == (587, "company")


def test_a_user_falls_back_to_the_company() -> None:
    assert in_force("pop3.port", at(Level.COMPANY, "pop3.port", 995)) == (995, "company")


def test_a_user_stands_above_the_company() -> None:
    both = at(Level.COMPANY, "pop3.port", 995), at(Level.USER, "pop3.port", 1110)
    assert in_force("pop3.port", *both) == (1110, "user")


def test_a_user_stands_above_the_default() -> None:
    assert in_force("pop3.port", at(Level.USER, "pop3.port", 1110)) == (1110, "user")


def test_a_workstation_falls_back_to_the_company() -> None:
    company = at(Level.COMPANY, "smtp.name", "mail.example.com")
    assert in_force("smtp.name", company) == ("mail.example.com", "company")


def test_a_workstation_stands_above_the_company() -> None:
    company = at(Level.COMPANY, "smtp.name", "mail.example.com")
    own = at(Level.WORKSTATION, "smtp.name", "local.example.com")
    assert in_force("smtp.name", company, own) == ("local.example.com", "workstation")


def test_a_workstation_setting_without_any_value_has_its_default() -> None:
    assert in_force("smtp.name") == (None, "default")


def test_a_user_value_of_a_workstation_setting_counts_for_nothing() -> None:
    assert in_force("smtp.name", at(Level.USER, "smtp.name", "x.example")) == (None, "default")


def test_a_user_value_of_a_company_setting_counts_for_nothing() -> None:
    assert in_force("workflow.port", at(Level.USER, "workflow.port", 587)) == (25, "default")


def test_no_is_a_value_and_not_the_lack_of_one() -> None:
    changes = at(Level.COMPANY, "pop3.tls", value=True), at(Level.USER, "pop3.tls", value=False)
    assert in_force("pop3.tls", *changes) == (False, "user")


def test_a_lock_puts_the_companys_value_in_force_and_shadows_the_users() -> None:
    value = resolution(
        at(Level.COMPANY, "smtp.tls", "require"),
        at(Level.USER, "smtp.tls", "none"),
        lock("smtp.tls", "policy 7"),
    )["smtp", "tls"]

    assert (value.effective, value.origin, value.locked) == ("require", "company", "policy 7")
    assert value.user == "none"
    assert value.shadowed
    assert value.from_words == "company, locked: policy 7"


def test_a_lock_without_a_company_value_puts_the_default_in_force() -> None:
    own = at(Level.WORKSTATION, "imap.name", "x.example")
    assert in_force("imap.name", own, lock("imap.name", "why")) == (None, "default")


@pytest.mark.parametrize("section", ["smtp", "imap"])
def test_a_borrowed_account_comes_from_pop3_and_says_so(section: str) -> None:
    sealed = Sealed("v1:x")
    values = resolution(
        at(Level.USER, f"{section}.use_pop3_account", value=True),
        at(Level.USER, f"{section}.user", "own"),
        at(Level.USER, "pop3.user", "ana"),
        at(Level.COMPANY, "pop3.password", sealed),
    )
    user, password = values[section, "user"], values[section, "password"]

    assert (user.effective, user.origin, user.borrowed) == ("ana", "user", "pop3")
    assert user.shadowed
    assert user.from_words == "from POP3 (user)"
    assert (password.effective, password.source) == (sealed, ("pop3", "password"))
    assert values.place(password) == COMPANY


def test_a_borrowed_token_stays_a_token() -> None:
    values = resolution(
        at(Level.USER, "smtp.use_pop3_account", value=True),
        at(Level.USER, "pop3.token", value=True),
    )
    assert values["smtp", "token"].effective is True


def test_a_locked_account_is_not_borrowed() -> None:
    values = resolution(
        at(Level.USER, "smtp.use_pop3_account", value=True),
        at(Level.USER, "pop3.user", "ana"),
        at(Level.COMPANY, "smtp.user", "everyone"),
        lock("smtp.user", "one account for all"),
    )
    assert values["smtp", "user"].effective == "everyone"
    assert values["smtp", "user"].borrowed is None


def test_a_borrowers_locked_switch_decides() -> None:
    values = resolution(
        at(Level.USER, "smtp.use_pop3_account", value=True),
        at(Level.USER, "pop3.user", "ana"),
        lock("smtp.use_pop3_account", "own accounts only"),
    )
    assert values["smtp", "user"].borrowed is None


def test_a_row_has_the_keys_and_plain_values_that_scripts_rely_on() -> None:
    values = resolution(
        at(Level.USER, "pop3.password", Sealed("v1:x")), at(Level.USER, "smtp.tls", "implicit")
    )

    assert values["smtp", "tls"].as_row() == {
        "section": "smtp",
        "key": "tls",
        "label": "Use TLS/SSL",
        "level": "user",
        "default": "auto",
        "company": None,
        "user": "implicit",
        "workstation": None,
        "effective": "implicit",
        "from": "user",
        "borrowed": None,
        "locked": None,
    }
    password = values["pop3", "password"].as_row()
    assert (password["user"], password["effective"], password["default"]) == ("set", "set", None)


@given(st.dictionaries(st.sampled_from([*SETTINGS]), st.sets(st.sampled_from([*Level]))))
def test_the_origin_is_always_the_first_level_that_is_set(
    stored: dict[tuple[str, str], set[Level]],
) -> None:
    stored.pop(("smtp", "use_pop3_account"), None)
    stored.pop(("imap", "use_pop3_account"), None)
    changes = [
        Change(ANA.place(level), key, f"{level}")
        for key, levels in stored.items()
        for level in levels
    ]
    values = resolution(*changes)

    for key, value in values.items():
        own, levels = value.setting.level, stored.get(key, set())
        first = own if own in levels else Level.COMPANY if Level.COMPANY in levels else None
        assert value.origin == (first.value if first else "default")
        assert value.effective == (first.value if first else value.setting.default)


def test_an_unset_change_uncovers_the_wider_value() -> None:
    changes = (
        at(Level.COMPANY, "pop3.port", 995),
        at(Level.USER, "pop3.port", 1110),
        at(Level.USER, "pop3.port", UNSET),
    )
    assert in_force("pop3.port", *changes) == (995, "company")


def test_a_problem_ends_with_a_change_of_its_setting_and_not_with_a_lock_or_anothers() -> None:
    port = ("pop3", "port")
    broken = Document(COMPANY, problems={port: "not a port"})
    whole = Documents(
        broken, Document(ANA.place(Level.USER)), Document(ANA.place(Level.WORKSTATION))
    )

    for change, left in (
        (at(Level.COMPANY, "pop3.port", 995), ""),
        (at(Level.COMPANY, "pop3.port", UNSET), ""),
        (lock("pop3.port", "why"), "not a port"),
        (at(Level.COMPANY, "imap.port", 143), "not a port"),
        (at(Level.USER, "pop3.port", 143), "not a port"),
    ):
        assert resolve(drafted(whole, [change]), ANA)[port].problem == left

from __future__ import annotations

import pickle

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.errors import InvalidValue
from mailwidgets.settings.fields import CheckBox, Choice, Port, Seconds, YesNo
from mailwidgets.settings.secret import Sealed, SecretField
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.settings.trust import Certificates, Listing

TEXTUAL = [one.field for one in SETTINGS.values() if one.field.kind not in {"pem", "list"}]


@pytest.mark.parametrize(("typed", "port"), [("1", 1), (" 993 ", 993), ("65535", 65535)])
def test_a_port_is_typed_in_digits(typed: str, port: int) -> None:
    assert Port().parse(typed) == port


@pytest.mark.parametrize(
    "typed", ["0", "65536", "-1", "1_0", "²", "٣", "1.5", "1e3", "abc", "9" * 400]
)
def test_what_is_no_port_is_refused_in_words(typed: str) -> None:
    with pytest.raises(InvalidValue, match="Must be a whole number from 1 to 65535"):
        Port().parse(typed)


@pytest.mark.parametrize("value", [True, 0, 65536, 1.0, "25", None.__class__])
def test_a_port_is_an_int_and_nothing_else(value: object) -> None:
    with pytest.raises(InvalidValue):
        Port().check(value)


@pytest.mark.parametrize(
    ("typed", "seconds"), [("30", 30), ("0.5", 0.5), ("2,5", 2.5), ("3600", 3600), ("1e1", 10)]
)
def test_seconds_are_numeric(typed: str, seconds: float) -> None:
    assert Seconds().parse(typed) == seconds


@pytest.mark.parametrize("typed", ["0", "-1", "3600.1", "nan", "inf", "soon", "1_0", "1,2,3"])
def test_what_is_not_numeric_is_refused_as_the_panel_words_it(typed: str) -> None:
    with pytest.raises(InvalidValue, match="Must be numeric"):
        Seconds().parse(typed)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("yes", True), ("TRUE", True), ("on", True), ("No", False), ("false", False), ("off", False)],
)
def test_yes_and_no_are_typed_in_several_ways(typed: str, value: object) -> None:
    assert YesNo().parse(typed) is value
    assert CheckBox().parse(typed) is value


def test_a_choice_is_typed_by_key_or_label_in_any_case() -> None:
    field = Choice("auto", {"auto": "Auto", "implicit": "Implicit SSL/TLS"})

    assert field.parse("IMPLICIT ssl/tls") == "implicit"
    assert field.parse("auto") == "auto"
    with pytest.raises(InvalidValue, match=r"auto \(Auto\), implicit \(Implicit SSL/TLS\)"):
        field.parse("maybe")


@pytest.mark.parametrize("breaker", ["\r", "\n", "\0"])
@pytest.mark.parametrize("field", TEXTUAL, ids=lambda field: field.name)
def test_no_value_may_start_a_protocol_line(field: Port, breaker: str) -> None:
    with pytest.raises(InvalidValue):
        field.check(f"a{breaker}b")


@given(st.text())
@pytest.mark.parametrize(
    "field", TEXTUAL, ids=lambda field: f"{field.this_class.section}.{field.name}"
)
def test_any_typed_text_becomes_a_value_or_a_message(field: Port, text: str) -> None:
    try:
        value = field.parse(text)
    except InvalidValue as error:
        assert str(error).strip()  # noqa: PT017 - both outcomes are right, and nothing else is
    else:
        assert value is None or field.check(value) == value


@given(st.text(min_size=1).filter(lambda text: not set(text) & set("\r\n\0")))
def test_a_secret_is_shown_nowhere(text: str) -> None:
    field = SecretField()
    secret = field.parse(text)

    assert secret.reveal() == text
    assert repr(secret) == str(secret) == "Secret(****)"
    assert field.shown(secret) == "set"
    with pytest.raises(TypeError, match="only a sealed secret"):
        field.to_json(secret)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_a_sealed_secret_survives_json_and_one_in_the_clear_is_refused() -> None:
    field = SecretField()
    sealed = Sealed("v1:abc")

    assert field.from_json(field.to_json(sealed)) == sealed
    assert "abc" not in repr(sealed)
    with pytest.raises(InvalidValue, match="this one is not"):
        field.from_json("hunter2")


def test_certificates_are_read_before_they_are_trusted() -> None:
    authority = trustme.CA()
    pem = authority.cert_pem.bytes().decode()
    field = Certificates()

    assert field.shown(field.parse(pem + pem)) == "2 certificates"
    with pytest.raises(InvalidValue, match="PEM form"):
        field.parse("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
    with pytest.raises(InvalidValue, match="private key"):
        field.parse(pem + authority.private_key_pem.bytes().decode())


def test_a_listing_takes_commas_blanks_and_lines_and_keeps_no_doubles() -> None:
    field = SETTINGS["trust", "allowed_hosts"].field
    assert isinstance(field, Listing)

    value = field.parse("mail.example.com, 192.0.2.1\nmail.example.com")

    assert value == ("mail.example.com", "192.0.2.1")
    assert field.from_json(field.to_json(value)) == value


@pytest.mark.parametrize("key", list(SETTINGS), ids=".".join)
def test_every_default_survives_json(key: tuple[str, str]) -> None:
    one = SETTINGS[key]
    if one.default is not None:
        assert one.field.from_json(one.field.to_json(one.default)) == one.default


def test_a_secret_of_octets_that_are_no_text_is_refused_unseen() -> None:
    with pytest.raises(InvalidValue, match="UTF-8") as raised:
        SecretField().parse("hunter\udcff2")

    assert "hunter" not in str(raised.value)

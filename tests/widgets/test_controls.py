from __future__ import annotations

from typing import Any

import ipywidgets as widgets
import pytest

from mailwidgets.settings.declare import Setting
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.settings.sections import SETTINGS, setting
from mailwidgets.widgets.controls import Control, SecretInput, Shown, control_for


def control(name: str) -> tuple[Control, list[Any]]:
    entered: list[Any] = []
    return control_for(setting(name), entered.append), entered


@pytest.mark.parametrize("found", SETTINGS.values(), ids=lambda one: one.name)
def test_every_setting_has_a_control_with_its_marked_label(found: Setting) -> None:
    assert control_for(found, print).widget.description == found.marked_label


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pop3.port", widgets.Combobox),
        ("pop3.user", widgets.Text),
        ("pop3.password", SecretInput),
        ("pop3.tls", widgets.Dropdown),
        ("smtp.tls", widgets.Dropdown),
        ("smtp.force_tls12", widgets.Checkbox),
        ("trust.ca", widgets.Textarea),
        ("trust.pins", widgets.Textarea),
    ],
)
def test_the_control_fits_the_field(name: str, kind: type) -> None:
    assert type(control(name)[0].widget) is kind


def test_a_yes_no_list_offers_the_panels_words() -> None:
    assert control("pop3.tls")[0].widget.options == (("Yes", True), ("No", False))
    labels = [label for label, _ in control("smtp.tls")[0].widget.options]
    assert labels == ["None", "SSL/TLS", "Auto", "Implicit SSL/TLS"]


def test_an_inherited_text_stands_in_grey() -> None:
    shown, entered = control("pop3.port")

    shown.show(Shown(own=None, inherited=110))

    assert (shown.widget.value, shown.widget.placeholder) == ("", "110")
    assert not entered


def test_a_list_shows_the_inherited_value_without_storing_it() -> None:
    shown, entered = control("smtp.tls")

    shown.show(Shown(own=None, inherited="auto"))

    assert shown.widget.value == "auto"
    assert not entered


def test_what_a_person_types_is_not_overwritten_while_it_means_the_same() -> None:
    shown, entered = control("pop3.port")
    shown.widget.value = " 0995 "

    shown.show(Shown(own=995, inherited=110))

    assert shown.widget.value == " 0995 "
    assert entered == [" 0995 "]


def test_a_text_marked_as_wrong_stays() -> None:
    shown, _ = control("pop3.port")
    shown.widget.value = "99x"

    shown.show(Shown(own=110, inherited=110, typed="99x"))

    assert shown.widget.value == "99x"


def test_a_text_that_was_taken_back_and_comes_again_is_shown_anew() -> None:
    shown, entered = control("pop3.port")

    shown.show(Shown(own=110, inherited=110, typed="99x"))

    assert shown.widget.value == "99x"
    assert not entered


def test_a_port_offers_the_usual_numbers_and_takes_any() -> None:
    shown, entered = control("pop3.port")
    shown.show(Shown(own=None, inherited=110, usual=[995, 110]))
    assert shown.widget.options == ("995", "110")

    shown.widget.value = "1110"

    assert entered == ["1110"]


def test_a_read_only_control_shows_what_is_in_force() -> None:
    shown, _ = control("pop3.port")

    shown.show(Shown(own=995, inherited=1110, readonly=True))

    assert (shown.widget.value, shown.widget.disabled) == ("1110", True)


def test_certificates_are_shown_as_typed_and_lists_line_by_line() -> None:
    shown, _ = control("trust.allowed_hosts")

    shown.show(Shown(own=("a.example", "b.example"), inherited=None))

    assert shown.widget.value == "a.example\nb.example"


@pytest.mark.parametrize(
    ("own", "inherited", "words"),
    [
        (None, None, "not set"),
        (Sealed("x"), None, "set"),
        (Secret("canary"), None, "typed, not saved yet"),
        (None, Sealed("x"), "set by a wider level"),
    ],
)
def test_a_password_box_says_only_whether_one_is_set(
    own: object, inherited: object, words: str
) -> None:
    shown, _ = control("pop3.password")

    shown.show(Shown(own, inherited))

    assert (shown.widget.value, shown.widget.placeholder) == ("", words)


def test_a_typed_password_is_taken_once_and_forgotten() -> None:
    shown, entered = control("pop3.password")

    shown.widget.set_state({"value": "canary"})

    assert entered == ["canary"]
    assert shown.widget.value == ""
    assert "canary" not in repr(shown.widget)
    assert "canary" not in str(shown.widget.get_state())


def test_a_typed_password_is_not_echoed(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    shown, _ = control("pop3.password")
    monkeypatch.setattr(shown.widget, "_send", lambda *args, **more: sent.append((args, more)))

    shown.widget.set_state({"value": "canary"})

    assert sent, "the cleared value is sent"
    assert "canary" not in str(sent)

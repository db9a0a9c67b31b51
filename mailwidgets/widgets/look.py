"""Widgets that share one layout and one style: the style sheet says how they look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import ipywidgets as widgets

_W = TypeVar("_W", bound=widgets.DOMWidget)
_shared: dict[type[widgets.Widget], widgets.Widget] = {}


def shared(kind: type[widgets.Widget]) -> Any:  # noqa: ANN401 - a layout, or any of the styles
    """Return the one layout or style of a kind that all widgets here use.

    ipywidgets makes a layout and a style for each widget by default, all of them equal here.
    Without those, a page has a third of the models to send and opens in half the time.
    """
    found = _shared.get(kind)
    if found is None or found.comm is None:  # closed, by Widget.close_all()
        found = _shared[kind] = kind()
    return found


def plain(kind: type[_W], *args: Any, **traits: Any) -> _W:  # noqa: ANN401 - the widget's own
    """Return a widget with the shared layout, and the shared style where it has one."""
    style = kind.class_traits().get("style")
    if style is not None:
        traits["style"] = shared(style.klass)
    widget: _W = kind(*args, layout=shared(widgets.Layout), **traits)
    return widget


def says() -> widgets.HTML:
    """Return an empty place for messages: with the wiring, what appears there is heard."""
    made = plain(widgets.HTML)
    made.add_class("mw-says")
    return made


def button(label: str, act: Callable[[], None], *css_classes: str) -> widgets.Button:
    """Return a button that does something."""
    made = plain(widgets.Button, description=label)
    for one in css_classes:
        made.add_class(one)
    made.on_click(lambda _: act())
    return made


def mark(widget: widgets.DOMWidget, css_class: str, *, on: bool) -> None:
    """Put a class of the style sheet on a widget, or take it off: ``mw-folded`` hides it."""
    if on:
        widget.add_class(css_class)
    else:
        widget.remove_class(css_class)


def close_all(widget: widgets.Widget) -> None:
    """Close a widget and all within it: the kernel would keep every one of them."""
    for child in getattr(widget, "children", ()):
        close_all(child)
    widget.close()

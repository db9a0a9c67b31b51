"""A step in the forms taken back, or done again, and where that can be seen."""

from __future__ import annotations

from mailwidgets.draft.draft import Draft
from mailwidgets.languages.texts import _
from mailwidgets.settings.sections import SECTIONS


def step(draft: Draft, *, back: bool) -> tuple[str, list[str]]:
    """Take a step back, or do it again.

    Args:
        draft: whose step.
        back: whether it is taken back.

    Returns:
        What was done, as a sentence, and the names of the sections that it changed.
    """
    before = _held(draft)
    name = draft.undo() if back else draft.redo()
    if not name:
        return (_("Nothing to undo.") if back else _("Nothing to redo.")), []
    said = _("Undone: {step}.") if back else _("Done again: {step}.")
    after = _held(draft)
    return said.format(step=name), [one for one in SECTIONS if after[one] != before[one]]


def _held(draft: Draft) -> dict[str, object]:
    """Return what is edited, by section."""
    texts = draft.texts()
    return {
        name: (draft.changes([name]), {slot: texts[slot] for slot in texts if slot[1][0] == name})
        for name in SECTIONS
    }

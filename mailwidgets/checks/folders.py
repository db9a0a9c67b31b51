"""Do Inbox and Outbox exist, and may mail be put into Outbox? RFC 9051 §6.3 knows."""

from __future__ import annotations

import re

from mailwidgets.checks.imap_dialogue import ImapDialogue
from mailwidgets.checks.ladder import Rung
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.protocols.mailbox import nearest, wire_name
from mailwidgets.protocols.replies import ImapResponse, imap_list, shown
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.refusals import imap_refusal

_MOST_FOLDERS = 20_000
_MOST_NAMED = 20
_INSERT = "i"  # RFC 4314 §2.1: the right to APPEND and COPY into a mailbox


def ask(dialogue: ImapDialogue, inbox: str, outbox: str) -> None:
    """Send together all that ``inbox`` and ``outbox`` want to know; no name, no Outbox."""
    dialogue.queue(b"EXAMINE " + wire_name(inbox))
    if outbox:
        dialogue.queue(b"SELECT " + wire_name(outbox))
        if dialogue.has("ACL"):
            dialogue.queue(b"MYRIGHTS " + wire_name(outbox))


async def inbox(dialogue: ImapDialogue, name: str, rung: Rung, outbox: str = "") -> None:
    """See whether Inbox was opened, which changes nothing in it; ``ask`` comes first.

    Where it is missing, and Outbox as well, that is mentioned.

    Raises:
        Fault: ``folder_missing``, ``folder_prefix`` and others of field ``inbox``.
    """
    verdict = await dialogue.answer()
    if verdict.kind != "OK":
        other = await dialogue.answer() if outbox else None
        fault, names = await _not_opened(dialogue, name, verdict, "inbox")
        if other and names and _is_missing(other):
            rung.mention(_missing(outbox, _said(outbox, other), names, "outbox"))
        raise fault
    rung.saw(_messages(dialogue, name, verdict))


async def outbox(dialogue: ImapDialogue, name: str, rung: Rung) -> None:
    """See whether Outbox was opened and messages may be added to it; none is.

    ``ask`` comes first, and ``inbox``.

    Raises:
        Fault: ``folder_missing``, ``folder_prefix``, ``folder_readonly`` and others of field
            ``outbox``.
    """
    verdict = await dialogue.answer()
    if verdict.kind != "OK":
        raise (await _not_opened(dialogue, name, verdict, "outbox"))[0]
    if verdict.code == "READ-ONLY":
        raise Fault("folder_readonly", _said(name, verdict), field="outbox")
    messages = _messages(dialogue, name, verdict)
    if dialogue.unanswered:
        await _must_take_messages(dialogue, name)
    rung.saw(messages)


async def _not_opened(
    dialogue: ImapDialogue, name: str, verdict: ImapResponse, field: str
) -> tuple[Fault, list[str]]:
    """Return why a folder was not opened; where it is missing, also which folders there are."""
    fault = imap_refusal(verdict, "folder")
    fault.field = field
    if fault.code != "folder_missing":
        return fault, []
    names = await _listing(dialogue)
    return _missing(name, _said(name, verdict), names, field), names


def _is_missing(verdict: ImapResponse) -> bool:
    return verdict.kind != "OK" and imap_refusal(verdict, "folder").code == "folder_missing"


async def _must_take_messages(dialogue: ImapDialogue, name: str) -> None:
    verdict = await dialogue.answer()
    for response, _data in dialogue.untagged:
        rights = response.text.rpartition(" ")[2]
        if verdict.kind == "OK" and response.kind == "MYRIGHTS" and _INSERT not in rights:
            raise Fault(
                "folder_readonly",
                _("The rights in {folder} are {rights}, without {missing} for insert.").format(
                    folder=shown(name), rights=shown(rights), missing=_INSERT
                ),
                field="outbox",
            )


async def _listing(dialogue: ImapDialogue) -> list[str]:
    """Return the names of all folders that can be opened, none where the server lists none."""
    await dialogue.command('LIST "" "*"', most=_MOST_FOLDERS)
    listed = (imap_list(data) for response, data in dialogue.untagged if response.kind == "LIST")
    return [one.name for one in listed if one.selectable]


def _missing(name: str, said: str, names: list[str], field: str) -> Fault:
    """Return what is wrong with a name that cannot be opened, and the name that may be meant."""
    near = nearest(name, names)
    there = shown(", ".join(names[:_MOST_NAMED]), 400)
    told = _("{said} The folders are: {names}.")
    if len(names) > _MOST_NAMED:
        told = _("{said} The folders are: {names} and {count} more.")
    count = len(names) - _MOST_NAMED
    saw = told.format(said=said, names=there or _("none"), count=count)
    meaning = _("There is no folder named {name}.").format(name=shown(name))
    if near is None:
        return Fault("folder_missing", saw, meaning=meaning, field=field)
    fix = ((field, near),)
    if _is_elsewhere(name, near):
        return Fault(
            "folder_prefix",
            saw,
            meaning=_("On this server the folder is called {name}.").format(name=shown(near)),
            advice=_("Enter {name}.").format(name=shown(near)),
            field=field,
            fix=fix,
        )
    return Fault(
        "folder_missing",
        saw,
        meaning=meaning,
        advice=_("Did you mean {name}? Choose a folder there is, or create this one.").format(
            name=shown(near)
        ),
        field=field,
        fix=fix,
    )


def _is_elsewhere(name: str, other: str) -> bool:
    """Return whether ``other`` is the same folder under a prefix or with another delimiter."""
    parts, others = (re.split(r"[./\\]", one.casefold()) for one in (name, other))
    return others[-len(parts) :] == parts and name.casefold() != other.casefold()


def _messages(dialogue: ImapDialogue, name: str, verdict: ImapResponse) -> str:
    """Return how many messages the opened folder has, as evidence."""
    counts = (one.number for one, _data in dialogue.untagged if one.kind == "EXISTS")
    count = next(counts, None)
    if count is None:
        return f"{shown(name)}: {verdict.kind}."
    told = ngettext("{folder}: {count} message.", "{folder}: {count} messages.", count)
    return told.format(folder=shown(name), count=count)


def _said(name: str, verdict: ImapResponse) -> str:
    code = f"[{verdict.code}] " if verdict.code else ""
    return f"{shown(name)}: {verdict.kind} {code}{shown(verdict.text)}"

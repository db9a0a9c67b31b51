"""What rows of the table are put together from: the same misbehaviour in each protocol's words."""

from __future__ import annotations

from mailwidgets.faults.fault import GREETING, PROTOCOLS, Do, Rule

LOGIN = {"smtp": r"AUTH .*", "imap": r"(LOGIN|AUTHENTICATE) .*", "pop3": r"(PASS|AUTH) .*"}
STARTTLS = {"smtp": "STARTTLS", "imap": "STARTTLS", "pop3": "STLS"}
_SAID = "(?!greeting$).*"  # a server that greets late is taken for one that waits for TLS
ANY_COMMAND = dict.fromkeys(PROTOCOLS, _SAID)
SAYING = {"smtp": "EHLO .*", "imap": f"{GREETING}|CAPABILITY", "pop3": "CAPA"}
FIRST_WORD = dict.fromkeys(PROTOCOLS, GREETING)
SHORT = 0.5  # seconds of a timeout with which nobody waits long for what does not come


def answers(
    to: dict[str, str], *, close: bool = False, clear: bool = False, **said: str
) -> dict[str, tuple[Rule, ...]]:
    """Return what each protocol answers in its own words."""
    return {
        protocol: (Rule(to[protocol], Do.ANSWER, text, close=close, clear=clear),)
        for protocol, text in said.items()
    }


def does(
    do: Do, to: dict[str, str], text: str = "", *, close: bool = False, seconds: float = 0.0
) -> dict[str, tuple[Rule, ...]]:
    """Return the same for each protocol."""
    return {
        protocol: (Rule(at, do, text, close=close, seconds=seconds),) for protocol, at in to.items()
    }


def says(*, clear: bool = False, **words: tuple[str, str]) -> dict[str, tuple[Rule, ...]]:
    """Return rules that change what a server says it can: a pattern, and what comes instead."""
    return {
        protocol: (Rule(SAYING[protocol], Do.REPLACE, text, find, clear=clear),)
        for protocol, (find, text) in words.items()
    }


def together(*parts: dict[str, tuple[Rule, ...]]) -> dict[str, tuple[Rule, ...]]:
    """Return the rules of all parts, by protocol."""
    protocols = dict.fromkeys(protocol for part in parts for protocol in part)
    return {
        protocol: tuple(rule for part in parts for rule in part.get(protocol, ()))
        for protocol in protocols
    }

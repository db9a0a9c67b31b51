"""A server that misbehaves at any place of any dialogue: the check ends in time, and harmlessly."""

from __future__ import annotations

import asyncio
import functools
import ssl
import tracemalloc
from collections.abc import Callable, Coroutine, Mapping

import pytest
from harmless import assert_harmless
from hostile import DIALOGUES, PASSWORD, PATIENCE, Dialogue, Hostile, check, together, watched
from misdeeds import Misdeed, answer, dribble, flood, hang_up, refuse

from mailwidgets.connection.endpoint import Endpoint, TlsMode
from mailwidgets.reports.report import Report

Make = Callable[..., Endpoint]
TIMEOUT = 0.25
LONG = 10.0  # seconds of timeout where the server is quick, and so must the check be
MIB = 1 << 20
MOST_MEMORY = 16 * MIB

CLOSING: dict[str, Misdeed] = {
    "closes before": hang_up(0),
    "closes within": hang_up(0.5),
    "closes before the line end": hang_up(0.99),
    "closes after": hang_up(1),
    "resets before": hang_up(0, reset=True),
    "resets after": hang_up(1, reset=True),
}
SLOW: dict[str, Misdeed] = {
    "says nothing more": dribble(b"x", 1000),
    "an octet at a time": dribble(b"", TIMEOUT / 4),
    "a line at a time": dribble(b"250-x\r\n", TIMEOUT / 4, whole=True),
    "a response at a time": dribble(b"* 1 EXISTS\r\n", TIMEOUT / 4, whole=True),
    "a challenge at a time": dribble(b"+ \r\n", TIMEOUT / 4, whole=True),
    "a SASL challenge at a time": dribble(b"334 \r\n", TIMEOUT / 4, whole=True),
    "a listing at a time": dribble(b"+OK\r\n", TIMEOUT / 4, whole=True),
}
_GROWS = b"\xff" * 4000 + "🔑".encode()  # four octets of text for each of these, and of all beside
_LARGE = b"{250000}\r\n" + _GROWS + b"a" * (250000 - len(_GROWS))
FLOODS: dict[str, dict[str, Misdeed]] = {
    "smtp": {
        "a line": flood(b"a"),
        "NULs": flood(b"\0"),
        "a reply": flood(b"250-keyword\r\n"),
        "a reply of long lines": flood(b"250-" + _GROWS + b"a" * 56000 + b"\r\n"),
        "a challenge": flood(b"334-keyword\r\n"),
        "challenges": flood(b"334 \r\n"),
    },
    "imap": {
        "a line": flood(b"a"),
        "continuations": flood(b"+ \r\n"),
        "responses": flood(b"* 1 EXISTS\r\n"),
        "responses and continuations": flood(b"* 1 EXISTS\r\n+ go\r\n"),
        "long responses": flood(b"* LIST " + _GROWS + b"a" * 56000 + b"\r\n"),
        "folders of flags": flood(b'* LIST (%b) "/" x\r\n' % (b"\\a " * 20000)),
        "literals": flood(b"{5}\r\nabcde "),
        "literals of nothing": flood(b"* LIST {0}\r\n"),
        "large literals": flood(b"* LIST (" + _LARGE + b"\r\n"),
        "large literals in one response": flood(b" " + _LARGE),
    },
    "pop3": {
        "a line": flood(b"a"),
        "line ends": flood(b"\n"),
        "successes": flood(b"+OK\r\n"),
        "a listing of long lines": flood(b"+OK" + _GROWS + b"a " * 28000 + b"\r\n"),
        "challenges": flood(b"+ \r\n"),
    },
}
TURNING_AWAY: dict[str, Misdeed] = {
    "says no": refuse(b"no"),
    "says no and repeats": refuse(b"no {said} " + PASSWORD.encode()),
    "says no in capitals": refuse(b"NO " + PASSWORD.upper().encode()),
    "says later": refuse(b"later", 451, "NO [UNAVAILABLE]", "[SYS/TEMP]"),
    "says goodbye": refuse(b"bye", 421, "BYE", "[SYS/TEMP]"),
    "says what belongs elsewhere": answer(b"A1 OK\r\n* PREAUTH\r\n250 ok\r\n+OK\r\n334 \r\n"),
}


async def turns(dialogue: Dialogue, endpoint: Make, tls: ssl.SSLContext | None) -> range:
    """The places of a whole dialogue with a good server: the greeting, and each reply."""
    async with Hostile(dialogue, tls=tls) as server:
        mode = TlsMode.REQUIRE if tls else TlsMode.NONE
        report = await watched(dialogue, endpoint(server.port, mode, timeout=LONG))
    assert report.code == {"imap lost": "folder_prefix"}.get(dialogue.name, "ok"), f"{report}"
    return range(server.turns)


async def each(
    dialogue: Dialogue, misdeeds: Mapping[str, Misdeed], endpoint: Make, tls: ssl.SSLContext | None
) -> None:
    """Check a server for each misdeed at each place, many at once; say which ones failed."""
    places = await turns(dialogue, endpoint, tls)
    mode = TlsMode.REQUIRE if tls else TlsMode.NONE

    async def one(misdeed: Misdeed, place: int) -> None:
        async with Hostile(dialogue, misdeed, [place], tls=tls) as server:
            await watched(dialogue, endpoint(server.port, mode, timeout=TIMEOUT))

    await together(
        {
            f"{name} at {place}": functools.partial(one, misdeed, place)
            for name, misdeed in misdeeds.items()
            for place in places
        }
    )


every_dialogue = pytest.mark.parametrize("dialogue", DIALOGUES.values(), ids=DIALOGUES)
every_protocol = pytest.mark.parametrize(
    "dialogue", [DIALOGUES[name] for name in ("smtp", "imap lost", "pop3 sasl")], ids=str
)


@every_dialogue
@pytest.mark.parametrize("misdeeds", [CLOSING, TURNING_AWAY], ids=["closing", "turning away"])
async def test_a_server_may_hang_up_or_say_no_at_any_place(
    dialogue: Dialogue, misdeeds: Mapping[str, Misdeed], endpoint: Make
) -> None:
    await each(dialogue, misdeeds, endpoint, None)


@every_protocol
@pytest.mark.parametrize("misdeeds", [CLOSING, TURNING_AWAY], ids=["closing", "turning away"])
async def test_a_server_may_do_so_before_and_after_starttls(
    dialogue: Dialogue,
    misdeeds: Mapping[str, Misdeed],
    endpoint: Make,
    good: ssl.SSLContext,
) -> None:
    await each(dialogue, misdeeds, endpoint, good)


@every_protocol
async def test_a_server_that_dribbles_cannot_hold_a_check_beyond_its_deadline(
    dialogue: Dialogue, endpoint: Make
) -> None:
    await each(dialogue, SLOW, endpoint, None)


@pytest.mark.parametrize("name", ["smtp sasl", "imap", "imap lost", "pop3 sasl"])
async def test_a_flood_at_any_place_ends_the_check_in_little_memory(
    name: str, endpoint: Make
) -> None:
    dialogue = DIALOGUES[name]
    floods = FLOODS[dialogue.protocol]
    places = await turns(dialogue, endpoint, None)
    if name == "imap lost":
        places = places[-2:]  # the answer to LIST, which alone is new, and to LOGOUT
    peaks = {}
    for case in [(name, place) for name in floods for place in places]:
        async with Hostile(dialogue, floods[case[0]], [case[1]]) as server:
            at = endpoint(server.port, timeout=LONG)
            async with asyncio.timeout(PATIENCE):
                report, peaks[case] = await traced(check(dialogue, at))
        assert_harmless(report)
    assert {case: peak / MIB for case, peak in peaks.items() if peak > MOST_MEMORY} == {}


async def traced(run: Coroutine[None, None, Report]) -> tuple[Report, int]:
    """A report, and the most memory that was in use at a time to come by it."""
    tracemalloc.start()
    try:
        return await run, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

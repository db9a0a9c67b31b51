"""On the way to the server: addresses, ports, and who answers there."""

from __future__ import annotations

import asyncio

from scripted import DROP, HANG, Answer, Scripted

from mailwidgets.checks.ladder import CheckRun
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, TlsMode
from mailwidgets.reports.report import Report, Who
from proof.scenarios_stage import (
    ANA,
    ESCAPED,
    HOSTILE,
    Scenario,
    Stage,
    against,
    daemon,
    fixed,
    nobody_listens,
    packets_dropped,
    scripted,
)

SMTP: dict[str, Answer] = {
    "EHLO": "250-mx.test\n250 AUTH PLAIN",
    "AUTH": "235 2.7.0 in",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


async def _cancelled(stage: Stage) -> Report:
    del stage
    async with Scripted("220 mx", {"EHLO": HANG}) as server:
        endpoint = Endpoint("localhost", server.port, TlsMode.NONE, 20)
        run = CheckRun(lambda: check_smtp(endpoint, ANA, ehlo="pc.example.test"))
        run.start()
        await asyncio.wait_for(server.heard.wait(), 10)
        run.cancel()
        return await run.report()


class _Dripping(Scripted):
    """Sends another byte of an endless line all the time."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        while True:
            writer.write(b"2")
            await writer.drain()
            await asyncio.sleep(0.05)


NETWORK = (
    Scenario(
        code="refused",
        section="imap",
        reach=against("imap", nobody_listens),
        step="connection",
        saw=("127.0.0.1: refused",),
        field="port",
    ),
    Scenario(
        code="timeout_connect",
        section="smtp",
        reach=against("smtp", packets_dropped, timeout=0.4),
        step="connection",
        saw=("127.0.0.1: no answer",),
        advice="587",
        field="port",
        who=Who.NETWORK,
    ),
    Scenario(  # no kernel has a route to a broadcast address for TCP
        code="unreachable",
        section="pop3",
        reach=against("pop3", fixed(host="127.255.255.255", port=2525)),
        step="connection",
        saw=("127.255.255.255: Network is unreachable",),
        field="name",
        who=Who.NETWORK,
    ),
    Scenario(
        code="silent_server",
        section="imap",
        reach=against("imap", scripted(None), timeout=0.4),
        step="greeting",
        saw=("Not a word within 0.4 s, nor TLS",),
        field="name",
        who=Who.SERVER,
    ),
    Scenario(
        code="wrong_protocol",
        section="smtp",
        reach=against("smtp", daemon("imap")),
        step="greeting",
        saw=("* OK", "Dovecot"),
        advice="587",
        field="port",
    ),
    Scenario(
        code="captive_portal",
        section="pop3",
        reach=against("pop3", scripted(f"HTTP/1.1 302 Found{HOSTILE}\nLocation: http://portal")),
        step="greeting",
        saw=("HTTP/1.1 302 Found" + ESCAPED,),
        field="name",
    ),
    *(
        Scenario(
            code="greeting_refused",
            note=section,
            section=section,
            reach=against(section, scripted(greeting + HOSTILE)),
            step="greeting",
            saw=(greeting.removeprefix("* ") + ESCAPED,),
            field="name",
            who=Who.SERVER,
        )
        for section, greeting in (
            ("smtp", "554 5.7.1 your address is on a list"),
            ("imap", "* BYE not from there"),
            ("pop3", "-ERR not from there"),
        )
    ),
    *(
        Scenario(
            code="busy",
            note=section,
            section=section,
            reach=against(section, scripted(greeting)),
            step="greeting",
            saw=(greeting.removeprefix("* "),),
            field="name",
        )
        for section, greeting in (
            ("smtp", "421 4.3.2 too many connections"),
            ("imap", "* BYE [UNAVAILABLE] try later"),
            ("pop3", "-ERR [IN-USE] another time"),
        )
    ),
    *(
        Scenario(
            code="line_too_long",
            note=note,
            section="smtp",
            reach=against("smtp", scripted("220 mx", {"EHLO": answer}), ehlo="pc.example.test"),
            step="capabilities",
            saw=(saw,),
            field="name",
            who=Who.SERVER,
        )
        for note, answer, saw in (
            ("an endless line", b"2" * 70_000, "64 KiB without a line end"),
            ("endless lines", b"250-more\r\n" * 2_000, "More than 1000 lines"),
        )
    ),
    Scenario(
        code="malformed_reply",
        section="smtp",
        reach=against("smtp", scripted("220 mx", {**SMTP, "MAIL": f"no reply{HOSTILE}"})),
        step="sender",
        saw=("no reply" + ESCAPED,),
        field="name",
        who=Who.SERVER,
    ),
    Scenario(
        code="command_refused",
        section="imap",
        reach=against("imap", scripted("* OK", {"CAPABILITY": f"{{tag}} BAD what{HOSTILE}"})),
        step="capabilities",
        saw=("BAD what" + ESCAPED,),
        field="name",
        who=Who.SERVER,
    ),
    Scenario(
        code="dropped",
        section="smtp",
        reach=against("smtp", scripted("220 mx", {**SMTP, "MAIL": DROP})),
        step="sender",
        saw=("closed the connection after MAIL",),
        field="name",
        who=Who.SERVER,
    ),
    Scenario(
        code="cancelled",
        section="smtp",
        reach=_cancelled,
        step="capabilities",
        saw=("during capabilities",),
        field="",
    ),
    Scenario(
        code="deadline",
        section="smtp",
        reach=against("smtp", scripted(None, kind=_Dripping), timeout=0.25),
        step="greeting",
        saw=("not done after 1 s",),
        field="timeout",
    ),
)

"""Logging in: when not to, with which mechanism, and the exchange itself (RFC 4422)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence

from mailwidgets.checks.dialogue import Dialogue
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.connection.wire import Wire
from mailwidgets.languages.texts import _
from mailwidgets.protocols.replies import shown
from mailwidgets.protocols.sasl import (
    PREFERENCE,
    TOKEN_PREFERENCE,
    Mechanism,
    SaslError,
    ServerNotProven,
    mechanism,
    strongest,
)
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.transcript import MASK

_PROOF = re.compile(rb" ([0-9a-f]{32})$|,p=([A-Za-z0-9+/=]+)$")  # of CRAM-MD5, of SCRAM


def must_not_be_overheard(wire: Wire, endpoint: Endpoint) -> None:
    """Refuse to log in over a connection others can read, unless no TLS is what was asked for.

    Raises:
        Fault: ``starttls_missing``.
    """
    if wire.records is not None or endpoint.tls is TlsMode.NONE or wire.peer_is_loopback:
        return
    raise Fault(
        "starttls_missing",
        _("The connection to {server} has no TLS, because the server offers none.").format(
            server=wire.peer
        ),
        meaning=_("The password would travel in the clear, so the check stops before the login."),
    )


def chosen(offered: Sequence[str], login: Login, *, host: str, port: int) -> Mechanism:
    """Return the strongest mechanism that both sides have and that can carry the login.

    Args:
        offered: names of the server's mechanisms.
        login: who logs in.
        host: the server's name, an A-label where it is an IDN.
        port: the server's port.

    Raises:
        Fault: ``auth_mechanism``, there is none.
    """
    left = [name.upper() for name in offered]
    refusals = ""
    while name := strongest(left, token=login.token):
        try:
            return mechanism(name, login.user, login.password, host=host, port=port)
        except SaslError as error:  # nothing was sent: a weaker one may carry it
            refusals += f" {shown(str(error))}."
            left = [other for other in left if other != name]
    raise no_mechanism(offered, TOKEN_PREFERENCE if login.token else PREFERENCE, refusals)


def no_mechanism(offered: Sequence[str], ours: Sequence[str], remark: str = "") -> Fault:
    """Return the fault that lists both sides' mechanisms."""
    told = _("The server offers {theirs}; the client has {ours}.")
    theirs = shown(", ".join(offered)) or _("none")
    saw = told.format(theirs=theirs, ours=", ".join(ours))
    return Fault("auth_mechanism", f"{saw}{remark}")


async def exchange(
    dialogue: Dialogue, command: str, sasl: Mechanism, *, longest_command: int
) -> None:
    """Run one exchange to its end; the dialogue then holds the server's verdict.

    Args:
        dialogue: a conversation with no command under way.
        command: as ``AUTH PLAIN``, with its tag where there is one.
        sasl: the mechanism, not begun yet.
        longest_command: octets of a command line, CRLF included; an initial response that makes
            it longer waits for the server's first challenge. 0 where the protocol has none.

    Raises:
        Fault: ``server_not_proven``, ``malformed_reply``, and those of the wire.
    """
    wire = dialogue.wire
    line, seen = command, command
    if sasl.initial is not None:
        initial = base64.b64encode(sasl.initial).decode("ascii")
        if len(command) + len(initial) + len(" \r\n") <= longest_command:
            line, seen = f"{command} {initial}", f"{command} {MASK}"
        wire.transcript.hide(initial)
    dialogue.idle = False
    wire.send(line.encode("ascii"), masked=seen)
    while (challenge := await dialogue.challenge()) is not None:
        try:
            answer = sasl.respond(_decoded(challenge))
        except SaslError as error:
            wire.send(b"*")  # RFC 4954 §4, RFC 5034 §4, RFC 9051 §6.2.2: cancels the exchange
            await dialogue.challenge()
            raise _broken(error) from error
        text = base64.b64encode(answer).decode("ascii")
        wire.transcript.hide(text, *_proofs(answer))
        wire.send(text.encode("ascii"), masked=MASK)
    dialogue.idle = True


def must_have_proven_itself(sasl: Mechanism, data: bytes | None = None) -> None:
    """Refuse a success without the proof that the mechanism demands of the server.

    Raises:
        Fault: ``server_not_proven``.
    """
    try:
        sasl.finish(data)
    except SaslError as error:
        raise _broken(error) from error


def _decoded(challenge: bytes) -> bytes:
    """Return a challenge without its base64; one that is none asks for the first response.

    Some servers say ``+ Go ahead`` there, in plain words.
    """
    try:
        return base64.b64decode(challenge, validate=True)
    except binascii.Error:
        return b""


def _proofs(answer: bytes) -> list[str]:
    """Return what an answer proves the password with, as a server may say it back decoded.

    ``ana b913a602c7eda7a495b4e6e7334d3890`` (RFC 2195 §2), ``c=biws,r=rOprNG,p=dHzbZap=``
    (RFC 5802 §5.1).
    """
    found = _PROOF.search(answer)
    return [part.decode("ascii") for part in found.groups() if part] if found else []


def _broken(error: SaslError) -> Fault:
    proof = isinstance(error, ServerNotProven)
    return Fault("server_not_proven" if proof else "malformed_reply", f"{shown(str(error))}.")

"""The server's side of STARTTLS on asyncio streams, without the two ways to get it wrong.

A server that reads on between its reply and the handshake can swallow the client's first
TLS bytes and hang (cpython issue 142352); one that keeps its buffer takes commands that came
in the clear for protected ones (STARTTLS injection, RFC 3207 §6).
"""

from __future__ import annotations

import asyncio
import ssl


async def start_tls(
    writer: asyncio.StreamWriter, context: ssl.SSLContext, reply: bytes = b""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send the reply that announces it, shake hands, and return streams over TLS.

    Whatever the client sent in the clear before that is dropped with the old reader.

    Args:
        writer: the connection in the clear; not to be used any more, but to be kept as long as
            the session lasts: collected early, it would close the socket.
        context: the server's TLS settings.
        reply: the go-ahead, if it is not sent yet.

    Raises:
        OSError: no handshake, for instance since the client trusts no such certificate.
    """
    loop = asyncio.get_running_loop()
    transport = writer.transport
    # What comes after the reply belongs to the handshake: it stays in the socket until then.
    if isinstance(transport, asyncio.Transport):
        transport.pause_reading()
    writer.write(reply)
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    over_tls = await loop.start_tls(transport, protocol, context, server_side=True)
    if over_tls is None:
        raise ConnectionAbortedError("the client left during the TLS handshake")
    protocol.connection_made(over_tls)
    return reader, asyncio.StreamWriter(over_tls, protocol, reader, loop)

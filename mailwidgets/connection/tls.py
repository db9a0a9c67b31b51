"""TLS on the wire: contexts, and records in and out of memory (RFC 8446, RFC 5246).

The records pass through our own hands, not through ``loop.start_tls``: so the server's first
bytes can be seen when they are no TLS at all, and nothing can slip in at the change-over.
"""

from __future__ import annotations

import functools
import os
import ssl

_RECORD_TYPES = frozenset((20, 21, 22, 23))  # change cipher, alert, handshake, data
_MOST_SHOWN = 512
_CHUNK = 65536


def verifying_context(ca_pem: str, *, force_tls12: bool) -> ssl.SSLContext:
    """Return a context that verifies chain and name against the system's CAs and ``ca_pem``.

    Raises:
        ssl.SSLError: ``ca_pem`` holds no certificates.
    """
    return _verifying(ca_pem, _system_store(), force_tls12=force_tls12)


@functools.lru_cache(maxsize=8)
def _verifying(
    ca_pem: str, store: tuple[tuple[str, int], ...], *, force_tls12: bool
) -> ssl.SSLContext:
    """Make a context once for all checks alike: reading the system's CAs takes some 20 ms."""
    del store  # a part of the key only
    context = ssl.create_default_context()
    if ca_pem:
        context.load_verify_locations(cadata=ca_pem)
    return _limited(context, force_tls12=force_tls12)


def _system_store() -> tuple[tuple[str, int], ...]:
    """Return where the system's CAs are and when they were last changed."""
    paths = ssl.get_default_verify_paths()
    places = (place for place in (paths.cafile, paths.capath) if place)
    # A Path would cost many checks at once ten times as much as asking does.
    return tuple((place, os.stat(place).st_mtime_ns) for place in places)  # noqa: PTH116 - above


@functools.cache
def unverified_context(*, force_tls12: bool) -> ssl.SSLContext:
    """Return a context that verifies nothing: to look at a certificate, or to compare it to a pin.

    Nothing may be sent over a connection made with it before the pin was compared.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _limited(context, force_tls12=force_tls12)


def permissive_context() -> ssl.SSLContext:
    """Return a context that takes any version and cipher, to find out what a server has.

    Nothing is ever sent over a connection made with it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _limited(context: ssl.SSLContext, *, force_tls12: bool) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A server that asks for another handshake could stall it, and a command with it.
    context.options |= ssl.OP_NO_RENEGOTIATION
    if force_tls12:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


class Records:
    """One TLS session between bytes from the wire and bytes for the wire.

    Attributes:
        first: the first bytes the server sent since the handshake began, at most 512.
    """

    def __init__(self, context: ssl.SSLContext, server_name: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._session = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=server_name
        )
        self.first = b""

    @property
    def is_tls(self) -> bool:
        """Return whether the server's first byte begins a TLS record; True before it came."""
        return not self.first or self.first[0] in _RECORD_TYPES

    def feed(self, data: bytes) -> None:
        """Take bytes from the wire."""
        self.first += data[: _MOST_SHOWN - len(self.first)]
        self._incoming.write(data)

    def shake(self) -> bool:
        """Go on with the handshake as far as the bytes so far allow; return whether it is done.

        Raises:
            ssl.SSLError: it cannot succeed.
        """
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def opened(self) -> tuple[bytes, bool]:
        """Return the plain text so far, and whether the server has ended the session.

        Raises:
            ssl.SSLError: what came is no valid record.
        """
        plain = bytearray()
        try:
            while data := self._session.read(_CHUNK):
                plain += data
        except ssl.SSLWantReadError:
            return bytes(plain), False
        except ssl.SSLZeroReturnError:
            pass
        return bytes(plain), True

    def seal(self, data: bytes) -> None:
        """Encrypt ``data``; ``outgoing`` has the result."""
        self._session.write(data)

    def farewell(self) -> None:
        """Say that no more will come (close_notify, RFC 8446 §6.1)."""
        try:
            self._session.unwrap()
        except ssl.SSLError:
            # The server's own close_notify need not be waited for.
            return

    def outgoing(self) -> bytes:
        """Return and forget the bytes for the wire."""
        return self._outgoing.read()

    @property
    def version(self) -> str:
        """Return the version agreed upon, as ``TLSv1.3``; empty before the handshake is done."""
        return self._session.version() or ""

    @property
    def cipher(self) -> str:
        """Return the cipher's name; empty before the handshake is done."""
        cipher = self._session.cipher()
        return cipher[0] if cipher else ""

    def certificate(self) -> bytes:
        """Return the server's certificate in DER; empty where it sent none."""
        return self._session.getpeercert(binary_form=True) or b""

    def chain(self) -> list[bytes]:
        """Return all certificates the server sent, in DER; empty before Python 3.13."""
        chain = getattr(self._session, "get_unverified_chain", None)
        return list(chain()) if chain is not None else []

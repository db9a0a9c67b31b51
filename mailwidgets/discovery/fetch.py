"""A small document over HTTP or HTTPS: bounded in time, size and redirects, cancelled at once."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from mailwidgets.connection.address import server_name
from mailwidgets.connection.endpoint import Endpoint, TlsMode
from mailwidgets.connection.patience import Patience
from mailwidgets.connection.race import not_connected, race
from mailwidgets.connection.unverified import unread
from mailwidgets.connection.wire import Wire
from mailwidgets.discovery.names import host_name
from mailwidgets.discovery.resolver import Resolver
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _
from mailwidgets.protocols.octets import shown
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.transcript import Transcript

_MOST_REDIRECTS = 3
_MOST_HEADERS, _MOST_HEADER_OCTETS = 100, 32_768
_SHARE_OF_DEADLINE = 2  # timeouts for all of it
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: |\Z)")
_OK, _MOVED = 200, frozenset((301, 302, 303, 307, 308))
_PORTS = {"http": 80, "https": 443}
# What stands in a path or query as it is (RFC 3986 §3.3 and §3.4), what is encoded included.
_SAFE = "/?%:@!$&'()*+,;=~-._"


class NotFetched(Exception):
    """The document was not had; the message says why, safe to show."""


class _Moved(Exception):
    """The document is elsewhere."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


@dataclass(frozen=True, slots=True)
class Fetcher:
    """How documents are fetched.

    Our own wire does it: ``urllib`` has no deadline of its own, cannot be cancelled in its
    thread, and would look names up past the resolver; a library for one GET is a dependency.
    HTTP/1.0 is asked for because a server may then not answer in chunks (RFC 9112 §6.1).

    Attributes:
        context: verifies certificates.
        resolver: where names are looked up.
        patience: the discovery's clock.
        allowed_hosts: see ``Endpoint``.
        most: octets of a document.
    """

    context: ssl.SSLContext
    resolver: Resolver
    patience: Patience
    allowed_hosts: Sequence[str]
    most: int

    async def get(self, url: str) -> bytes:
        """Return the document at a URL, by three redirects at most, never from HTTPS to HTTP.

        Raises:
            NotFetched: why it was not had.
        """
        seconds = min(_SHARE_OF_DEADLINE * self.patience.timeout, self.patience.left)
        try:
            async with asyncio.timeout(seconds):
                return await self._followed(url)
        except TimeoutError as error:
            raise NotFetched(
                _("it was not there after {seconds} s").format(seconds=number(seconds, 1))
            ) from error

    async def _followed(self, url: str) -> bytes:
        seen: list[str] = []
        while True:
            parts = _parts(url)
            if seen and _parts(seen[-1]).scheme == "https" and parts.scheme == "http":
                raise NotFetched(
                    _("{url} redirects to HTTP without TLS").format(url=shown(seen[-1]))
                )
            if url in seen:
                circle = " → ".join(shown(one) for one in (*seen, url))
                raise NotFetched(_("it redirects in a circle: {circle}").format(circle=circle))
            if len(seen) > _MOST_REDIRECTS:
                raise NotFetched(
                    _("it redirects more than {count} times").format(count=_MOST_REDIRECTS)
                )
            seen.append(url)
            try:
                return await self._asked(parts)
            except _Moved as moved:
                url = _joined(url, moved.location)
            except Fault as fault:
                raise NotFetched(f"{fault.saw.removesuffix('.')} ({fault.code})") from fault
            except ssl.SSLCertVerificationError as error:
                why = unread(error)
                raise NotFetched(
                    _("its certificate: {reason} ({code})").format(reason=why.saw, code=why.code)
                ) from error
            except ssl.SSLError as error:
                raise NotFetched(
                    _("TLS failed: {reason}").format(reason=shown(error.reason or str(error)))
                ) from error

    async def _asked(self, parts: SplitResult) -> bytes:
        host, port = host_name(parts.hostname or ""), parts.port or _PORTS[parts.scheme]
        endpoint = Endpoint(
            host,
            port,
            TlsMode.NONE,
            self.patience.timeout,
            allowed_hosts=tuple(self.allowed_hosts),
        )
        course = await race(await self.resolver.addresses(endpoint, self.patience), self.patience)
        if course.sock is None:
            raise not_connected(course, endpoint, self.patience)
        wire = await Wire.over(course.sock, Transcript(), self.patience)
        try:
            if parts.scheme == "https":
                await wire.handshake(self.context, server_name(host))
            for line in _request(parts):
                wire.send(line)
            return await self._body(wire, await _headers(wire))
        finally:
            await wire.drop()

    async def _body(self, wire: Wire, headers: dict[str, str]) -> bytes:
        length = headers.get("content-length", "")
        if length and not re.fullmatch("[0-9]{1,18}", length):
            raise NotFetched(
                _("its length is no number: {length}").format(length=shown(length, 40))
            )
        wanted = int(length) if length else self.most + 1  # without a length, up to the end
        if length and wanted > self.most:
            raise NotFetched(
                _("it has {size} octets, more than {most} KiB").format(
                    size=wanted, most=self.most // 1024
                )
            )
        body = bytearray()
        while len(body) < wanted:
            if came := len(wire.waiting):
                body += await wire.exactly(min(came, wanted - len(body)))
            elif wire.ended:
                break
            elif not await wire.arrival(self.patience.timeout):
                raise TimeoutError
        if len(body) > self.most:
            raise NotFetched(_("it has more than {most} KiB").format(most=self.most // 1024))
        if length and len(body) < wanted:
            raise NotFetched(
                _("it was cut off after {count} of {size} octets").format(
                    count=len(body), size=wanted
                )
            )
        return bytes(body)


def _request(parts: SplitResult) -> list[bytes]:
    target = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        target += f"?{quote(parts.query, safe=_SAFE)}"
    host = host_name(parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    host += f":{parts.port}" if parts.port else ""
    lines = (
        *(f"GET {target} HTTP/1.0", f"Host: {host}", "User-Agent: mailwidgets"),
        *("Accept: text/xml, application/xml", "Accept-Encoding: identity", "Connection: close"),
        "",
    )
    return [line.encode("ascii") for line in lines]


async def _headers(wire: Wire) -> dict[str, str]:
    """Return the header fields of an answer that has the document, names in lower case.

    Raises:
        NotFetched: the answer is none, or says no.
        _Moved: the answer says where the document is.
    """
    status = _STATUS.match(first := await wire.line())
    if status is None:
        raise NotFetched(_("the answer is no HTTP: {line}").format(line=shown(first, 80)))
    headers: dict[str, str] = {}
    octets = lines = 0
    while line := await wire.line():
        octets, lines = octets + len(line), lines + 1
        if lines > _MOST_HEADERS or octets > _MOST_HEADER_OCTETS:
            raise NotFetched(_("the answer's header does not end"))
        name, _colon, value = line.decode("utf-8", "replace").partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    code = int(status[1])
    if code in _MOVED and headers.get("location"):
        raise _Moved(headers["location"])
    if code != _OK:
        raise NotFetched(_("the answer is {line}").format(line=shown(first, 80)))
    return headers


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location).partition("#")[0]
    except ValueError as error:
        raise NotFetched(_("it redirects to no URL")) from error


def _parts(url: str) -> SplitResult:
    """Return the parts of a URL that may be asked.

    Raises:
        NotFetched: it may not.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _PORTS and host_name(parts.hostname or "") and parts.port != 0
    except ValueError as error:
        raise NotFetched(_("it is at no valid URL")) from error
    if "@" in parts.netloc:  # and not a word of what stands there
        raise NotFetched(_("a URL must hold no user name and no password"))
    if not usable:
        raise NotFetched(
            _("{url} is no URL of HTTP or HTTPS with a host").format(url=shown(url, 120))
        )
    return parts

"""Where an autoconfig document is, and the servers it proposes."""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable
from pathlib import Path
from urllib.parse import quote, urlsplit

from mailwidgets.connection.endpoint import TlsMode, port_number
from mailwidgets.connection.threads import in_thread
from mailwidgets.discovery.client_config import MAX_OCTETS, Refused, Server, servers
from mailwidgets.discovery.fetch import Fetcher, NotFetched
from mailwidgets.discovery.names import MailAddress, host_name
from mailwidgets.discovery.proposal import PROTOCOLS, Proposal, Source
from mailwidgets.discovery.srv import Found, outside
from mailwidgets.languages.texts import _
from mailwidgets.protocols.octets import shown

_IN_MAIL = "/mail/config-v1.1.xml"
_WELL_KNOWN = "/.well-known/autoconfig/mail/config-v1.1.xml"
_PLACEHOLDER = re.compile("%(EMAILADDRESS|EMAILLOCALPART|EMAILDOMAIN)%")
_TLS = {"ssl": TlsMode.IMPLICIT, "starttls": TlsMode.REQUIRE, "plain": TlsMode.NONE}
# Whether the login needs SASL; what is not here (Kerberos, client certificates) no check can do.
_SASL = {"password-cleartext": False, "plain": False, "password-encrypted": True, "secure": True}
_LONGEST_USER = 320


async def from_autoconfig(given: str, who: MailAddress, fetcher: Fetcher) -> Found:
    """Return what a document proposes.

    Args:
        given: URL of a document, base URL of a host that has one in a usual place, or a file.
        who: fills the placeholders.
        fetcher: fetches what is at a URL.
    """
    found = Found()
    if "://" not in given:
        await _tried(found, shown(given), who, _file(given), "")
        return found
    for url in _urls(given, who):
        insecure = "" if url.lower().startswith("https:") else _("a document without TLS")
        if await _tried(found, _named(url), who, fetcher.get(url), insecure):
            break
    return found


async def _tried(
    found: Found, where: str, who: MailAddress, document: Awaitable[bytes], insecure: str
) -> bool:
    """Add what one document proposes, or why it does not; return whether it was a document."""
    try:
        named = servers(await document)
    except NotFetched as error:
        found.remarks.append(
            _("Autoconfig document {where} not read: {error}.").format(where=where, error=error)
        )
        return False
    except Refused as error:
        found.remarks.append(
            _("Autoconfig document {where} refused: {error}.").format(where=where, error=error)
        )
        return False
    before = len(found.proposals)
    for server in named:
        proposal = _proposal(server, who, where, insecure)
        if isinstance(proposal, Proposal):
            found.proposals.append(proposal)
        else:
            found.remarks.append(
                _("Autoconfig document {where}: {proposal}.").format(where=where, proposal=proposal)
            )
    if len(found.proposals) == before:
        found.remarks.append(
            _("Autoconfig document {where} names no server that can be used.").format(where=where)
        )
    return True


def _urls(given: str, who: MailAddress) -> list[str]:
    try:
        parts = urlsplit(given)
    except ValueError:
        return [given]  # the fetcher says what is wrong with it
    if parts.path.strip("/") or parts.query:
        return [_filled(given, who, encoded=True)]
    base = given.partition("#")[0].rstrip("/?")
    return [f"{base}{_IN_MAIL}?emailaddress={quote(who.whole, safe='')}", f"{base}{_WELL_KNOWN}"]


def _named(url: str) -> str:
    """Return a URL as it may be shown: one with a password in it is not."""
    return _("at the given URL") if "@" in url.partition("://")[2].partition("/")[0] else shown(url)


async def _file(path: str) -> bytes:
    def read() -> bytes:
        place = Path(path)
        if not place.is_file():  # nor a pipe, which would never end
            raise FileNotFoundError
        with place.open("rb") as file:
            return file.read(MAX_OCTETS + 1)

    try:
        return await in_thread(read)
    except FileNotFoundError as error:
        raise NotFetched(_("there is no such file, and a URL begins with https://")) from error
    except (OSError, ValueError) as error:
        raise NotFetched(_("the file cannot be read")) from error


def _proposal(server: Server, who: MailAddress, where: str, insecure: str) -> Proposal | str:
    """Return what one server of a document amounts to, or why it cannot be used."""
    host = host_name(_filled(server.first("hostname"), who))
    port, socket_type = port_number(server.first("port")), server.first("socketType")
    said = f"{shown(server.kind, 20)} {shown(server.first('hostname'), 80)}"
    if server.kind not in PROTOCOLS:
        return _("{server} is passed over: only {protocols} are checked").format(
            server=said, protocols=", ".join(PROTOCOLS)
        )
    if not (host and port and socket_type.lower() in _TLS):
        return _(
            "{server}, port {port}, socketType {socket} is no server that can be connected to"
        ).format(server=said, port=shown(server.first("port"), 10), socket=shown(socket_type, 20))
    ways = [text.strip() for text in server.texts.get("authentication", ())]
    known = [_SASL[way.lower()] for way in ways if way.lower() in _SASL]
    oauth = any(way.lower() == "oauth2" for way in ways)
    evidence = _(
        "Autoconfig document {where}: {host} port {port}, socketType {socket}, authentication "
        "{ways}."
    ).format(
        where=where,
        host=host,
        port=port,
        socket=socket_type,
        ways=shown(", ".join(ways) or _("not said"), 80),
    )
    return Proposal(
        server.kind,
        host,
        port,
        _TLS[socket_type.lower()],
        Source.AUTOCONFIG,
        user=_user(_filled(server.first("username"), who)),
        sasl=known[0] if known else None,
        token=oauth and not known,
        evidence=(evidence,),
        caveat=outside(who, host, insecure) if insecure and not who.holds(host) else "",
    )


def _user(text: str) -> str:
    """Return a user name, ``""`` for one that could not be shown or sent as it is."""
    return text if shown(text, _LONGEST_USER) == text else ""


def _filled(text: str, who: MailAddress, *, encoded: bool = False) -> str:
    """Return a text with its placeholders filled, for a URL percent-encoded."""
    domain = who.whole.rpartition("@")[2]
    values = {"EMAILADDRESS": who.whole, "EMAILLOCALPART": who.local, "EMAILDOMAIN": domain}
    put = functools.partial(quote, safe="") if encoded else str
    # All at once: what fills one placeholder is never taken for another.
    return _PLACEHOLDER.sub(lambda found: put(values[found[1]]), text)

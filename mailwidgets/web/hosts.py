"""Under which names the server answers.

A page elsewhere may have its own name point at this machine (DNS rebinding), and would then be of
the server's own origin for the browser. So a server on loopback answers to the names of loopback
and to those it was told, and to no others.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.web import Application, RequestHandler, _HandlerDelegate

from mailwidgets.web.notices import speak, wrong


def is_loopback(host: str) -> bool:
    """Return whether a host name or an address means this machine alone."""
    bare = host.removeprefix("[").removesuffix("]")
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return bare.lower() == "localhost"


class StrangeHostHandler(RequestHandler):
    """Refuses what was asked of another host: a name that somebody else points at this server."""

    def initialize(self, language: str) -> None:
        """Take the language; nothing else of the request is looked at."""
        self._language = language

    def prepare(self) -> None:
        """Answer 403, whatever is asked."""
        self.set_status(HTTPStatus.FORBIDDEN)
        self.finish(wrong(self._language, HTTPStatus.FORBIDDEN).body)


class HostedApplication(Application):
    """Handlers for requests that name a host of this server.

    Args:
        hosts: names and addresses it answers to besides those of loopback; ``None``: to all.
        settings: tornado's.
    """

    def __init__(self, hosts: Collection[str] | None, **settings: Any) -> None:  # noqa: ANN401 - tornado's own signature
        super().__init__(**settings)
        self._hosts = None if hosts is None else {host.lower().strip("[]") for host in hosts}

    def find_handler(self, request: HTTPServerRequest, **options: Any) -> _HandlerDelegate:  # noqa: ANN401 - tornado's own signature
        """Return the handler for a request, or the one that refuses it."""
        host = request.host_name.lower()
        if self._hosts is None or is_loopback(host) or host.strip("[]") in self._hosts:
            return super().find_handler(request, **options)
        language = speak(request.headers.get("Accept-Language", ""))
        return self.get_handler_delegate(request, StrangeHostHandler, {"language": language})

"""What every answer of the dashboard's server carries to keep the page to itself.

The policy is CSP level 3: the page runs scripts of this server alone, none that stand in the
markup, and asks nobody else. ``'self'`` in ``connect-src`` covers a websocket to the same origin.
"""

from __future__ import annotations

from typing import Final

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import OutputTransform

CSP: Final = "Content-Security-Policy"
_DIRECTIVES: Final = {
    "default-src": "'none'",
    "script-src": "'self' blob:",  # anywidget imports each widget's module from a blob
    "style-src": "'self' 'unsafe-inline'",  # ipywidgets makes style elements and attributes
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# Voila's own page has scripts in its markup, and JupyterLab compiles some.
_INLINE: Final = " 'unsafe-inline' 'unsafe-eval'"
_CLOSED: Final = ("camera", "geolocation", "microphone", "payment", "usb")


def policy(*, own: bool = True) -> str:
    """Return the Content-Security-Policy.

    Args:
        own: whether the page is ours; else it is Voila's, which needs scripts in its markup.
    """
    directives = dict(_DIRECTIVES)
    if not own:
        directives["script-src"] += _INLINE
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def security_headers(*, own: bool = True) -> dict[str, str]:
    """Return the headers of every answer, by name.

    Args:
        own: as for ``policy``.
    """
    return {
        CSP: policy(own=own),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _CLOSED),
        "Referrer-Policy": "no-referrer",  # the address that is opened first holds the token
        "X-Content-Type-Options": "nosniff",
    }


class SecurityHeaders(OutputTransform):
    """Adds the headers to what has none of its own: static files, for one, go past Jupyter's."""

    def __init__(self, request: HTTPServerRequest) -> None:
        super().__init__(request)

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: FBT001 - tornado's own signature
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Return the answer's beginning with the headers that it lacked."""
        del finishing
        for name, value in security_headers().items():
            if name not in headers:
                headers[name] = value
        return status_code, headers, chunk

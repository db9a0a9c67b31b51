"""A certificate authority that lives as long as one run; the one module over trustme."""

from __future__ import annotations

import ssl

import trustme

#: The names under which a server on this machine is reached.
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Authority:
    """A throw-away certificate authority; its key never leaves memory."""

    def __init__(self) -> None:
        self._ca = trustme.CA(
            organization_name="mailwidgets practice",
            organization_unit_name="throw-away certificate authority",
        )

    @property
    def ca_pem(self) -> str:
        """Return the authority's own certificate, to be trusted by clients."""
        return self._ca.cert_pem.bytes().decode("ascii")

    def server_context(self, *names: str) -> ssl.SSLContext:
        """Return a server's TLS settings with a new certificate: TLS 1.2 and 1.3.

        Args:
            names: host names and addresses it is for; this machine's own by default.
        """
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._ca.issue_cert(
            *(names or LOOPBACK),
            organization_name="mailwidgets practice",
            organization_unit_name="practice mail server",
        ).configure_cert(context)
        return context

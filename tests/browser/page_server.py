"""Voila as the page wants it, for tests: the page's rules before Voila's, and a strict policy.

Run as a program, with Voila's own arguments.
"""

from __future__ import annotations

import sys
from typing import Any

# As in serving.py: it compiles a grammar that nothing here asks for.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from voila.app import Voila  # noqa: E402 - after the line above

from mailwidgets.web import assets  # noqa: E402 - likewise

POLICY = (
    "default-src 'self'; script-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'none'"
)


class PageServer(Voila):
    def initialize(self, argv: list[str] | None = None) -> None:
        super().initialize(argv)
        resources = assets.page_resources(self.base_url)
        self.voila_configuration.config.VoilaConfiguration.resources = resources

    def init_handlers(self) -> list[Any]:
        return [*assets.rules(self.server_url), *super().init_handlers()]


if __name__ == "__main__":
    headers = {"Content-Security-Policy": POLICY}
    PageServer.launch_instance(sys.argv[1:], tornado_settings={"headers": headers})

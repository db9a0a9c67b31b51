"""Voila as the page wants it, for tests: the page's rules before Voila's, and a strict policy.

Run as a program, with Voila's own arguments.
"""

from __future__ import annotations

import sys
from typing import Any

from mailwidgets.web import assets  # first: it spares the start a grammar

# isort: split
from voila.app import Voila

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

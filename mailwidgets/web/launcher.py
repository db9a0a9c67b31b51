"""The kernel behind a page: ``python -P -m mailwidgets.web.launcher -f FILE``.

ipykernel without what no page asks for: a debugger would take a seventh of each kernel's memory,
and a history of cells would write to the disk of whoever serves the page. ``-P``: no file beside
the notebook is taken for a module of that name.
"""

from __future__ import annotations

import os
import sys

from traitlets.config import Config


def main() -> None:
    """Run the kernel that a connection file describes, until it is told to end."""
    # A kernel that cannot import it works without: to ipykernel it is an extra.
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # Python's own way to say so
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415 - it would load it

    IPKernelApp.launch_instance(config=Config({"HistoryManager": {"enabled": False}}))
    # Nothing is left to be done but to take ZeroMQ apart, at which it now and then aborts and says
    # so in the server's log (signaler.cpp). Sockets and files are the server's to remove.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

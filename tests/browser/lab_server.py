"""JupyterLab, and Voila beside it, as people have them who open notebooks."""

from __future__ import annotations

import base64
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from visits import environment, free_port, running


@contextmanager
def jupyter_server(folder: Path, notebook: Path, *options: str, **env: str) -> Iterator[str]:
    """Serve a copy of a notebook; JupyterLab itself asks nobody for news or updates."""
    home = folder / "home"
    home.mkdir()
    shutil.copy(notebook, home)
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={home}", "--IdentityProvider.token=t"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += ["--LabApp.news_url=None", *options]
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    with running(command, environment(folder, key, **env)) as log:
        log.wait_for("is running at")
        yield f"http://127.0.0.1:{port}"

"""Under a Jupyter server (JupyterLab, Binder, JupyterHub's): the same page, as fast.

The server finds this by ``jupyter_server_config.d/mailwidgets.json``. Voila serves the notebook
there, at ``voila/render/…``; what its page asks of us is served and told by this extension.
"""

from __future__ import annotations

from jupyter_server.serverapp import ServerApp

from mailwidgets.web import assets


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Return where the extension is."""
    return [{"module": "mailwidgets.web.extension"}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Serve the page's script, and tell the template where it is.

    Args:
        server: the Jupyter server; its base URL is the page's, too.
    """
    base = server.base_url
    server.web_app.add_handlers(".*$", assets.rules(base))  # type: ignore[no-untyped-call]  # Jupyter's
    config = server.config.VoilaConfiguration
    resources = dict(config.get("resources") or {})
    config.resources = resources | assets.page_resources(base)

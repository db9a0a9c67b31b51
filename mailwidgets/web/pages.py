"""The handlers: the page, signing in, what is refused, and the line between page and kernel."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.base.handlers import JupyterHandler
from tornado.escape import url_escape
from tornado.ioloop import IOLoop
from tornado.web import HTTPError, authenticated
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from mailwidgets.web.kernels import DashboardKernels, Full
from mailwidgets.web.notices import Notice, broken, full, login, onward, speak, wrong
from mailwidgets.web.pool import Pool
from mailwidgets.web.rendering import NobodyWaits

_SHELL: Final = (
    "{% extends 'page.html' %}{% block title %}{{ notice.title }}{% endblock %}"
    '{% block body %}<div lang="{{ notice.language }}">{{ notice.body | safe }}</div>{% endblock %}'
)
_SOON: Final = 10  # seconds


class NoticeHandler(JupyterHandler):
    """A handler whose errors are pages in our look, without any traceback."""

    @property
    def language(self) -> str:
        """The visitor's language, spoken from now on: pages are built without a pause."""
        return speak(self.request.headers.get("Accept-Language", ""))

    def show(self, notice: Notice) -> None:
        """Answer with a notice."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        shell = self.settings["voila_jinja2_env"].from_string(_SHELL)
        self.finish(shell.render(notice=notice, base_url=self.base_url))

    def set_cookie(self, *cookie: Any, **options: Any) -> None:  # noqa: ANN401 - tornado's own signature
        """Set a cookie; one that goes out by TLS comes back by TLS alone."""
        options.setdefault("secure", self.request.protocol == "https")
        super().set_cookie(*cookie, **options)

    def write_error(self, status_code: int, **details: Any) -> None:  # noqa: ANN401 - tornado's own signature
        """Say what is wrong; the log has the details."""
        del details
        self.show(wrong(self.language, status_code))


class PageHandler(NoticeHandler):
    """Shows the dashboard, each time with a kernel of its own."""

    def initialize(self, pool: Pool) -> None:
        """Take where pages come from."""
        self._pool = pool
        self._left = False

    def on_connection_close(self) -> None:
        """Notice that whoever asked has gone."""
        self._left = True
        super().on_connection_close()

    @authenticated
    async def get(self) -> None:
        """Answer with the page, or say that there is no place for it."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")  # nginx would hold the head back
        self.xsrf_token  # noqa: B018 - sets the cookie without which the page cannot say farewell
        if self.get_query_argument("token", None) is not None:
            self.finish(onward(self._address_without_token()))
            return
        kernels = self._pool.kernels
        try:
            with kernels.place() as give:
                await self._show_page(kernels, give)
        except Full:
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
            self.set_header("Retry-After", str(_SOON))
            self.show(full(self.language))

    async def _show_page(self, kernels: DashboardKernels, give: Callable[[str], None]) -> None:
        kernel_id = ""
        ready = await self._pool.take()
        try:
            if ready is not None:
                kernel_id = ready.kernel_id
                give(kernel_id)
                self.write(ready.html)
            else:
                kernel_id = await self._render(give)
        finally:
            if self._left:
                kernels.end(kernel_id)
            else:
                kernels.await_page(kernel_id)

    async def _render(self, give: Callable[[str], None]) -> str:
        """Send a page in the making; return its kernel's id, empty where there is none left."""
        kernels = self._pool.kernels
        rendering = self._pool.rendering(
            paused=self.flush, wanted=lambda: not self._left, started=give
        )
        try:
            async for piece in rendering.snippets():
                self.write(piece)
        except NobodyWaits:
            return ""
        except (OSError, RuntimeError, HTTPError):
            self.log.exception("A kernel could not be started for a page.")
            self.write(broken(self.language))
            kernels.end(rendering.kernel_id)
            return ""
        return rendering.kernel_id

    def _address_without_token(self) -> str:
        query = parse_qsl(self.request.query, keep_blank_values=True)
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        return self.request.path + (f"?{rest}" if rest else "")


class LoginHandler(NoticeHandler, LoginFormHandler):
    """Asks for the token."""

    def _render(self, message: object = None) -> None:
        goal = url_escape(self.get_argument("next", self.base_url))
        action = f"{self.base_url}login?next={goal}"
        hidden = self.xsrf_form_html()
        # A page without a referrer sends its form from an origin that is "null", and so no one's.
        self.set_header("Referrer-Policy", "same-origin")
        self.show(login(self.language, action, hidden, refused=message is not None))


class NothingHandler(NoticeHandler):
    """Says that there is nothing at this address."""

    @allow_unauthenticated
    def get(self) -> None:
        """Answer 404.

        Raises:
            HTTPError: always.
        """
        raise HTTPError(HTTPStatus.NOT_FOUND)

    post = put = patch = delete = head = get


class ChannelsHandler(VoilaKernelWebsocketHandler):
    """The line between a page and its kernel; it bears silence.

    A computer that sleeps answers no ping and closes no connection. So silence ends the line only
    after ``DashboardKernels.silence``; a page that is closed or crashes ends it at once.
    """

    _heard = 0.0

    def check_origin(self, origin: str | None = None) -> bool:
        """Return whether the page that asks is ours; say so where it is not."""
        fits: bool = super().check_origin(origin)
        if not fits:
            self.log.error(
                "A page at %s may not connect, since it was asked of the host %s. A proxy has to "
                "pass on the header Host as it came, with the port.",
                self.get_origin(),
                self.request.host,
            )
        return fits

    def write_message(self, message: Any, binary: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - tornado's own signature
        """Send a message; nobody waits for it, so its failure is nobody's: the page has gone."""
        sent = super().write_message(message, binary)
        if sent is not None:
            sent.add_done_callback(lambda one: one.cancelled() or one.exception())
        return sent

    async def open(self, kernel_id: str) -> None:
        """Begin to listen."""
        self._heard = IOLoop.current().time()
        await super().open(kernel_id)

    def on_pong(self, data: bytes) -> None:
        """Note a sign of life."""
        self._heard = IOLoop.current().time()
        super().on_pong(data)

    def send_ping(self) -> None:
        """Ask for a sign of life; hang up after too long a silence."""
        now = IOLoop.current().time()
        if now - self._heard > self.kernel_manager.silence:
            self.close()
        self.last_pong = now  # Jupyter's own patience is shorter
        super().send_ping()

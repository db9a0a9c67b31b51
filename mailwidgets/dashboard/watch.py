"""An eye on the store, beside the event loop: a slow or vanished one holds nothing up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from mailwidgets.connection.threads import in_thread
from mailwidgets.draft.sight import Sight, look, news
from mailwidgets.errors import MailwidgetsError
from mailwidgets.languages.texts import N_, _
from mailwidgets.servers import Servers

_LOOKS_EVERY: Final = 1.0  # seconds between two looks at the store's version
_SOON: Final = 0.3  # seconds until a second look: an editor may be in the middle of saving
_PATIENCE: Final = 5.0  # seconds until a store that does not answer is said to be silent
_SILENT: Final = N_("it does not answer")


class Watch:
    """Follows what others save, and tells when the store cannot be reached.

    At most one thread asks at any time; while it gets no answer, nobody else asks.

    Args:
        servers: whose store.
        held: what was seen last; ``None`` before the first look that succeeded.
        seen: takes what is new.
        trouble: takes what is wrong with the store, in words; empty when all is well.
        looked: called after every look that the store has answered.
    """

    def __init__(
        self,
        servers: Servers,
        *,
        held: Callable[[], Sight | None],
        seen: Callable[[Sight], None],
        trouble: Callable[[str], None],
        looked: Callable[[], None],
    ) -> None:
        self._servers = servers
        self._held = held
        self._seen = seen
        self._trouble = trouble
        self._looked = looked
        self._task: asyncio.Task[None] | None = None
        self._silent = False

    def start(self) -> None:
        """Begin to follow, where an event loop runs."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._task = loop.create_task(self._follow(anew=False))

    def stop(self) -> None:
        """Follow no more; a thread that still waits ends by itself, and nobody waits for it."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def now(self) -> bool:
        """Look at once, whatever the version; return whether anyone follows the store at all."""
        if self._task is None:
            return False
        if not self._silent:
            self.stop()
            self._task = asyncio.get_running_loop().create_task(self._follow(anew=True))
        return True

    async def _follow(self, *, anew: bool) -> None:
        pause, failures = 0.0 if anew else _LOOKS_EVERY, 0
        while True:
            since = self._held()
            found = await self._answer(since, pause, anew=anew or since is None)
            pause = _LOOKS_EVERY
            if isinstance(found, Exception):
                anew, failures = True, failures + 1
                if failures > 1:
                    self._trouble(str(found))
                await asyncio.sleep(_SOON if failures == 1 else _LOOKS_EVERY)
                pause = 0.0
                continue
            failures = 0
            self._trouble("")
            # What was saved here meanwhile is newer than what the thread has read.
            anew = found is not None and since is not self._held()
            if found is not None and not anew:
                self._seen(found)
            self._looked()

    async def _answer(
        self, since: Sight | None, pause: float, *, anew: bool
    ) -> Sight | Exception | None:
        """Wait beside the loop, then look; say so where no answer comes."""
        servers = self._servers

        def ask() -> Sight | Exception | None:
            try:
                if pause:
                    servers.store.wait(pause)
                return look(servers, since) if anew or since is None else news(servers, since)
            except (MailwidgetsError, OSError) as error:
                return error

        loop = asyncio.get_running_loop()
        alarm = loop.call_later(pause + _PATIENCE, self._say_silent)
        try:
            return await in_thread(ask)
        finally:
            alarm.cancel()
            self._silent = False

    def _say_silent(self) -> None:
        self._silent = True
        self._trouble(_(_SILENT))

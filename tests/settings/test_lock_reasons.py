from __future__ import annotations

import pytest

from mailwidgets import Servers
from mailwidgets.errors import InvalidValue


@pytest.mark.parametrize("reason", ["", "   ", "\t"])
def test_a_lock_without_a_reason_is_refused(servers: Servers, reason: str) -> None:
    with pytest.raises(InvalidValue, match=r"^lock of pop3\.port: Must "):
        servers.lock("pop3.port", reason)


def test_a_control_character_in_a_reason_is_told_of_the_lock(servers: Servers) -> None:
    with pytest.raises(InvalidValue, match=r"^lock of pop3\.port: .*line feed"):
        servers.lock("pop3.port", "one\nfor all")


def test_a_lifted_lock_needs_none(servers: Servers) -> None:
    servers.commit([servers.lock("pop3.port", "policy")])
    servers.commit([servers.lock("pop3.port", None)])

    assert servers.resolve()["pop3", "port"].locked is None

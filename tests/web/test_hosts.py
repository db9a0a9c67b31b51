from __future__ import annotations

import pytest

from mailwidgets.web.hosts import is_loopback


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"]
)
def test_names_of_this_machine_alone_are_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "10.0.0.0", "::", "localhost.evil.example", "192.168.1.5"])
def test_other_names_are_not_taken_for_them(host: str) -> None:
    assert not is_loopback(host)

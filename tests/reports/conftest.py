"""Fixtures shared with the other folders that open connections."""

from check_fixtures import *  # noqa: F403 - pytest finds fixtures by their names here

"""A CA that discovery is told to trust, and proof that nothing stays behind."""

from check_fixtures import *  # noqa: F403 - pytest finds fixtures by their names here

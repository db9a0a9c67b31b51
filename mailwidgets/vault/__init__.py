"""Secrets at rest: sealed, bound to their place and setting, opened only with the right key."""

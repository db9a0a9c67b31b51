"""Real mail servers for the tests: Dovecot and Postfix on loopback, each with its variants.

Read from the bottom up: ``authority`` (certificates), ``accounts`` (people, folders, tokens),
``variants`` (how a server differs from the standard one), ``process`` (one daemon's life),
``dovecot`` and ``postfix`` (their configuration), ``clients`` (the standard library's, as
oracles), ``fixtures`` (what a test asks for).
"""

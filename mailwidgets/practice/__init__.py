"""Practice mail servers on this machine: SMTP, IMAP and POP3 over one set of mailboxes.

Importing this package loads neither the server libraries nor the certificate maker: they
come with the first :meth:`Practice.start`, from the extra ``mailwidgets[practice]``.
"""

from __future__ import annotations

from mailwidgets.practice.accounts import ACCOUNTS, Account
from mailwidgets.practice.practice import Practice

__all__ = ["ACCOUNTS", "Account", "Practice"]

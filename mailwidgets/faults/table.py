"""The table of faults: what can be let in at the doors, and what a check then calls it.

Each row says what happens on the wire, by protocol. Titles are for people and are translated;
names are for programs.
"""

from __future__ import annotations

from typing import Final

from mailwidgets.faults.connection_faults import CONNECTION_FAULTS
from mailwidgets.faults.mail_faults import MAIL_FAULTS

FAULTS: Final = {fault.name: fault for fault in (*CONNECTION_FAULTS, *MAIL_FAULTS)}
"""Every fault by its name, in the order in which a check would come upon it."""

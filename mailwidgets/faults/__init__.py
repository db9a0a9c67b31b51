"""A fault laboratory: practice servers that can be broken by name, and mended again.

::

    with Laboratory.start() as laboratory:
        laboratory.inject("cert_expired")            # wherever it fits
        laboratory.inject("over_quota", ["smtp"])    # or for one protocol
        laboratory.mend()

What can go wrong stands in a table, :data:`~mailwidgets.faults.table.FAULTS`.
"""

from __future__ import annotations

from mailwidgets.faults.fault import ServerFault
from mailwidgets.faults.laboratory import Laboratory
from mailwidgets.faults.switches import Switches
from mailwidgets.faults.table import FAULTS

__all__ = ["FAULTS", "Laboratory", "ServerFault", "Switches"]

"""``python -m mailwidgets``."""

from mailwidgets.app import main

main()

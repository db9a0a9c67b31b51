"""The web page: Voila served with a small page of its own."""

import sys

# Two thirds of a server's start went into compiling a grammar of IRIs, which nothing here asks
# for: jsonschema takes it where it is installed, and does without where it is not.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # Python's own way to say so

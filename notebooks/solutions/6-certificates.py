# Solutions of lesson 6.
# %% authority
servers, ports = lesson.servers, lesson.laboratory.ports
servers.commit([servers.change("trust.ca", lesson.laboratory.ca_pem)])
# %% name
servers.commit([servers.change("imap.name", "mail.practice.example")])
# %% pin
import re

report = await servers.check("imap")
seen = " ".join(line for step in report.steps for line in step.evidence)
fingerprint = re.search(r"\b[0-9a-f]{64}\b", seen).group()
servers.commit([servers.change("trust.pins", f"localhost:{ports['imap']}={fingerprint}")])
# %% expired
from pathlib import Path

report = await servers.check("smtp")
Path("for-the-administrator.zip").write_bytes(servers.bundle(report))

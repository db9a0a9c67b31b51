# Solutions of lesson 7.
# %% script
ben, ports = lesson.servers.as_seen_by("ben"), lesson.laboratory.ports
changes = [ben.change("smtp.port", ports["smtps"]), ben.change("smtp.tls", "implicit")]
ben.commit(changes, why="TLS from the first byte, as RFC 8314 recommends")
# %% fleet
modes = lesson.servers.everyone()["smtp", "tls"]
for user in modes[modes.isin(["None", "Auto"])].index:
    servers = lesson.servers.as_seen_by(user)
    servers.commit([servers.change("smtp.tls", "require")], why="no password in the clear")
# %% import
import os
import subprocess
from pathlib import Path

rows = ["user,mia,20", "user,noa,20", "user,oto,60"]
Path("plan.csv").write_text("\n".join(["level,id,imap.timeout", *rows, ""]))
os.environ.update(lesson.environment())
print(subprocess.run(["mailwidgets", "import", "plan.csv"], capture_output=True, text=True))
# %% nightly
with open("nightly.json", "wb") as file:
    print(subprocess.run(["mailwidgets", "check", "--format", "json"], stdout=file))

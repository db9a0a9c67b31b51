# Solutions of lesson 2.
from mailwidgets.settings.levels import Level

# %% fallback
servers = lesson.servers
servers.commit([servers.change("imap.timeout", 20, level=Level.COMPANY)])
# %% own
servers = lesson.servers
servers.commit([servers.change("imap.timeout", None)])
# %% lock
servers = lesson.servers
binding = servers.change("smtp.tls", "require", level=Level.COMPANY)
servers.commit([binding, servers.lock("smtp.tls", "no password in the clear")])
# %% origin
servers = lesson.servers
right = servers.change("pop3.port", lesson.laboratory.ports["pop3"], level=Level.COMPANY)
servers.commit([right], why="the port was wrong for everyone")

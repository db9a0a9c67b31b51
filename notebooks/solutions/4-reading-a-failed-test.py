# Solutions of lesson 4.
# %% port
servers, ports = lesson.servers, lesson.laboratory.ports
servers.commit([servers.change("pop3.port", ports["pop3"])])
# %% name
servers.commit([servers.change("imap.name", "imap.practice.example")])
# %% password
password = lesson.laboratory.accounts[0].password
servers.commit([servers.change("smtp.password", password)])
# %% mechanism
servers.commit([servers.change("imap.sasl", True)])
# %% folder
servers.commit([servers.change("imap.outbox", "INBOX.Outbox")])

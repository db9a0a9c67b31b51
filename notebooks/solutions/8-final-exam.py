# Solutions of all tickets that an exam draws from.
# %% port
servers, ports = exam.servers, exam.laboratory.ports
servers.commit([servers.change("smtp.port", ports["smtp"])])
# %% password
servers = exam.servers
servers.commit([servers.change("pop3.password", exam.laboratory.accounts[0].password)])
# %% no_tls
servers = exam.servers
servers.commit([servers.change("pop3.tls", True)])
# %% mechanism
servers = exam.servers
servers.commit([servers.change("imap.sasl", True)])
# %% version
servers = exam.servers
servers.commit([servers.change("imap.force_tls12", False)])
# %% stripped
servers, ports = exam.servers, exam.laboratory.ports
servers.commit([servers.change("smtp.port", ports["smtps"])])
# %% implicit
servers = exam.servers
servers.commit([servers.change("smtp.tls", "require")])
# %% ehlo
servers = exam.servers
servers.commit([servers.change("smtp.ehlo", "ws-01.practice.example")])
# %% slow
servers = exam.servers
servers.commit([servers.change("imap.timeout", 10)])
# %% name
servers = exam.servers
servers.commit([servers.change("pop3.name", exam.laboratory.host)])
# %% lock
servers = exam.servers
servers.commit([servers.lock("imap.port", None)])
# %% nobody
servers = exam.servers
servers.commit([servers.change("smtp.use_pop3_account", True)])
# %% authority
servers = exam.servers
servers.commit([servers.change("trust.ca", exam.laboratory.ca_pem)])
# %% sender
servers, ports = exam.servers, exam.laboratory.ports
typed = {"workflow.port": ports["smtp"], "workflow.tls": "require"}
servers.commit([servers.change(*one) for one in typed.items()])
# %% sends_as
servers, account = exam.servers, exam.laboratory.accounts[-1]
typed = {"workflow.user": account.user, "workflow.password": account.password}
servers.commit([servers.change(*one) for one in typed.items()])
# %% outbox
servers = exam.servers
servers.commit([servers.change("workflow.outbox", "Outbox")])

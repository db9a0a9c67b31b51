# Solutions of lesson 5.
# %% sender
servers, ports = lesson.servers, lesson.laboratory.ports
account = lesson.laboratory.accounts[-1]
typed = {
    "workflow.sender": account.user,
    "workflow.name": lesson.laboratory.host,
    "workflow.port": ports["smtp"],
    "workflow.user": account.user,
    "workflow.password": account.password,
    "workflow.tls": "require",
}
servers.commit([servers.change(*one) for one in typed.items()])
await servers.send("ana@practice.example")
# %% outbox
typed = {"workflow.server_type": "imap", "workflow.port": ports["imap"]}
servers.commit([servers.change(*one) for one in typed.items()])
await servers.send("ana@practice.example")
# %% fallback
typed = {
    "smtp.use_pop3_account": False,
    "smtp.user": account.user,
    "smtp.password": account.password,
}
servers.commit([servers.change(*one) for one in typed.items()])
await servers.send("ana@practice.example")

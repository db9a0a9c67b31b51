# Solutions of lesson 1. Each part is what the dashboard does, in Python.
# %% fetch
facts = lesson.sheet().loc["POP3"]
typed = {
    "pop3.name": facts["Server"],
    "pop3.port": lesson.laboratory.ports["pop3"],
    "pop3.user": facts["User name"],
    "pop3.password": facts["Password"],
}
lesson.servers.commit([lesson.servers.change(*one) for one in typed.items()])
# %% send
typed = {
    "smtp.name": lesson.laboratory.host,
    "smtp.port": lesson.laboratory.ports["smtp"],
    "smtp.tls": "require",
    "smtp.use_pop3_account": True,
}
lesson.servers.commit([lesson.servers.change(*one) for one in typed.items()])
# %% folders
typed = {
    "imap.name": lesson.laboratory.host,
    "imap.port": lesson.laboratory.ports["imaps"],
    "imap.use_pop3_account": True,
}
lesson.servers.commit([lesson.servers.change(*one) for one in typed.items()])

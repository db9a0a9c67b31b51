# Solutions of lesson 3.
# %% implicit
servers, ports = lesson.servers, lesson.laboratory.ports
servers.commit([servers.change("pop3.port", ports["pop3s"])])
# %% clear
servers.commit([servers.change("smtp.tls", "require")])
# %% stripped
servers.commit([servers.change("imap.port", ports["imaps"])])
# %% versions
servers.commit([servers.change("smtp.force_tls12", False)])

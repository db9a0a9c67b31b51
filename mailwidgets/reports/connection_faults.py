"""What goes wrong on the way to a server, before anyone logs in.

The codes are stable: scripts, lessons and pages refer to them.
"""

from __future__ import annotations

from mailwidgets.reports.diagnosis import Diagnosis
from mailwidgets.reports.report import State, Who

_SETTINGS = {
    "port_mismatch": Diagnosis(
        "Port and TLS mode do not usually go together.",
        "Choose the TLS mode that the port is for, or the port that the mode is for: 465, 993 and"
        " 995 begin with TLS; 25, 587, 143 and 110 begin in the clear and go on to TLS.",
        Who.YOU,
        "tls",
        State.WARNED,
    ),
    "implicit_on_25": Diagnosis(
        "Port 25 begins in the clear everywhere; TLS comes there by STARTTLS.",
        "Choose SSL/TLS on port 25, or port 465 for TLS from the first byte.",
        Who.YOU,
        "tls",
        State.WARNED,
    ),
    "sasl_without_user": Diagnosis(
        "SASL is a way of logging in, and nobody is named who could: the check goes on without.",
        "Set user name and password, or set Use SASL to No.",
        Who.YOU,
        "user",
        State.WARNED,
    ),
    "borrowed_empty": Diagnosis(
        "The account of another section is to be used, and there is none: nobody logs in.",
        "Set user name and password in POP3, or turn Use POP3 account off.",
        Who.YOU,
        "use_pop3_account",
        State.WARNED,
    ),
    "sender_domain": Diagnosis(
        "The sender's address is of another domain than the login's. The server may refuse it, and"
        " receivers may take it for forged.",
        "Use a sender of the login's domain, or make sure that this server may send for the other.",
        Who.YOU,
        "sender",
        State.WARNED,
    ),
}

_NETWORK = {
    "name_missing": Diagnosis(
        "No server name is set.", "Enter the name of the mail server.", Who.YOU, "name"
    ),
    "host_not_allowed": Diagnosis(
        "Checks from here may connect to certain servers only, and this is not one of them.",
        "Use an allowed server, or have the administrator add this one to the allowed hosts.",
        Who.YOU,
        "name",
    ),
    "dns_not_found": Diagnosis(
        "There is no such host: the name is misspelt, or it was never registered.",
        "Correct the server name, letter by letter.",
        Who.YOU,
        "name",
    ),
    "dns_timeout": Diagnosis(
        "The name could not be looked up because the resolver gave no answer.",
        "Check this machine's network connection and its DNS settings, then test again.",
        Who.NETWORK,
        "name",
    ),
    "refused": Diagnosis(
        "The host is there, but nothing listens on that port.",
        "Check the port, and that the mail service runs on that host.",
        Who.YOU,
        "port",
    ),
    "timeout_connect": Diagnosis(
        "Nothing answers on that port: a firewall most likely drops the packets.",
        "Check the port. Port 25 is often filtered: try 587 or 465, or ask whoever runs the"
        " network.",
        Who.NETWORK,
        "port",
    ),
    "unreachable": Diagnosis(
        "This machine has no route to the server's address.",
        "Check the network connection (and the VPN, for a server inside the company).",
        Who.NETWORK,
        "name",
    ),
    "unreachable_ipv6": Diagnosis(
        "The server works over IPv4, but its IPv6 address does not answer from here.",
        "Have the AAAA record or the IPv6 route mended: programs that try IPv6 first will wait"
        " at every connection.",
        Who.NETWORK,
        "name",
        State.WARNED,
    ),
    "plain_on_tls_port": Diagnosis(
        "This port expects TLS from the first byte, but the settings begin in the clear.",
        "Choose Implicit SSL/TLS, or Yes where there is only Yes and No.",
        Who.YOU,
        "tls",
    ),
    "silent_server": Diagnosis(
        "The server accepts connections and then says nothing, with TLS or without.",
        "The server is overloaded, or it is not a mail server: check name and port, or ask its"
        " owner.",
        Who.SERVER,
        "name",
    ),
    "wrong_protocol": Diagnosis(
        "Another kind of server answers on this port.",
        "Correct the port, or the server name.",
        Who.YOU,
        "port",
    ),
    "captive_portal": Diagnosis(
        "A web server answers where a mail server should: the network may want a sign-in first.",
        "Open any web page and sign in to the network; if there is no such page, correct the"
        " server name and port.",
        Who.YOU,
        "name",
    ),
    "greeting_refused": Diagnosis(
        "The server turns this machine away: its address is blocked or not allowed there.",
        "Ask the server's owner, and whether this machine's address is on a block list.",
        Who.SERVER,
        "name",
    ),
    "busy": Diagnosis(
        "The server has no room for another client just now.",
        "Wait some minutes before the next test; trying at once makes it worse. If it stays, ask"
        " the server's owner.",
        Who.YOU,
        "name",
    ),
    "line_too_long": Diagnosis(
        "The server sends far more than any mail server does in one reply.",
        "It is broken, or not a mail server: check name and port.",
        Who.SERVER,
        "name",
    ),
    "malformed_reply": Diagnosis(
        "The server's reply does not follow the protocol.",
        "It is broken, or not a mail server of this kind: check name and port.",
        Who.SERVER,
        "name",
    ),
    "command_refused": Diagnosis(
        "The server refused a command that every server of its kind knows.",
        "Ask the server's owner; the transcript shows the server's words.",
        Who.SERVER,
        "name",
    ),
    "dropped": Diagnosis(
        "The server closed the connection in the middle.",
        "Test again; if it stays, the server or something on the way ends connections from here:"
        " ask the server's owner.",
        Who.SERVER,
        "name",
    ),
    "cancelled": Diagnosis(
        "The check was cancelled before it was done.", "Start it again.", Who.YOU
    ),
    "deadline": Diagnosis(
        "The check ran out of time.",
        "See which step was slow; raise the timeout if the server is merely slow.",
        Who.YOU,
        "timeout",
    ),
}

_TLS = {
    "tls_on_plain_port": Diagnosis(
        "The settings begin with TLS, but this port begins in the clear.",
        "Choose SSL/TLS on the STARTTLS port (25 or 587, 110, 143), or keep Implicit and use its"
        " port (465, 995, 993).",
        Who.YOU,
        "tls",
    ),
    "starttls_missing": Diagnosis(
        "The server does not offer TLS on this port, or something on the way hides the offer.",
        "Do not go on in the clear. Try the port with implicit TLS (465, 995, 993). If the server"
        " should offer STARTTLS here, suspect a firewall or virus scanner that strips it.",
        Who.SERVER,
        "tls",
    ),
    "starttls_refused": Diagnosis(
        "The server offers TLS and then refuses it: its certificate or its set-up is broken.",
        "Tell the server's owner; meanwhile the port with implicit TLS may work.",
        Who.SERVER,
        "tls",
    ),
    "starttls_injection": Diagnosis(
        "The server's answer to STARTTLS carried more data, which a careless client would take for"
        " an answer under TLS. Someone on the way may be injecting replies.",
        "Do not use this server from this network. Test from another network; if it stays, tell"
        " the server's owner.",
        Who.NETWORK,
        "tls",
    ),
    "tls_version": Diagnosis(
        "Client and server have no version of TLS in common.",
        "Lift Force TLS 1.2, or have the server upgraded.",
        Who.SERVER,
        "force_tls12",
    ),
    "tls_cipher": Diagnosis(
        "Client and server have no cipher in common that is strong enough.",
        "Have the server's ciphers or its key renewed.",
        Who.SERVER,
        "force_tls12",
    ),
    "tls_failed": Diagnosis(
        "The TLS handshake failed.",
        "Ask the server's owner; the evidence names the reason.",
        Who.SERVER,
        "tls",
    ),
    "ca_unreadable": Diagnosis(
        "The added CA certificates cannot be read.",
        "Give them as PEM: one or more blocks that start with BEGIN CERTIFICATE.",
        Who.YOU,
    ),
    "cert_expired": Diagnosis(
        "The server's certificate has expired.",
        "Have the server's owner renew it.",
        Who.SERVER,
        "name",
    ),
    "cert_not_yet": Diagnosis(
        "The server's certificate is not valid yet.",
        "Check the date and time of this machine and of the server.",
        Who.YOU,
        "name",
    ),
    "cert_expiring": Diagnosis(
        "The server's certificate expires soon.",
        "Have the server's owner renew it in time.",
        Who.SERVER,
        "name",
        State.WARNED,
    ),
    "cert_name": Diagnosis(
        "The certificate is for other names than this one.",
        "Use a name that the certificate is for as server name.",
        Who.YOU,
        "name",
    ),
    "cert_untrusted": Diagnosis(
        "The certificate was issued by someone this machine does not trust.",
        "If the company has a CA of its own, add its certificate; else confirm the fingerprint"
        " with the server's owner and pin it.",
        Who.YOU,
        "name",
    ),
    "cert_chain": Diagnosis(
        "The server does not send the intermediate certificate that links its own to a trusted CA.",
        "Have the server send its whole chain.",
        Who.SERVER,
        "name",
    ),
    "cert_invalid": Diagnosis(
        "The server's certificate did not pass verification.",
        "Ask the server's owner; the evidence names the reason.",
        Who.SERVER,
        "name",
    ),
    "cert_fingerprint": Diagnosis(
        "The server's certificate is not the pinned one.",
        "Confirm the new fingerprint with the server's owner before pinning it anew.",
        Who.YOU,
        "name",
    ),
}

CONNECTION_FAULTS: dict[str, Diagnosis] = {**_SETTINGS, **_NETWORK, **_TLS}
"""Code of a fault → what it means and what to do."""

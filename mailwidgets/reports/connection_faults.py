"""What goes wrong on the way to a server, before anyone logs in.

The codes are stable: scripts, lessons and pages refer to them.
"""

from __future__ import annotations

from mailwidgets.languages.texts import N_
from mailwidgets.reports.diagnosis import Diagnosis
from mailwidgets.reports.report import State, Who
from mailwidgets.reports.tls_faults import TLS_FAULTS

_SETTINGS = {
    "port_mismatch": Diagnosis(
        N_("Port and TLS mode do not usually go together."),
        N_(
            "Choose the TLS mode that the port is for, or the port that the mode is for: 465, "
            "993 and 995 begin with TLS; 25, 587, 143 and 110 begin in the clear and go on to "
            "TLS."
        ),
        Who.YOU,
        "tls",
        State.WARNED,
    ),
    "implicit_on_25": Diagnosis(
        N_("Port 25 begins in the clear everywhere; TLS comes there by STARTTLS."),
        N_("Choose SSL/TLS on port 25, or port 465 for TLS from the first byte."),
        Who.YOU,
        "tls",
        State.WARNED,
    ),
    "sasl_without_user": Diagnosis(
        N_(
            "SASL is a way of logging in, and nobody is named who could: the check goes on without."
        ),
        N_("Set user name and password, or set Use SASL to No."),
        Who.YOU,
        "user",
        State.WARNED,
    ),
    "borrowed_empty": Diagnosis(
        N_("The account of another section is to be used, and there is none: nobody logs in."),
        N_("Set user name and password in POP3, or turn Use POP3 account off."),
        Who.YOU,
        "use_pop3_account",
        State.WARNED,
    ),
    "sender_domain": Diagnosis(
        N_(
            "The sender's address is of another domain than the login's. The server may refuse "
            "it, and receivers may take it for forged."
        ),
        N_(
            "Use a sender of the login's domain, or make sure that this server may send for "
            "the other."
        ),
        Who.YOU,
        "sender",
        State.WARNED,
    ),
}

_NETWORK = {
    "name_missing": Diagnosis(
        N_("No server name is set."), N_("Enter the name of the mail server."), Who.YOU, "name"
    ),
    "host_not_allowed": Diagnosis(
        N_("Checks from here may connect to certain servers only, and this is not one of them."),
        N_("Use an allowed server, or have the administrator add this one to the allowed hosts."),
        Who.YOU,
        "name",
    ),
    "dns_not_found": Diagnosis(
        N_("There is no such host: the name is misspelt, or it was never registered."),
        N_("Correct the server name, letter by letter."),
        Who.YOU,
        "name",
    ),
    "dns_timeout": Diagnosis(
        N_("The name could not be looked up because the resolver gave no answer."),
        N_("Check this machine's network connection and its DNS settings, then test again."),
        Who.NETWORK,
        "name",
    ),
    "refused": Diagnosis(
        N_("The host is there, but nothing listens on that port."),
        N_("Check the port, and that the mail service runs on that host."),
        Who.YOU,
        "port",
    ),
    "timeout_connect": Diagnosis(
        N_("Nothing answers on that port: a firewall most likely drops the packets."),
        N_(
            "Check the port. Port 25 is often filtered: try 587 or 465, or ask whoever runs the"
            " network."
        ),
        Who.NETWORK,
        "port",
    ),
    "unreachable": Diagnosis(
        N_("This machine has no route to the server's address."),
        N_("Check the network connection (and the VPN, for a server inside the company)."),
        Who.NETWORK,
        "name",
    ),
    "unreachable_ipv6": Diagnosis(
        N_("The server works over IPv4, but its IPv6 address does not answer from here."),
        N_(
            "Have the AAAA record or the IPv6 route mended: programs that try IPv6 first will wait"
            " at every connection."
        ),
        Who.NETWORK,
        "name",
        State.WARNED,
    ),
    "plain_on_tls_port": Diagnosis(
        N_("This port expects TLS from the first byte, but the settings begin in the clear."),
        N_("Choose Implicit SSL/TLS, or Yes where there is only Yes and No."),
        Who.YOU,
        "tls",
    ),
    "silent_server": Diagnosis(
        N_("The server accepts connections and then says nothing, with TLS or without."),
        N_(
            "The server is overloaded, or it is not a mail server: check name and port, or ask its"
            " owner."
        ),
        Who.SERVER,
        "name",
    ),
    "wrong_protocol": Diagnosis(
        N_("Another kind of server answers on this port."),
        N_("Correct the port, or the server name."),
        Who.YOU,
        "port",
    ),
    "captive_portal": Diagnosis(
        N_(
            "A web server answers where a mail server should: the network may want a sign-in first."
        ),
        N_(
            "Open any web page and sign in to the network; if there is no such page, correct the"
            " server name and port."
        ),
        Who.YOU,
        "name",
    ),
    "greeting_refused": Diagnosis(
        N_("The server turns this machine away: its address is blocked or not allowed there."),
        N_("Ask the server's owner, and whether this machine's address is on a block list."),
        Who.SERVER,
        "name",
    ),
    "busy": Diagnosis(
        N_("The server has no room for another client just now."),
        N_(
            "Wait some minutes before the next test; trying at once makes it worse. If it "
            "stays, ask the server's owner."
        ),
        Who.YOU,
        "name",
    ),
    "line_too_long": Diagnosis(
        N_("The server sends far more than any mail server does in one reply."),
        N_("It is broken, or not a mail server: check name and port."),
        Who.SERVER,
        "name",
    ),
    "malformed_reply": Diagnosis(
        N_("The server's reply does not follow the protocol."),
        N_("It is broken, or not a mail server of this kind: check name and port."),
        Who.SERVER,
        "name",
    ),
    "command_refused": Diagnosis(
        N_("The server refused a command that every server of its kind knows."),
        N_("Ask the server's owner; the transcript shows the server's words."),
        Who.SERVER,
        "name",
    ),
    "dropped": Diagnosis(
        N_("The server closed the connection in the middle."),
        N_(
            "Test again; if it stays, the server or something on the way ends connections from "
            "here: ask the server's owner."
        ),
        Who.SERVER,
        "name",
    ),
    "cancelled": Diagnosis(
        N_("The check was cancelled before it was done."), N_("Start it again."), Who.YOU
    ),
    "deadline": Diagnosis(
        N_("The check ran out of time."),
        N_("See which step was slow; raise the timeout if the server is merely slow."),
        Who.YOU,
        "timeout",
    ),
}

CONNECTION_FAULTS: dict[str, Diagnosis] = {**_SETTINGS, **_NETWORK, **TLS_FAULTS}
"""Code of a fault → what it means and what to do."""

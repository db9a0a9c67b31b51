"""What goes wrong with TLS and certificates on the way to a server.

The codes are stable: scripts, lessons and pages refer to them.
"""

from __future__ import annotations

from mailwidgets.languages.texts import N_
from mailwidgets.reports.diagnosis import Diagnosis
from mailwidgets.reports.report import State, Who

TLS_FAULTS: dict[str, Diagnosis] = {
    "tls_on_plain_port": Diagnosis(
        N_("The settings begin with TLS, but this port begins in the clear."),
        N_(
            "Choose SSL/TLS on the STARTTLS port (25 or 587, 110, 143), or keep Implicit and "
            "use its port (465, 995, 993)."
        ),
        Who.YOU,
        "tls",
    ),
    "starttls_missing": Diagnosis(
        N_("The server does not offer TLS on this port, or something on the way hides the offer."),
        N_(
            "Do not go on in the clear. Try the port with implicit TLS (465, 995, 993). If the "
            "server should offer STARTTLS here, suspect a firewall or virus scanner that "
            "strips it."
        ),
        Who.SERVER,
        "tls",
    ),
    "starttls_refused": Diagnosis(
        N_("The server offers TLS and then refuses it: its certificate or its set-up is broken."),
        N_("Tell the server's owner; meanwhile the port with implicit TLS may work."),
        Who.SERVER,
        "tls",
    ),
    "starttls_injection": Diagnosis(
        N_(
            "The server's answer to STARTTLS carried more data, which a careless client would "
            "take for an answer under TLS. Someone on the way may be injecting replies."
        ),
        N_(
            "Do not use this server from this network. Test from another network; if it stays, tell"
            " the server's owner."
        ),
        Who.NETWORK,
        "tls",
    ),
    "tls_version": Diagnosis(
        N_("Client and server have no version of TLS in common."),
        N_("Lift Force TLS 1.2, or have the server upgraded."),
        Who.SERVER,
        "force_tls12",
    ),
    "tls_cipher": Diagnosis(
        N_("Client and server have no cipher in common that is strong enough."),
        N_("Have the server's ciphers or its key renewed."),
        Who.SERVER,
        "force_tls12",
    ),
    "tls_failed": Diagnosis(
        N_("The TLS handshake failed."),
        N_("Ask the server's owner; the evidence names the reason."),
        Who.SERVER,
        "tls",
    ),
    "ca_unreadable": Diagnosis(
        N_("The added CA certificates cannot be read."),
        N_("Give them as PEM: one or more blocks that start with BEGIN CERTIFICATE."),
        Who.YOU,
    ),
    "cert_expired": Diagnosis(
        N_("The server's certificate has expired."),
        N_("Have the server's owner renew it."),
        Who.SERVER,
        "name",
    ),
    "cert_not_yet": Diagnosis(
        N_("The server's certificate is not valid yet."),
        N_("Check the date and time of this machine and of the server."),
        Who.YOU,
        "name",
    ),
    "cert_expiring": Diagnosis(
        N_("The server's certificate expires soon."),
        N_("Have the server's owner renew it in time."),
        Who.SERVER,
        "name",
        State.WARNED,
    ),
    "cert_name": Diagnosis(
        N_("The certificate is for other names than this one."),
        N_("Use a name that the certificate is for as server name."),
        Who.YOU,
        "name",
    ),
    "cert_untrusted": Diagnosis(
        N_("The certificate was issued by someone this machine does not trust."),
        N_(
            "If the company has a CA of its own, add its certificate; else confirm the fingerprint"
            " with the server's owner and pin it."
        ),
        Who.YOU,
        "name",
    ),
    "cert_chain": Diagnosis(
        N_(
            "The server does not send the intermediate certificate that links its own to a "
            "trusted CA."
        ),
        N_("Have the server send its whole chain."),
        Who.SERVER,
        "name",
    ),
    "cert_invalid": Diagnosis(
        N_("The server's certificate did not pass verification."),
        N_("Ask the server's owner; the evidence names the reason."),
        Who.SERVER,
        "name",
    ),
    "cert_fingerprint": Diagnosis(
        N_("The server's certificate is not the pinned one."),
        N_("Confirm the new fingerprint with the server's owner before pinning it anew."),
        Who.YOU,
        "name",
    ),
}
"""Code of a fault → what it means and what to do."""

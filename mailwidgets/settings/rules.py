"""What each kind of text must look like: pure functions that return the value as it is kept.

Each raises ``InvalidValue`` with the rule in words, ready to stand under a form's field.
"""

from __future__ import annotations

import codecs
import functools
import ipaddress
import re

from mailwidgets.errors import InvalidValue
from mailwidgets.languages.texts import N_, _

_LINE_BREAKERS = {
    "\r": N_("Must be one line of text, but it contains a carriage return."),
    "\n": N_("Must be one line of text, but it contains a line feed."),
    "\0": N_("Must be one line of text, but it contains a NUL."),
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z", re.IGNORECASE)
_LONGEST_TEXT = 1000
_LONGEST_NAME = 253  # RFC 1035 §2.3.4: 255 octets on the wire, less length octets
_LONGEST_LOCAL_PART = 64  # RFC 5321 §4.5.3.1.1
_LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3: a path of 256 octets, less its brackets
_LABELS_OF_A_FQDN = 2
_DOT_ATOM = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~\u0080-\U0010ffff-]+(\.[\w!#$%&'*+/=?^`{|}~\u0080-\U0010ffff-]+)*\Z"
)
_QUOTED_LOCAL_PART = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"\Z')

# The charsets that mail programs agree on (IANA's preferred MIME names) and Python can write.
MAIL_CHARSETS = (
    *("utf-8", "us-ascii", *(f"iso-8859-{part}" for part in (*range(1, 12), *range(13, 17)))),
    *(f"windows-{page}" for page in range(1250, 1259)),
    *("koi8-r", "koi8-u", "big5", "gb2312", "gbk", "gb18030", "euc-jp", "euc-kr"),
    *("iso-2022-jp", "iso-2022-kr", "shift_jis", "tis-620"),
)


def text(value: str) -> str:
    r"""Return one line of text, trimmed; CR, LF and NUL could start a protocol line.

    >>> text("  Zoë ")
    'Zoë'
    >>> text("ana\r\nQUIT")
    Traceback (most recent call last):
        ...
    mailwidgets.errors.InvalidValue: Must be one line of text, but it contains a carriage return.
    """
    for breaker, refusal in _LINE_BREAKERS.items():
        if breaker in value:
            raise InvalidValue(_(refusal))
    if _CONTROL.search(value):
        raise InvalidValue(_("Must be plain text, but it contains a control character."))
    if len(value) > _LONGEST_TEXT:
        raise InvalidValue(
            _("Must have at most {most} characters, not {count}.").format(
                most=_LONGEST_TEXT, count=len(value)
            )
        )
    return value.strip()


def reason(value: str) -> str:
    """Return a lock's reason: one line of text, for everyone who finds the field locked.

    >>> reason("the firewall lets nothing else through")
    'the firewall lets nothing else through'
    """
    given = text(value)
    if not given:
        raise InvalidValue(
            _("Must say why it is locked: whoever finds the field locked reads it. It is empty.")
        )
    return given


def host(value: str) -> str:
    """Return a DNS name, an IPv4 or an IPv6 address, as typed but trimmed (RFC 1123 §2.1).

    >>> host(" mail.bücher.example "), host("[2001:db8::1]")
    ('mail.bücher.example', '2001:db8::1')
    """
    name = value.strip()
    if _CONTROL.search(name) or any(char.isspace() for char in name):
        raise InvalidValue(_("Must be a host name alone, without blanks or control characters."))
    if "://" in name or "/" in name or "@" in name:
        raise InvalidValue(
            _("Must be a host name alone, such as mail.example.com: no https://, path or address.")
        )
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    if _is_ip(bare):
        return bare
    if ":" in name:
        raise InvalidValue(
            _("Must be a host name without a port: the port has a field of its own.")
        )
    return _dns_name(name)


def hosts(value: str) -> str:
    """Return a host, or ``*.`` before a DNS name, for all names below it.

    >>> hosts("*.example.com")
    '*.example.com'
    """
    name = value.strip()
    below = name.removeprefix("*.")
    if below == name:
        return host(name)
    if _is_ip(below):
        raise InvalidValue(
            _("Must be a domain after *., such as *.example.com: addresses have none.")
        )
    return f"*.{host(below)}"


def domain(value: str) -> str:
    """Return a fully qualified name or an address literal, for EHLO (RFC 5321 §4.1.1.1).

    >>> domain("pc1.example.com"), domain("[192.0.2.1]")
    ('pc1.example.com', '[192.0.2.1]')
    """
    name = value.strip()
    if name.startswith("[") or name.endswith("]"):
        return _address_literal(name)
    if _is_ip(name):
        literal = f"[{name}]" if "." in name else f"[IPv6:{name}]"
        raise InvalidValue(
            _("An address stands in brackets here: {literal}.").format(literal=literal)
        )
    if len(name.rstrip(".").split(".")) < _LABELS_OF_A_FQDN:
        raise InvalidValue(
            _("Must be a full domain name such as pc1.example.com, or an address in brackets.")
        )
    return host(name)


def address(value: str) -> str:
    """Return one mailbox address, without a display name (RFC 5321 §4.1.2, RFC 6531 §3.3).

    >>> address(" ana@example.com ")
    'ana@example.com'
    """
    given = text(value)
    local, at, name = given.rpartition("@")
    if not at or not local or not name:
        raise InvalidValue(_("Must be one e-mail address, such as ana@example.com."))
    if "<" in given or ">" in given or "," in given:
        raise InvalidValue(_("Must be one bare address: no name, no angle brackets, no list."))
    if not (_DOT_ATOM.match(local) or _QUOTED_LOCAL_PART.match(local)):
        raise InvalidValue(
            _("The part before @ is not allowed in an address: {part}").format(part=local)
        )
    if len(local.encode()) > _LONGEST_LOCAL_PART or len(given.encode()) > _LONGEST_ADDRESS:
        raise InvalidValue(
            _("Too long: at most {before} bytes before @ and {all} in all.").format(
                before=_LONGEST_LOCAL_PART, all=_LONGEST_ADDRESS
            )
        )
    if name.startswith("["):
        _address_literal(name)
    else:
        _dns_name(name)
    return given


def charset(value: str) -> str:
    """Return a charset that Python can write and mail can carry (RFC 2045 §5, RFC 2046 §4.1.2).

    >>> charset("ISO-8859-2"), charset("latin2")
    ('iso-8859-2', 'latin2')
    """
    name = text(value).lower()
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if known not in _python_names():
        raise InvalidValue(
            _("Must be a charset for mail, such as utf-8 or iso-8859-2, not {name}.").format(
                name=name
            )
        )
    return name


def folder(value: str) -> str:
    """Return a mailbox name of any Unicode (RFC 9051 §5.1); the wire's form is not typed.

    >>> folder("Gesendete Objekte")
    'Gesendete Objekte'
    """
    name = text(value)
    if not name:
        raise InvalidValue(_("Must be the name of a folder, but it is empty."))
    return name


def fingerprint(value: str) -> str:
    """Return a pin ``host:port=SHA256`` with 64 hexadecimal digits, colons allowed.

    >>> fingerprint("mail.example.com:993=" + "AB:" * 31 + "AB")[:30]
    'mail.example.com:993=ababababa'
    """
    given = text(value)
    where, digest = (*given.split("=", maxsplit=1), "")[:2]
    name, port_text = (["", *where.rsplit(":", maxsplit=1)])[-2:]
    digits = re.sub(r"[:\s]|^sha256", "", digest.lower())
    if not name or not re.fullmatch(r"[0-9]{1,5}", port_text):
        raise InvalidValue(_("A pin is written host:port=fingerprint."))
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise InvalidValue(_("A pin's fingerprint is SHA-256: 64 hexadecimal digits."))
    return f"{host(name)}:{int(port_text)}={digits}"


def certificates(value: str) -> str:
    """Return PEM certificates (RFC 7468 §5), one after the other, once each could be read.

    >>> certificates(practice.ca_pem).splitlines()[0]
    '-----BEGIN CERTIFICATE-----'
    """
    from cryptography import x509  # noqa: PLC0415 - 30 ms that only this rule needs

    pem = value.replace("\r\n", "\n").strip()
    if "PRIVATE KEY-----" in pem:
        raise InvalidValue(_("Holds a private key: only certificates belong here."))
    try:
        x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise InvalidValue(
            _("Must be certificates in PEM form: -----BEGIN CERTIFICATE----- and so on.")
        ) from error
    return pem + "\n"


@functools.cache
def _python_names() -> frozenset[str]:
    return frozenset(codecs.lookup(name).name for name in MAIL_CHARSETS)


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _address_literal(name: str) -> str:
    inner = name[1:-1] if name.startswith("[") and name.endswith("]") else ""
    bare = inner[5:] if inner.lower().startswith("ipv6:") else inner
    six = bare is not inner and _is_ip(bare) and ":" in bare
    if not six and not (bare is inner and _is_ip(inner) and "." in inner):
        raise InvalidValue(_("An address literal is [192.0.2.1] or [IPv6:2001:db8::1]."))
    return name


def _dns_name(name: str) -> str:
    """Check every label in its wire form; the name stays as typed."""
    bare = name.removesuffix(".")
    if not bare:
        raise InvalidValue(_("Must be a host name, such as mail.example.com."))
    wire = bare if bare.isascii() else _a_label(bare)
    labels = wire.split(".")
    if len(wire) > _LONGEST_NAME:
        raise InvalidValue(
            _("A host name has at most {most} characters.").format(most=_LONGEST_NAME)
        )
    for label in labels:
        if not _LABEL.match(label):
            raise InvalidValue(
                _(
                    "{part} is no part of a host name: "
                    "letters, digits and hyphens, 1 to 63 of them, no hyphen at either end."
                ).format(part=repr(label or _("An empty part")))
            )
    if labels[-1].isdigit():
        raise InvalidValue(
            _("Four numbers from 0 to 255 make an IPv4 address; this is neither that.")
        )
    return name


def _a_label(name: str) -> str:
    # IDNA tables are only needed for names beyond ASCII.
    import idna  # noqa: PLC0415 - costs start-up time that most names never need

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise InvalidValue(
            _("Is no host name that DNS can carry: {error}.").format(error=error)
        ) from error

"""Certificates that trustme does not make: a chain with a gap, a certificate for something else."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterable

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


def chain(
    ca: trustme.CA, intermediate: str, *, whole: bool, url: str = ""
) -> tuple[ssl.SSLContext, bytes]:
    """Return a server's context for root → intermediate → leaf, and the leaf as DER.

    Args:
        ca: the root.
        intermediate: common name of the one between.
        whole: whether the server sends the intermediate, too.
        url: where the leaf says its issuer's certificate is to be had.
    """
    root = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
    root_key = serialization.load_pem_private_key(ca.private_key_pem.bytes(), None)
    assert isinstance(root_key, Key)
    middle_key, key = _key(), _key()
    is_ca = x509.BasicConstraints(ca=True, path_length=0)
    middle = _signed(intermediate, middle_key, root.subject, root_key, is_ca)
    extensions: list[x509.ExtensionType] = [_LOCALHOST]
    if url:
        place = x509.UniformResourceIdentifier(url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)
        extensions.append(x509.AuthorityInformationAccess([access]))
    leaf = _signed("localhost", key, middle.subject, middle_key, *extensions)
    sent = [leaf, middle] if whole else [leaf]
    return _context(key, sent), leaf.public_bytes(serialization.Encoding.DER)


def for_clients_only(ca: trustme.CA) -> ssl.SSLContext:
    """Return a server's context with a certificate that only a client may show (RFC 5280)."""
    root = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
    root_key = serialization.load_pem_private_key(ca.private_key_pem.bytes(), None)
    assert isinstance(root_key, Key)
    key = _key()
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return _context(key, [_signed("localhost", key, root.subject, root_key, _LOCALHOST, usage)])


_LOCALHOST = x509.SubjectAlternativeName([x509.DNSName("localhost")])


def _key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _signed(
    name: str, key: Key, issuer: x509.Name, issuer_key: Key, *extensions: x509.ExtensionType
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 90 * DAY)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for extension in extensions:
        critical = isinstance(extension, x509.BasicConstraints)
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


def _context(key: Key, sent: Iterable[x509.Certificate]) -> ssl.SSLContext:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem += b"".join(one.public_bytes(serialization.Encoding.PEM) for one in sent)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with trustme.Blob(pem).tempfile() as path:
        context.load_cert_chain(path)
    return context

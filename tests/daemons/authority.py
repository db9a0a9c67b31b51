"""A CA that the tests trust, one that nobody knows, and a certificate for every fault."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# 127.0.0.2 is for the server that must not take its client as local (see dovecot.py).
NAMES = ("localhost", "127.0.0.1", "::1", "127.0.0.2")
WRONG_NAME = "mail.other.example"


@dataclass(frozen=True)
class Certificate:
    """What a server shows: one certificate, as text and in a file, and its key's file."""

    name: str
    pem: str
    pem_file: Path
    key_file: Path

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate's DER form, in hexadecimal, for pinning."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.pem)).hexdigest()


class Authority:
    """Issues every certificate into a folder.

    Attributes:
        ca_pem: the CA a client should trust.
        unknown_ca_pem: the CA that issued ``unknown-ca``, which a client does not know.
        certificates: by name: good, expired, not-yet, expiring (in ten days), wrong-name,
            self-signed, unknown-ca, no-intermediate. All keys are elliptic-curve keys.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ca = trustme.CA(organization_name="mailwidgets tests")
        self._unknown_ca = trustme.CA(organization_name="nobody knows")
        self.ca_pem = self._ca.cert_pem.bytes().decode()
        self.unknown_ca_pem = self._unknown_ca.cert_pem.bytes().decode()
        self.certificates = {name: self._write(name, *pems) for name, *pems in self._issue()}

    def context(self) -> ssl.SSLContext:
        """Return a client's context that trusts this CA and nothing else."""
        return ssl.create_default_context(cadata=self.ca_pem)

    def _issue(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Yield name, key and certificate, as PEM."""
        now = datetime.now(UTC)
        day = timedelta(days=1)
        issue = self._ca.issue_cert
        for name, leaf in {
            "good": issue(*NAMES, not_before=now - day, not_after=now + 90 * day),
            "expired": issue(*NAMES, not_before=now - 30 * day, not_after=now - day),
            "not-yet": issue(*NAMES, not_before=now + day, not_after=now + 30 * day),
            "expiring": issue(*NAMES, not_before=now - day, not_after=now + 10 * day),
            "wrong-name": issue(WRONG_NAME),
            "unknown-ca": self._unknown_ca.issue_cert(*NAMES),
            "no-intermediate": self._ca.create_child_ca().issue_cert(*NAMES),
        }.items():
            # The first of the chain only: the intermediate, where there is one, is not sent.
            yield name, leaf.private_key_pem.bytes(), leaf.cert_chain_pems[0].bytes()
        yield "self-signed", *_self_signed(now - day, now + 90 * day)

    def _write(self, name: str, key: bytes, pem: bytes) -> Certificate:
        key_file, pem_file = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        key_file.touch(mode=0o600)
        key_file.write_bytes(key)
        pem_file.write_bytes(pem)
        return Certificate(name, pem.decode(), pem_file, key_file)


def _self_signed(not_before: datetime, not_after: datetime) -> tuple[bytes, bytes]:
    """Return key and certificate whose issuer is its subject, as appliances ship them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names: list[x509.GeneralName] = []
    for text in NAMES:
        with suppress(ValueError):
            names.append(x509.IPAddress(ip_address(text)))
            continue
        names.append(x509.DNSName(text))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        certificate.public_bytes(serialization.Encoding.PEM),
    )

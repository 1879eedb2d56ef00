"""Synthetic certificates: an authority of the test's own and what it signs."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in files."""

    cert: Path
    key: Path

    @property
    def fingerprint(self) -> str:
        """SHA-256, hexadecimal."""
        return x509.load_pem_x509_certificate(self.cert.read_bytes()).fingerprint(SHA256()).hex()


class Authority:
    """Signs certificates into a folder."""

    def __init__(self, folder: Path, name: str = "Test CA") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.ca = folder / f"{name}.pem"
        usage = x509.KeyUsage(True, *[False] * 4, True, True, False, False)
        certificate = (
            self._builder(self._name, self._key, timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, SHA256())
        )
        self.ca.write_bytes(certificate.public_bytes(Encoding.PEM))

    def sign(
        self, name: str, *alternatives: str, file: str = "", ends: timedelta = timedelta(days=90), address: str = ""
    ) -> Pair:
        """A certificate of common name `name` with DNS names; `file` is the stem of its files."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        others: list[x509.GeneralName] = [x509.DNSName(alternative) for alternative in alternatives]
        others += [x509.IPAddress(ip_address(address))] if address else []
        builder = self._builder(subject, key, ends)
        if others:
            builder = builder.add_extension(x509.SubjectAlternativeName(others), critical=False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = builder.add_extension(authority, critical=False).sign(self._key, SHA256())
        pair = Pair(self._folder / f"{file or name}.crt", self._folder / f"{file or name}.key")
        pair.cert.write_bytes(certificate.public_bytes(Encoding.PEM))
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return pair

    def client(self, pair: Pair | None = None) -> ssl.SSLContext:
        """What a client connects with: trusts this authority, shows `pair`."""
        context = ssl.create_default_context(cafile=self.ca)
        if pair is not None:
            context.load_cert_chain(pair.cert, pair.key)
        return context

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, ends: timedelta
    ) -> x509.CertificateBuilder:
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(_NOW, _NOW + ends) - timedelta(days=1))
            .not_valid_after(_NOW + ends)
            .add_extension(identifier, critical=False)
        )

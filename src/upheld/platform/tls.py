"""TLS: the local authority for demos, and the certificate the listener presents.

ECDSA P-256, at most 90 days. The authority may only vouch for the demo's own names (name
constraints, RFC 5280 4.2.1.10), so installing it in a browser endangers nothing else; its
key is written with mode 0600 and never leaves `var`.
"""

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from upheld.platform.private import write_private

LOCAL_AUTHORITY = "Upheld local authority"
"""How the names of local authorities begin."""

_LOOPBACK = ipaddress.ip_network("127.0.0.1/32")
_LEAF_DAYS, _RENEW_DAYS, _AUTHORITY_DAYS = 60, 20, 825


def ensure_certificate(folder: Path, host: str) -> tuple[Path, Path, Path]:
    """Make authority and certificate for a host where missing or soon over.

    Returns:
        the authority's certificate, the listener's certificate chain, and its key.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, authority_key = folder / "authority.pem", folder / "authority.key"
    chain, key = folder / f"{host}.pem", folder / f"{host}.key"
    if not _is_good(authority, 90):
        _make_authority(authority, authority_key, host)
        chain.unlink(missing_ok=True)
    if not _is_good(chain, _RENEW_DAYS):
        _make_leaf(authority, authority_key, chain, key, host)
    return authority, chain, key


def _make_authority(path: Path, key_path: Path, host: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{LOCAL_AUTHORITY} for {host}")])
    permitted = [x509.DNSName(host), x509.IPAddress(_LOOPBACK)]
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        _builder(name, name, key, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_private(key_path, _key_bytes(key), replace=True)
    write_private(path, certificate.public_bytes(serialization.Encoding.PEM), replace=True, mode=0o644)


def _make_leaf(authority: Path, authority_key: Path, path: Path, key_path: Path, host: str) -> None:
    issuer = x509.load_pem_x509_certificate(authority.read_bytes())
    issuer_key = serialization.load_pem_private_key(authority_key.read_bytes(), None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)  # noqa: S101 - we made it
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(host), x509.IPAddress(_LOOPBACK.network_address)]
    certificate = (
        _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), issuer.subject, key, _LEAF_DAYS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    write_private(key_path, _key_bytes(key), replace=True)
    chain = certificate.public_bytes(serialization.Encoding.PEM) + authority.read_bytes()
    write_private(path, chain, replace=True, mode=0o644)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _is_good(path: Path, days_left: int) -> bool:
    if not path.exists():
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate.not_valid_after_utc - dt.datetime.now(dt.UTC) > dt.timedelta(days=days_left)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

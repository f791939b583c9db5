"""The listener's certificate: the operator's own, an ACME authority's (RFC 8555), or the local authority's.

From an ACME authority it is obtained and renewed here, when a third of its life is left: the
redirect's process answers the authority's challenge, and the listener takes a new certificate
over while it serves. Key and chain are one file, so that nobody ever reads half of a pair.
"""

import datetime as dt
import re
from pathlib import Path
from typing import Any, cast

import msgspec
import requests
from acme import challenges, client, crypto_util, errors, messages
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from upheld.kit.errors import UnavailableError
from upheld.platform.private import write_private
from upheld.platform.settings import Settings, SettingsError
from upheld.platform.tls import LOCAL_AUTHORITY, ensure_certificate

CHALLENGE_PATH = "/.well-known/acme-challenge/"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")
_PATIENCE = dt.timedelta(minutes=2)


class NoCertificateError(UnavailableError):
    """The ACME authority issued no certificate; the log says why, and it is tried again."""

    code = "no-certificate"


class Renewal(msgspec.Struct, frozen=True):
    """What became of the last tries: when one went well, when one failed, and how."""

    renewed_at: dt.datetime | None = None
    failed_at: dt.datetime | None = None
    failure: str = ""


def certificate_files(settings: Settings) -> tuple[Path, Path]:
    """Return the files of the chain and its key; made by the local authority where nothing better is there yet.

    Raises:
        SettingsError: the settings ask for two kinds of certificate.
    """
    host = _host(settings)
    if settings.certificate and settings.certificate_key:
        if settings.acme:
            msg = "UPHELD_ACME and UPHELD_CERTIFICATE are both set. Keep the one that is to be used."
            raise SettingsError(msg)
        return settings.certificate, settings.certificate_key
    if not settings.acme:
        _, chain, key = ensure_certificate(settings.var / "tls", host)
        return chain, key
    pair = _pair(settings)
    if not pair.exists():
        # So that the redirect and the listener are there when the authority asks.
        _, chain, key = ensure_certificate(settings.var / "tls", host)
        _folder(settings).mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(pair, key.read_bytes() + chain.read_bytes(), replace=True)
    return pair, pair


def presented(path: Path) -> x509.Certificate:
    """Return the first certificate of a chain."""
    return x509.load_pem_x509_certificates(path.read_bytes())[0]


def is_due(settings: Settings, now: dt.datetime) -> bool:
    """Whether it is time for another certificate: a third of this one's life is left, or it is for another name."""
    certificate = presented(certificate_files(settings)[0])
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    is_local = LOCAL_AUTHORITY in certificate.issuer.rfc4514_string()
    is_ours = _host(settings) in names.get_values_for_type(x509.DNSName)
    return is_local or not is_ours or certificate.not_valid_after_utc - now < life / 3


def challenge(settings: Settings, path: str) -> bytes | None:
    """Return the answer to an authority's challenge (RFC 8555, 8.3); None when it is none of ours."""
    token = path.removeprefix(CHALLENGE_PATH)
    if not settings.acme or token == path or not _TOKEN.fullmatch(token):
        return None
    try:
        return (_folder(settings) / "challenges" / token).read_bytes()
    except OSError:
        return None


def renew(settings: Settings, now: dt.datetime) -> None:
    """Obtain a certificate and put it in force; note what became of it.

    Raises:
        NoCertificateError: the authority did not issue one.
    """
    before = last_renewal(settings)
    try:
        pem = _obtained(settings)
    except (errors.Error, JoseError, requests.RequestException) as error:
        _note(settings, msgspec.structs.replace(before, failed_at=now, failure=_reason(error)))
        raise NoCertificateError from error
    write_private(_pair(settings), pem, replace=True)
    _note(settings, Renewal(renewed_at=now))


def last_renewal(settings: Settings) -> Renewal:
    """Return what became of the last tries."""
    try:
        return msgspec.json.decode((_folder(settings) / "renewal.json").read_bytes(), type=Renewal)
    except (OSError, msgspec.DecodeError):
        return Renewal()


def _obtained(settings: Settings) -> bytes:
    """Go through an order with the authority; return key and chain."""
    asked: Any = _client(settings)
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    order = asked.new_order(crypto_util.make_csr(key, [_host(settings)]))
    folder = _folder(settings) / "challenges"
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        for authorization in order.authorizations:
            _answer(asked, authorization, folder)
        deadline = dt.datetime.now() + _PATIENCE  # noqa: DTZ005 - the library compares with a naive clock
        chain = asked.poll_and_finalize(order, deadline).fullchain_pem
    finally:
        for path in folder.iterdir():
            path.unlink()
    return key + chain.encode()


def _client(settings: Settings) -> Any:  # noqa: ANN401 - what its types say of its messages is wrong
    """Return a client with our account, opened at the first time."""
    key = JWKEC(key=_account_key(settings))
    network = client.ClientNetwork(key, alg=ES256, user_agent="upheld", timeout=30)
    if settings.acme_authority:
        network.verify_ssl = cast("Any", str(settings.acme_authority))
    found = client.ClientV2(client.ClientV2.get_directory(settings.acme, network), network)
    try:
        found.new_account(messages.NewRegistration.from_data(terms_of_service_agreed=True))
    except errors.ConflictError as known:
        # The key has an account already; whoever asks for it by its address is told about it.
        account = messages.RegistrationResource(body=messages.Registration(), uri=known.location)
        network.account = found.query_registration(account)
    return found


def _answer(asked: Any, authorization: Any, folder: Path) -> None:  # noqa: ANN401 - as above
    """Lay the answer to a challenge out, and ask the authority to come for it."""
    if authorization.body.status == messages.STATUS_VALID:
        return
    over_http = (one for one in authorization.body.challenges if isinstance(one.chall, challenges.HTTP01))
    offered = next(over_http, None)
    if offered is None:
        msg = "the authority offers no challenge over HTTP"
        raise errors.Error(msg)
    response, validation = offered.response_and_validation(asked.net.key)
    write_private(folder / offered.chall.encode("token"), validation.encode(), replace=True)
    asked.answer_challenge(offered, response)


def _account_key(settings: Settings) -> ec.EllipticCurvePrivateKey:
    path = _folder(settings) / "account.key"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(path, pem)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - we made it
    return key


def _reason(error: Exception) -> str:
    """Say what went wrong, for the operator; an authority's words are about our host and nobody else."""
    if isinstance(error, errors.ValidationError):
        refused: Any = error.failed_authzrs
        failed: list[Any] = [one.error for each in refused for one in each.body.challenges if one.error]
        return "; ".join(f"{one.code}: {one.detail}" for one in failed)[:500]
    return f"{type(error).__name__}: {error}"[:500]


def _note(settings: Settings, renewal: Renewal) -> None:
    write_private(_folder(settings) / "renewal.json", msgspec.json.encode(renewal), replace=True)


def _folder(settings: Settings) -> Path:
    return settings.var / "acme"


def _pair(settings: Settings) -> Path:
    return _folder(settings) / "certificate.pem"


def _host(settings: Settings) -> str:
    return settings.host.rpartition(":")[0] or settings.host

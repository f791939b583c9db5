"""edge.certificates: how long the one in use still lasts, and whether somebody sees to the next."""

import asyncio
import datetime as dt
import socket
import ssl
from dataclasses import dataclass

from cryptography import x509

from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.handshakes import listener_of
from upheld.features.trust.scene import Scene
from upheld.platform.certificates import last_renewal
from upheld.platform.settings import Settings
from upheld.platform.standing import standings
from upheld.platform.tls import LOCAL_AUTHORITY

LONGEST_LIFE = dt.timedelta(days=100)
"""Longer ones outlive the mistakes that were made when they were issued; authorities give 90 days at most soon."""

_LATE = 4
"""A certificate of an ACME authority is renewed with a third of its life left; below a quarter something is wrong."""


@dataclass(frozen=True)
class Shown:
    """The certificate that a visitor is shown."""

    issuer: str
    begins: dt.datetime
    ends: dt.datetime

    @property
    def life(self) -> dt.timedelta:
        """How long it lasts from beginning to end."""
        return self.ends - self.begins


@probe(privilege="reads the settings", cost="one handshake with the listener")
async def left(scene: Scene) -> Finding:
    """Look at the certificate that visitors are shown: when it ends, who renews it, and when that last went well."""
    settings, now = scene.settings, dt.datetime.now(dt.UTC)
    shown = await asyncio.to_thread(_shown, settings)
    renewal = last_renewal(settings)
    faults = faults_of(shown, now)
    if settings.acme:
        faults += ["the process that renews it does not run"] if not _is_seen_to(settings) else []
        faults += [f"renewing it failed last: {renewal.failure}"] if renewal.failure and shown_late(shown, now) else []
    return judged(
        faults,
        days_left=(shown.ends - now).days,
        issued_by=shown.issuer,
        last_renewal=renewal.renewed_at.isoformat(timespec="seconds") if renewal.renewed_at else None,
        renewed_by=_renewed_by(settings, shown),
    )


def faults_of(shown: Shown, now: dt.datetime) -> list[str]:
    """Return what is wrong with how long a certificate still lasts."""
    if shown.ends <= now:
        return [f"the certificate ended on {shown.ends:%Y-%m-%d}"]
    faults = [f"it lasts {shown.life.days} days"] if shown.life > LONGEST_LIFE else []
    return faults + ([f"it ends on {shown.ends:%Y-%m-%d}, and nobody has renewed it"] if shown_late(shown, now) else [])


def shown_late(shown: Shown, now: dt.datetime) -> bool:
    """Whether less of a certificate is left than there ever should be."""
    return shown.ends - now < shown.life / _LATE


def _is_seen_to(settings: Settings) -> bool:
    return any(one.name == "certificates" for one in standings(settings.var))


def _renewed_by(settings: Settings, shown: Shown) -> str:
    if settings.acme:
        return "this deployment, from its ACME authority"
    is_local = LOCAL_AUTHORITY in shown.issuer
    return "this deployment, each time it starts" if is_local else "whoever replaces the file, which is watched"


def _shown(settings: Settings) -> Shown:
    """Shake hands as anybody, so that a certificate that is over can be seen too."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(listener_of(settings), timeout=10) as raw,
            anyone.wrap_socket(raw, server_hostname=settings.host.partition(":")[0]) as secured,
        ):
            content = secured.getpeercert(binary_form=True)
    except OSError as error:
        msg = f"{settings.listen} does not answer ({type(error).__name__}). Is the deployment running?"
        raise CannotLookError(msg) from error
    certificate = x509.load_der_x509_certificate(content or b"")
    issuer = certificate.issuer.rfc4514_string()
    return Shown(issuer, certificate.not_valid_before_utc, certificate.not_valid_after_utc)

"""Leaving for another site, and coming back with a proof.

What makes an answer ours: a departure that exists and is used up by it, noted for this provider and
for the browser that carries its secret. The code verifier and the nonce are made of that secret,
so nothing that is stored lets anybody finish what a browser began.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from upheld.features.accounts.actions import has_password
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.features.providers import store
from upheld.features.providers.errors import AnotherPersonError, DeclinedError, NotExpectedError
from upheld.features.providers.model import (
    Arrival,
    Departure,
    Entered,
    Leaving,
    Left,
    Linking,
    Newcomer,
    Proven,
    Purpose,
)
from upheld.kit.errors import RefusedError
from upheld.platform.limits import take
from upheld.platform.limits.rules import DEPARTURES_PER_ADDRESS
from upheld.platform.openid.client import Answer, Asking, Client, Proof
from upheld.platform.services import Platform


@dataclass(frozen=True)
class Back:
    """What an address of return was opened with."""

    state: str
    code: str
    issuer: str | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Back":
        """Read the query of an address of return; what is missing is empty, an error has no code."""
        code = "" if "error" in query else query.get("code", "")
        return cls(query.get("state", ""), code, query.get("iss"))


def return_address(platform: Platform, provider: str) -> str:
    """Return where a provider sends people back: an address for each, so that none can answer for another."""
    return f"{platform.settings.address}/sign-in/with/{provider}/back"


async def leave(
    platform: Platform,
    client: Client,
    purpose: Purpose,
    to: dict[str, str],
    address: str,
    session: UUID | None = None,
) -> Left:
    """Note that a browser leaves for a provider.

    Args:
        platform: the services of this process.
        client: the provider.
        purpose: what for.
        to: the way back, by the name of a route.
        address: where the browser is, on the network.
        session: the session that links or proves.

    Raises:
        TooSoonError: too many leave from there.
        ProviderAwayError: the provider cannot be asked where to go.
    """
    state, secret = secrets.token_urlsafe(32), secrets.token_bytes(32)
    async with platform.database.attempt() as tx:
        await take(tx, platform, DEPARTURES_PER_ADDRESS, address)
    name = client.provider.id
    asking = _asking(platform, name, state, secret, platform.clock.now(), purpose)
    there = await client.address(asking)
    async with platform.database.transaction("gate") as tx:
        await store.note_departure(tx, _hash(state.encode()), _hash(secret), name, purpose)
    return Left(there, Leaving(name, secret, to, session))


async def arrive(platform: Platform, client: Client, leaving: Leaving | None, back: Back, origin: str) -> Arrival:
    """Return what coming back amounts to.

    Raises:
        NotExpectedError: this browser did not leave for this provider, or has come back before.
        DeclinedError: the provider or the person did not want to.
        NotProvenError: the answer does not prove anything.
        AnotherPersonError: somebody else's proof came back for this session.
        ProviderAwayError: the provider cannot be asked.
    """
    try:
        departure, proof = await _proven(platform, client, leaving, back)
        assert leaving is not None  # noqa: S101 - or it would not have been proven; narrows the type
        return await _amounts_to(platform, departure, proof, leaving)
    except RefusedError:
        async with platform.database.attempt() as tx:
            await record_at_gate(tx, platform, None, Action.SIGN_IN_FAILED, origin)
        raise


async def _proven(platform: Platform, client: Client, leaving: Leaving | None, back: Back) -> tuple[Departure, Proof]:
    name = client.provider.id
    if leaving is None or leaving.provider != name:
        raise NotExpectedError
    async with platform.database.attempt() as tx:
        departure = await store.use_departure(tx, _hash(back.state.encode()), _hash(leaving.secret), name)
    if departure is None:
        raise NotExpectedError
    if not back.code:
        raise DeclinedError
    asking = _asking(platform, name, back.state, leaving.secret, departure.begun_at, departure.purpose)
    return departure, await client.proof(asking, Answer(back.code, back.issuer))


async def _amounts_to(platform: Platform, departure: Departure, proof: Proof, leaving: Leaving) -> Arrival:
    if departure.purpose is Purpose.LINK and leaving.session is not None:
        return Linking(proof, leaving.session)
    person = await _whose(platform, proof)
    if departure.purpose is Purpose.PROVE and leaving.session is not None:
        if person is None:
            raise AnotherPersonError
        return Proven(person, leaving.session)
    if person is None:
        return Newcomer(proof, leaving.to)
    return await entered(platform, person, proof)


async def entered(platform: Platform, person: UUID, proof: Proof) -> Entered:
    """Return that a proof opens an account, and whether it counts as a fresh one.

    Whoever is signed in at a provider comes through it without being asked for anything. So it counts when the
    provider says that it did ask, a moment ago. Of a provider that cannot be asked that, it counts
    for those alone who have no password here that they could be asked for instead.
    """
    if proof.proven_at is None:
        return Entered(person, is_proof=not await has_password(platform, person))
    since = platform.clock.now() - platform.settings.fresh_for
    return Entered(person, is_proof=proof.proven_at > since.timestamp())


async def _whose(platform: Platform, proof: Proof) -> UUID | None:
    """Return whose account an identity opens, by issuer and subject: the one look-up there is."""
    async with platform.database.transaction("gate") as tx:
        found = [await store.use_identity(tx, index) for index in identity_indexes(platform, proof)]
    return next((person for person in found if person), None)


def identity_indexes(platform: Platform, proof: Proof) -> list[bytes]:
    """Return what an identity may be stored under, the newest first."""
    return platform.blind_indexes("identity", f"{proof.issuer}\x00{proof.subject}")


def _asking(
    platform: Platform, provider: str, state: str, secret: bytes, begun_at: datetime, purpose: Purpose
) -> Asking:
    # A session there that is older than any here can get opens none.
    within = timedelta() if purpose is Purpose.PROVE else platform.settings.session_lifetime

    def derived(what: str) -> str:
        made = hmac.digest(secret, f"{what}\x00{state}".encode(), hashlib.sha256)
        return urlsafe_b64encode(made).rstrip(b"=").decode()

    return Asking(state, derived("verifier"), derived("nonce"), return_address(platform, provider), begun_at, within)


def _hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()

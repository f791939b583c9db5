"""auth.password: what is kept of passwords, what counts of them, and what is refused as one."""

import re
from http import HTTPStatus
from urllib.parse import urlencode

import asyncpg

from upheld.features.trust.cast import hidden_in
from upheld.features.trust.people import FORM, Actor, another_address, sign_in
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.everything import QUERIES, READS_EVERYTHING, every_row
from upheld.features.trust.scene import Scene
from upheld.platform.passwords import cost_of, hash_password

FLOOR = 10
"""The promised cost; a deployment may choose a higher one."""

_TOO_FAST = 4
_BYTES_OF_BCRYPT = 72


@probe(privilege=READS_EVERYTHING, cost="one query over every stored hash")
async def cost(scene: Scene) -> Finding:
    """Count the stored hashes by kind and cost: each is bcrypt's, whole, and slow enough."""
    async with every_row(scene) as connection:
        rows = await connection.fetch(QUERIES["hashes_by_beginning"].sql)
    counts = {str(row["beginning"]): int(row["number"]) for row in rows}
    malformed = sum(int(row["malformed"]) for row in rows)
    faults = [f"{malformed} stored passwords are no hash of bcrypt"] if malformed else []
    for beginning, number in counts.items():
        found = re.fullmatch(r"\$2[aby]\$(\d\d)\$", beginning)
        if found and int(found[1]) < FLOOR:
            faults.append(f"{number} hashes were made at cost {int(found[1])}, below {FLOOR}")
    shown = {beginning: number for beginning, number in counts.items() if beginning.startswith("$2")}
    return judged(faults, hashes=shown, floor=FLOOR, chosen=scene.settings.bcrypt_cost)


@probe(privilege="the role `gate`, for a probe person's own hash", cost="at most three passwords hashed")
async def grows(scene: Scene) -> Finding:
    """Try to store a hash below the floor; let a probe person with one at the floor sign in, and see it replaced."""
    someone, chosen = (await scene.cast()).stranger, scene.settings.bcrypt_cost
    before = await _hash_of(scene, someone)
    faults: list[str] = []
    try:
        if await _stored(scene, someone, await hash_password(someone.password, _TOO_FAST)):
            faults.append(f"the database takes a hash at cost {_TOO_FAST}")
        await _stored(scene, someone, await hash_password(someone.password, FLOOR))
        answer = await sign_in(scene.site, someone.email, someone.password)
        after = cost_of(await _hash_of(scene, someone))
    finally:
        await _stored(scene, someone, before)
    if answer.status != HTTPStatus.SEE_OTHER:
        faults.append(f"signing in answered {answer.status}")
    if after < chosen:
        faults.append(f"after signing in the hash still costs {after}, not {chosen}")
    return judged(faults, refused=_TOO_FAST, planted=FLOOR, afterwards=after)


@probe(privilege="the passwords of probe people", cost="three passwords checked or hashed, ten requests")
async def handling(scene: Scene) -> Finding:
    """Sign in with the beginning of a long password only, and register with passwords that are none."""
    cast = await scene.cast()
    long = cast.candidate.password
    tries = {
        "its first 72 bytes": long[:_BYTES_OF_BCRYPT],
        "its first 72 bytes and another end": long[:_BYTES_OF_BCRYPT] + "another end",
    }
    elsewhere = scene.site.seen_from(another_address())
    faults: list[str] = []
    for what, tried in tries.items():
        answer = await sign_in(elsewhere, cast.candidate.email, tried)
        if answer.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            faults.append(f"a password of {len(long)} bytes: {what} was answered {answer.status}")
    name = cast.stranger.email.split("@")[0]
    weak = {"empty": "", "short": "eleven char", "the own address in it": f"{name} 1234567890"}
    for what, tried in weak.items():
        if await _register(scene, cast.stranger, tried) != HTTPStatus.UNPROCESSABLE_ENTITY:
            faults.append(f"a password was not refused that is {what}")
    if await _register(scene, cast.stranger, long) != HTTPStatus.SEE_OTHER:
        faults.append("a good password is refused as well: this probe is blind")
    return judged(faults, long_password_bytes=len(long), tries=list(tries), refused=list(weak))


async def _register(scene: Scene, someone: Actor, password: str) -> int:
    """Register with the address of somebody who is here, so that nobody comes of it; return the answer's status."""
    page = (await scene.site.ask("GET", "/register")).body.decode()
    form = {"email": someone.email, "password": password, "account": "yes", "notice": hidden_in(page, "notice")}
    return (await scene.site.ask("POST", "/register", FORM, urlencode(form).encode())).status


async def _hash_of(scene: Scene, someone: Actor) -> str:
    async with scene.platform.database.transaction("gate") as tx:
        return await tx.value(QUERIES["credential_of"], someone.person)


async def _stored(scene: Scene, someone: Actor, password_hash: str) -> bool:
    """Give a probe person another hash; whether the database took it."""
    try:
        async with scene.platform.database.transaction("gate") as tx:
            await tx.value(QUERIES["replace_credential"], someone.person, password_hash)
    except asyncpg.CheckViolationError:
        return False
    return True

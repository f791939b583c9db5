"""auth.ratelimit: strangers who guess keep nobody out of an account, in a browser that it knows.

Both limits that strangers share are spent, at a probe account and at an address of this machine that
nobody else comes from; then its owner comes, from that very address.
"""

import re
from http import HTTPStatus
from urllib.parse import urlencode

from upheld.features.trust.cast import Cast
from upheld.features.trust.people import FORM, another_address
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.guessing import WRONG
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer, Site
from upheld.platform.limits import Limit, count
from upheld.platform.limits.rules import FAILURES_PER_ADDRESS, SIGN_IN_PER_ACCOUNT, SIGN_IN_PER_DEVICE
from upheld.platform.web.cookies import DEVICE_COOKIE

_MORE = 2


@probe(
    privilege="the role `gate`, to count tries; asks from other addresses of this machine",
    cost="some sixteen passwords checked, as many requests",
)
async def lockout(scene: Scene) -> Finding:
    """Spend what strangers may try, then come as the owner: known here, known elsewhere, and with another's cookie."""
    cast, place = await scene.cast(), another_address()
    site, owner, other = scene.site.seen_from(place), cast.candidate, cast.stranger
    device = _device_in(await _enter(site, owner.email, owner.password))
    of_another = _device_in(await _enter(site, other.email, other.password))
    await _spend(scene, cast, place)
    answers = {
        "a browser that the account knows": await _enter(site, owner.email, owner.password, device),
        "a browser that it does not know": await _enter(site, owner.email, owner.password),
        "a browser that another account knows": await _enter(site, owner.email, owner.password, of_another),
    }
    known, *strangers = answers
    faults = [f"{who} is let in like one that the account knows" for who in strangers if _is_in(answers[who])]
    if not _is_in(answers[known]):
        faults.append(f"{known} is kept out by strangers who guess ({answers[known].status})")
    guesses = [await _enter(site, owner.email, WRONG, device) for _ in range(SIGN_IN_PER_DEVICE.at_most + _MORE)]
    if all(guess.status != HTTPStatus.TOO_MANY_REQUESTS for guess in guesses):
        faults.append(f"a stolen cookie: {len(guesses)} guesses, and none was asked to wait")
    return judged(faults, answers={who: answer.status for who, answer in answers.items()})


async def _spend(scene: Scene, cast: Cast, place: str) -> None:
    """Count what strangers may try, in this process, as others would at another machine."""
    spent: list[tuple[Limit, str]] = [(SIGN_IN_PER_ACCOUNT, cast.candidate.email), (FAILURES_PER_ADDRESS, place)]
    async with scene.platform.database.attempt() as tx:
        for limit, subject in spent:
            for _ in range(limit.at_most):
                await count(tx, scene.platform, limit, subject)


async def _enter(site: Site, email: str, password: str, device: str = "") -> Answer:
    kept = {"cookie": f"{DEVICE_COOKIE}={device}"} if device else {}
    return await site.ask(
        "POST", "/sign-in", {**FORM, **kept}, urlencode({"email": email, "password": password}).encode()
    )


def _is_in(answer: Answer) -> bool:
    return answer.status == HTTPStatus.SEE_OTHER


def _device_in(answer: Answer) -> str:
    """Return the cookie by which the account knows this browser from now on; nothing when it was given none."""
    found = (re.match(rf"{DEVICE_COOKIE}=([^;]+)", said) for said in answer.all("set-cookie"))
    return next((one[1] for one in found if one), "")

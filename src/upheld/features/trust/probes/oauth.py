"""auth.oauth: a provider that says whatever an attacker wants, and the product's own code that hears it."""

import secrets
import time
from dataclasses import dataclass, replace
from uuid import uuid4

from upheld.features.accounts.model import Registration
from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.features.providers.actions import arrive, confirm, leave, register_newcomer
from upheld.features.providers.actions.entering import Back
from upheld.features.providers.errors import OtherBrowserError
from upheld.features.providers.model import Arrival, Entered, Left, Newcomer, Purpose, Waiting
from upheld.features.trust.cast import Cast
from upheld.features.trust.people import sign_in
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.impostor import FORGERIES, Impostor, lies
from upheld.features.trust.scene import Scene
from upheld.kit.errors import RefusedError
from upheld.platform.openid.client import Client
from upheld.platform.openid.presets import PRESETS, Defence

_ORIGIN = "upheld verify"


@dataclass
class Attack:
    """Somebody with a provider at their command, and the deployment they attack."""

    scene: Scene
    impostor: Impostor

    async def leaves(self) -> tuple[Client, Left]:
        """Begin to sign in."""
        client = Client(self.impostor.provider, self.impostor)
        left = await leave(self.scene.platform, client, Purpose.ENTER, {}, f"probe {uuid4()}")
        return client, left

    async def arrives(self) -> Arrival | None:
        """Sign in through the provider; None when that is refused."""
        client, left = await self.leaves()
        return await self.returns(client, left, self.impostor.visited(left.address))

    async def returns(self, client: Client, left: Left | None, query: dict[str, str]) -> Arrival | None:
        """Come back with an answer; None when it is refused."""
        leaving = left.leaving if left else None
        try:
            return await arrive(self.scene.platform, client, leaving, Back.of(query), _ORIGIN)
        except RefusedError:
            return None

    async def asks_for(self, newcomer: Newcomer, email: str) -> Waiting | Entered:
        """Register with an address, as a probe."""
        platform = self.scene.platform
        async with platform.database.transaction("gate") as tx:
            notice = await notice_in_force(tx, Kind.ACCOUNT, "en")
        asked = Registration(email, None, notice.id, reads_resumes=False, is_probe=True)
        return await register_newcomer(platform, newcomer, asked, f"probe {uuid4()}", _ORIGIN)


@probe(privilege="a provider inside the probe's own process", cost="some thirty sign-ins that fail, two registrations")
async def attacks(scene: Scene) -> Finding:
    """Attack with statements about addresses, with forged ones, and with answers that were not asked for."""
    cast = await scene.cast()
    faults = [
        *await _taken_over(scene, cast), *await _planted(scene), *await _forged(scene), *await _not_asked_for(scene),
        *undeclared(),
    ]  # fmt: skip
    statements = len(FORGERIES) + len(lies(0))
    return judged(faults, forged_statements=statements, presets=len(PRESETS), defences=len(Defence))


async def _taken_over(scene: Scene, cast: Cast) -> list[str]:
    """State the address of somebody who has an account: it must not open, and nothing may be joined to it."""
    victim = cast.candidate
    attack = Attack(scene, Impostor(subject=secrets.token_hex(8), email=victim.email))
    arrival = await attack.arrives()
    if not isinstance(arrival, Newcomer):
        return ["an account is opened because a provider states its address"]
    outcome = await attack.asks_for(arrival, victim.email)
    faults = ["a registration takes an account over"] if not isinstance(outcome, Waiting) else []
    if not isinstance(await attack.arrives(), Newcomer):
        faults.append("an identity is joined to an account because their addresses are alike")
    answer = await sign_in(scene.site, victim.email, victim.password)
    return faults + ([] if answer.one("set-cookie") else ["who had the account is kept out of it"])


async def _planted(scene: Scene) -> list[str]:
    """Register with another's address before they do; their mail must not let the attacker in."""
    attack = Attack(scene, Impostor(subject=secrets.token_hex(8)))
    arrival = await attack.arrives()
    if not isinstance(arrival, Newcomer):
        return ["this probe is blind: a newcomer is not taken for one"]
    await attack.asks_for(arrival, f"probe-{secrets.token_hex(8)}@probe.invalid")
    faults = [] if isinstance(await attack.arrives(), Newcomer) else ["an address that nobody proved opens an account"]
    try:
        await confirm(scene.platform, None, "whatever the mail says", _ORIGIN)
    except OtherBrowserError:
        return faults
    return [*faults, "the mail of a registration lets somebody in who did not begin it"]


async def _forged(scene: Scene) -> list[str]:
    """State what was not asked for, and sign it as it should not be."""
    honest = Impostor(subject=secrets.token_hex(8))
    tries = {name: replace(honest, signs=sign) for name, sign in FORGERIES.items()}
    tries |= {name: replace(honest, states=said) for name, said in lies(int(time.time())).items()}
    believed = [name for name, impostor in tries.items() if await Attack(scene, impostor).arrives() is not None]
    return [f"a statement {name} is believed" for name in believed]


async def _not_asked_for(scene: Scene) -> list[str]:
    """Answer twice, in another browser, without having been asked, and in another provider's place."""
    attack = Attack(scene, Impostor(subject=secrets.token_hex(8)))
    client, left = await attack.leaves()
    query = attack.impostor.visited(left.address)
    faults = (
        ["an answer is taken from a browser that asked nothing"] if await attack.returns(client, None, query) else []
    )
    _, other = await attack.leaves()
    if await attack.returns(client, other, query) is not None:
        faults.append("an answer is taken from another browser")
    elsewhere = Impostor(id="elsewhere", issuer="https://elsewhere.example")
    if await attack.returns(Client(elsewhere.provider, elsewhere), left, query) is not None:
        faults.append("one provider answers in the place of another")
    if await attack.returns(client, left, {**query, "iss": elsewhere.issuer}) is not None:
        faults.append("an answer that names another provider is taken")
    client, left = await attack.leaves()
    first = await attack.returns(client, left, attack.impostor.visited(left.address))
    if first is None:
        return [*faults, "this probe is blind: an honest answer is refused"]
    # The provider would hand out tokens again: what counts is that nothing waits for them.
    again = {**attack.impostor.visited(left.address)}
    return faults + (["an answer counts twice"] if await attack.returns(client, left, again) is not None else [])


def undeclared() -> list[str]:
    """Return the defences that a preset neither offers nor says how it makes up for."""
    return [
        f"{preset.name}: {defence} is neither offered nor made up for"
        for preset in PRESETS.values()
        for defence in Defence
        if (defence in preset.offers) is (defence in preset.instead)
    ]

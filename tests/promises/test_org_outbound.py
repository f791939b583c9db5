"""org.outbound, red under each of its sabotages."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.promises.faults import Scratch
from upheld.features.trust.probes import outbound as probe
from upheld.features.trust.probes.outbound import INSIDE, OUTSIDE, SPELLINGS, Pretended
from upheld.platform import outbound
from upheld.platform.outbound import (
    Asked,
    Fetched,
    Network,
    Outbound,
    OutboundFailedError,
    OutboundRefusedError,
    is_public,
)

pytestmark = pytest.mark.anyio


def any_address(_: str) -> bool:
    """Find every address public."""
    return True


class Forgetful(Outbound):
    """Checks what a name stands for, then connects to the name: it is resolved once more."""

    def __init__(self, network: Network) -> None:
        """Take a network whose name service is asked again when somebody connects."""
        super().__init__(_AskedAgain(network))


class _AskedAgain:
    def __init__(self, network: Network) -> None:
        self._network = network

    async def resolve(self, host: str) -> Sequence[str]:
        return await self._network.resolve(host)

    async def exchange(self, address: str, asked: Asked, seconds: float) -> Fetched:  # noqa: ARG002 - forgotten
        return await self._network.exchange((await self._network.resolve(asked.host))[0], asked, seconds)


async def test_no_hostile_address_leads_inside(swift: Scratch) -> None:
    found = await swift.look("org.outbound.corpus")
    assert found.state == "upheld", found


async def test_org_outbound_corpus_is_red_when_only_the_spelling_is_checked(
    swift: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "is_public", any_address)
    await swift.sees_red("org.outbound.corpus", "a name that stands for 0.0.0.1 is fetched", "127.0.0.1 is fetched")


async def test_org_outbound_corpus_is_red_when_the_name_is_resolved_again_to_connect(
    swift: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "Outbound", Forgetful)
    await swift.sees_red("org.outbound.corpus", "the address that was checked is not the one that is connected to")


async def test_org_outbound_corpus_is_red_when_any_spelling_will_do(
    swift: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lax(url: str) -> tuple[str, str]:
        return url.split("/")[2] if url.count("/") > 1 else url, "/"

    monkeypatch.setattr(outbound, "parts_of", lax)
    await swift.sees_red("org.outbound.corpus", "'https://10.0.0.1/' is fetched", "'http://example.org/' is fetched")


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", SPELLINGS)
async def test_a_hostile_spelling_is_refused_before_anybody_is_asked(url: str) -> None:
    network = Pretended([["93.184.215.14"]])
    with pytest.raises(OutboundRefusedError):
        await Outbound(network).get(url)
    assert network.connected == []


async def test_an_ordinary_address_is_fetched_with_its_query() -> None:
    seen: list[Asked] = []

    class Noting(Pretended):
        async def exchange(self, address: str, asked: Asked, seconds: float) -> Fetched:
            seen.append(asked)
            return await super().exchange(address, asked, seconds)

    answer = await Outbound(Noting([["93.184.215.14"]], ["/b?c=d"])).get("https://xn--bcher-kva.example.org/a")
    assert answer.status == 200
    assert [(one.host, one.path) for one in seen] == [
        ("xn--bcher-kva.example.org", "/a"), ("xn--bcher-kva.example.org", "/b?c=d"),
    ]  # fmt: skip


async def test_who_answers_slowly_is_not_waited_for() -> None:
    class Slow(Pretended):
        async def resolve(self, host: str) -> Sequence[str]:
            await asyncio.sleep(5)
            return await super().resolve(host)

    with pytest.raises(OutboundFailedError):
        await Outbound(Slow([["93.184.215.14"]]), outbound.timedelta(seconds=0.05)).get("https://example.org/")

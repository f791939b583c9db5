"""Proxies: only those that the operator names are believed, and only about whom they themselves saw."""

from typing import Any, cast

import httpx
import pytest
from litestar import get

from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from upheld.main.web import create_app
from upheld.platform.settings import Settings, SettingsError
from upheld.platform.web.proxies import Proxies, client_of, trusted_networks
from upheld.platform.web.visits import Visit

TRUSTED = trusted_networks("10.0.0.0/8, 192.0.2.1 fd00::/8")
PROXY, STRANGER = "10.1.2.3", "203.0.113.9"
CLIENT = "198.51.100.7"

# What came in X-Forwarded-For by way of the proxy, and whom it comes from.
CHAINS: tuple[tuple[list[str], str], ...] = (
    ([], PROXY),
    ([""], PROXY),
    ([CLIENT], CLIENT),
    ([f"{CLIENT}:4711"], CLIENT),
    ([f" {CLIENT} "], CLIENT),
    ([f"{CLIENT}, 10.9.9.9"], CLIENT),
    ([CLIENT, "10.9.9.9"], CLIENT),
    ([f"{CLIENT}, 10.9.9.9, 192.0.2.1"], CLIENT),
    ([f"1.1.1.1, {CLIENT}"], CLIENT),
    ([f"127.0.0.1, 10.0.0.1, {CLIENT}"], CLIENT),
    ([f"10.0.0.1, {CLIENT}, 10.9.9.9"], CLIENT),
    (["10.9.9.9"], "10.9.9.9"),
    (["10.9.9.9, 10.8.8.8"], "10.9.9.9"),
    (["2001:db8::7"], "2001:db8::7"),
    (["[2001:db8::7]"], "2001:db8::7"),
    (["[2001:db8::7]:443"], "2001:db8::7"),
    (["2001:db8::7%eth0"], "2001:db8::7"),
    ([f"::ffff:{CLIENT}"], CLIENT),
    (["::ffff:10.9.9.9"], "10.9.9.9"),
    (["fd00::5"], "fd00::5"),
    (["unknown"], PROXY),
    ([f"{CLIENT}, unknown"], PROXY),
    ([f"{CLIENT}, unknown, 10.9.9.9"], "10.9.9.9"),
    (["127.1"], PROXY),
    (["0x7f.0.0.1"], PROXY),
    (["010.0.0.1"], PROXY),
    (["10.0.0.1.evil.example"], PROXY),
    (["<script>"], PROXY),
    (["'; drop table people; --"], PROXY),
    (["\r\nx: y"], PROXY),
    (["1" * 9000], PROXY),
    (["10.9.9.9," * 2000 + CLIENT], CLIENT),
    ([CLIENT + ",10.9.9.9" * 2000], "10.9.9.9"),
)
FORWARDED = (
    ([f"for={CLIENT}"], CLIENT),
    ([f"For={CLIENT};proto=http;by=10.1.1.1"], CLIENT),
    ([f'proto=https; for="{CLIENT}:4711"'], CLIENT),
    (['for="[2001:db8::7]:4711"'], "2001:db8::7"),
    ([f"for=1.1.1.1, for={CLIENT}"], CLIENT),
    ([f"for={CLIENT}", "for=10.9.9.9"], CLIENT),
    (["for=unknown"], PROXY),
    (["for=_hidden"], PROXY),
    ([f"for={CLIENT}, for=_hidden"], PROXY),
    ([f'for={CLIENT}, by="a,for=1.1.1.1"'], PROXY),
    ([f'for="{CLIENT}, for=1.1.1.1"'], PROXY),
    ([f"for={CLIENT};for=1.1.1.1"], PROXY),
    ([f"xfor={CLIENT}"], PROXY),
    ([CLIENT], PROXY),
    (['for="' + "\\" * 3000], PROXY),
)


@pytest.mark.parametrize(("said", "client"), CHAINS)
def test_a_chain_is_followed_to_the_first_address_that_is_no_proxy(said: list[str], client: str) -> None:
    assert client_of(PROXY, said, TRUSTED, is_forwarded=False) == client


@pytest.mark.parametrize(("said", "client"), FORWARDED)
def test_the_standard_header_is_read_as_its_standard_says(said: list[str], client: str) -> None:
    assert client_of(PROXY, said, TRUSTED, is_forwarded=True) == client


@pytest.mark.parametrize("said", [said for said, _ in (*CHAINS, *FORWARDED)])
def test_whoever_is_not_trusted_is_who_they_are(said: list[str]) -> None:
    for is_forwarded in (False, True):
        assert client_of(STRANGER, said, TRUSTED, is_forwarded=is_forwarded) == STRANGER
        assert client_of(PROXY, said, (), is_forwarded=is_forwarded) == PROXY
        assert client_of("unix", said, TRUSTED, is_forwarded=is_forwarded) == "unix"


@pytest.mark.parametrize(
    ("named", "header"),
    [("0.0.0.0/0", "forwarded"), ("::/0", "forwarded"), ("10.0.0.1/8", "forwarded"), ("all", "forwarded"),
     ("10.0.0.0/8", "x-real-ip")],
)  # fmt: skip
def test_trusting_everybody_or_nobody_that_can_be_named_is_refused(named: str, header: str) -> None:
    with pytest.raises(SettingsError):
        Proxies(cast("Any", None), Settings(trusted_proxies=named, proxy_header=header))


@get("/probe/from", opt={"public": True})
async def whence(visit: Visit) -> dict[str, str]:
    """Say from where a request came, as limits and the audit log know it."""
    return {"address": visit.address, "origin": visit.origin}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("chosen", "peer", "known"),
    [
        ({}, PROXY, PROXY),
        ({"trusted_proxies": "10.0.0.0/8"}, PROXY, CLIENT),
        ({"trusted_proxies": "10.0.0.0/8"}, STRANGER, STRANGER),
        ({"trusted_proxies": "10.0.0.0/8", "proxy_header": "forwarded"}, PROXY, "192.0.2.44"),
    ],
)
async def test_limits_and_the_audit_log_know_the_address_that_is_true(
    cluster: Cluster, chosen: dict[str, str], peer: str, known: str
) -> None:
    async with deployed(cluster, **chosen) as deployment:
        app = create_app(deployment.platform, [whence])
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=cast("Any", app), client=(peer, 4711)),
            base_url=deployment.settings.address,
            headers={"x-forwarded-for": CLIENT, "forwarded": "for=192.0.2.44", "x-real-ip": "1.1.1.1"},
        ) as client:
            said = (await client.get("/probe/from", headers={"x-forwarded-host": "evil.example"})).json()
    assert said["address"] == known
    assert said["origin"].startswith(f"{known} ")

"""org.outbound: hostile addresses, given to the product's own client on a network that notes where it would go."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.kit.errors import UpheldError
from upheld.platform.outbound import Asked, Fetched, Outbound

PUBLIC = "93.184.215.14"

# Spellings that one program or another reads as an address inside, or that are not plain https.
SPELLINGS = (
    "http://example.org/", "HTTP://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/",
    "//example.org/", "https:example.org", "https:/example.org", "https:///example.org", "https://", "javascript:x",
    "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://0/",
    "https://0.0.0.0/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[0:0:0:0:0:0:0:1]/",
    "https://[64:ff9b::7f00:1]/", "https://[fe80::1%25eth0]/", "https://169.254.169.254/", "https://10.0.0.1/",
    "https://localhost/", "https://localhost./", "https://LOCALHOST/", "https://example.org./", "https://a_b.example/",
    "https://example.org:80/", "https://example.org:22/", "https://example.org:443/", "https://example.org:/",
    "https://user@example.org/", "https://example.org@127.0.0.1/", "https://127.0.0.1#@example.org/",
    "https://example.org\\@127.0.0.1/", "https://example.org\t/", "https://exa\nmple.org/", " https://example.org/",
    "https://example.org /", "https://example.org%2f@127.0.0.1/", "https://%31%32%37.0.0.1/", "https://example..org/",
    "https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "https://\u24dbocalhost/", "https://127\u30020\u30020\u30021/", "https://-example.org/",
    "https://example-.org/", "https://example.123/", "https://example.0x7f/", f"https://{'a' * 64}.org/",
    f"https://{'a.' * 130}org/", "https://example.org\x00.internal/", "https://ex\xe4mple.org/",
)  # fmt: skip

# First, last and one in between of what is not public; and public ones' disguises.
INSIDE = (
    "0.0.0.1", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
    "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1",
    "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:93.184.215.14", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::5db8:d70e", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1",
    "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::1", "2620:4f:8000::1", "3fff::1", "5f00::1",
    "fc00::1", "fdff::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2600::1%eth0", "not an address", "",
)  # fmt: skip
OUTSIDE = (PUBLIC, "1.1.1.1", "9.255.255.255", "11.0.0.0", "172.32.0.1", "192.169.0.1", "2600::1", "2a00:1450::1")


@dataclass
class Pretended:
    """A network without wires: it answers as it was told, and notes to which addresses somebody connects."""

    answers: list[Sequence[str]]
    """What the name service says, one after the other; the last is repeated."""

    locations: list[str] = field(default_factory=list[str])
    connected: list[str] = field(default_factory=list[str])

    async def resolve(self, host: str) -> Sequence[str]:  # noqa: ARG002 - every name stands for the same
        """Answer as the next time."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def exchange(self, address: str, asked: Asked, seconds: float) -> Fetched:  # noqa: ARG002 - nothing is sent
        """Note the address; redirect as long as there is somewhere to lead."""
        self.connected.append(address)
        location = self.locations.pop(0) if self.locations else ""
        return Fetched(302 if location else 200, location, b"")


@probe(privilege="none", cost="opens no connection")
async def corpus(scene: Scene) -> Finding:  # noqa: ARG001 - the client is the same everywhere
    """Give the client hostile spellings, answers of name services, and redirects; none may lead inside."""
    faults = [f"{url!a} is fetched" for url in SPELLINGS if await _goes_to(Pretended([[PUBLIC]]), url)]
    asked = [(one, said) for one in INSIDE for said in ([one], [PUBLIC, one], [one, PUBLIC])]
    faults += [f"a name that stands for {one} is fetched" for one, said in asked if await _goes_to(Pretended([said]))]
    faults += [
        f"a name that stands for {one} is not fetched" for one in OUTSIDE if not await _goes_to(Pretended([[one]]))
    ]
    faults += [f"a redirect to {url!a} is followed" for url in SPELLINGS if await _follows(url)]
    faults += await _rebound()
    return judged(sorted(set(faults)), spellings=len(SPELLINGS), addresses=len(INSIDE), redirects=len(SPELLINGS))


async def _goes_to(network: Pretended, url: str = "https://example.org/") -> list[str]:
    """Return the addresses that somebody connects to who is given an address."""
    try:
        await Outbound(network).get(url)
    except (UpheldError, ValueError, UnicodeError):
        return network.connected
    return network.connected


async def _follows(url: str) -> bool:
    """Whether a redirect leads to a second connection."""
    return len(await _goes_to(Pretended([[PUBLIC]], [url]))) > 1


async def _rebound() -> list[str]:
    """Let the name service answer differently the second time: who asks it again connects inside."""
    first = await _goes_to(Pretended([[PUBLIC], ["127.0.0.1"]]))
    after = await _goes_to(Pretended([[PUBLIC], ["127.0.0.1"]], ["https://example.net/"]))
    endless = Pretended([[PUBLIC]], ["https://example.org/"] * 50)
    faults = ["the address that was checked is not the one that is connected to"] if first != [PUBLIC] else []
    faults += ["a redirect leads to an address that was not checked"] if after != [PUBLIC] else []
    return faults + (["redirects are followed without end"] if len(await _goes_to(endless)) > 10 else [])  # noqa: PLR2004 - far more than anybody needs

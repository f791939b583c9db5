"""A siege: fifty hostile files arrive at a real server at once, while somebody else reads a page."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.platform.hostile import pdfs, words
from tests.support.server import Server

CHILD = b"upheld.platform.documents.child"
FILES: tuple[tuple[str, Callable[[], bytes]], ...] = (
    ("resume.pdf", pdfs.flate_bomb),
    ("resume.pdf", pdfs.recursive_form),
    ("resume.pdf", lambda: b"%PDF-1.7\n" + b"\x00obj" * 2_500_000),
    ("resume.docx", words.deep),
    ("resume.docx", words.bomb),
    ("resume.pdf", lambda: pdfs.pages(10_000)),
    ("resume.pdf", pdfs.laughing_forms),
    ("resume.docx", words.many_attributes),
    ("resume.pdf", pdfs.picture_bomb),
    ("resume.docx", lambda: words.external_entity("http://127.0.0.1:9/")),
)


@dataclass
class Seen:
    """What became of a siege; times in seconds, memory in bytes."""

    before: list[float] = field(default_factory=list[float])
    during: list[float] = field(default_factory=list[float])
    reads: Counter[int] = field(default_factory=Counter[int])
    uploads: Counter[int] = field(default_factory=Counter[int])
    pages: list[str] = field(default_factory=list[str])
    most_children: int = 0
    memory_before: int = 0
    most_memory: int = 0

    @property
    def growth(self) -> int:
        """How much more memory the server held at the worst moment."""
        return self.most_memory - self.memory_before


async def besiege(server: Server, reader: str, attackers: Sequence[str], files: int = 50) -> Seen:
    """Send hostile files, all at once; return what became of it.

    Args:
        server: a running deployment.
        reader: the cookies of whoever reads.
        attackers: those of whoever sends, in turns.
        files: how many are sent.
    """
    seen, root = Seen(), server.processes["web"].pid
    made = [(name, make()) for name, make in FILES]
    async with _client(server) as client:
        for _ in range(30):
            await _read(client, reader, seen.before, seen.reads)
        seen.memory_before = seen.most_memory = sum(_memory(pid) for pid in _descendants(root))
        watching = asyncio.create_task(_watch(root, seen))
        reading = asyncio.create_task(_keep_reading(server, reader, seen))
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(files):
                    cookie = attackers[number % len(attackers)]
                    group.create_task(_send(client, cookie, *made[number % len(made)], seen))
        finally:
            for task in (reading, watching):
                task.cancel()
            await asyncio.gather(reading, watching, return_exceptions=True)
    return seen


def children_of(server: Server) -> list[int]:
    """Return the processes of a server that open documents at this moment."""
    return [pid for pid in _descendants(server.processes["web"].pid) if CHILD in _bytes(pid, "cmdline")]


def p95(times: Sequence[float]) -> float:
    """Return the time that 95 of 100 stay below."""
    return statistics.quantiles(times, n=20)[-1]


@asynccontextmanager
async def _client(server: Server) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=server.url, verify=server.tls(), headers={"sec-fetch-site": "same-origin"}, timeout=120,
        limits=httpx.Limits(max_connections=100),
    ) as client:  # fmt: skip
        yield client


async def _read(client: httpx.AsyncClient, cookie: str, times: list[float], statuses: Counter[int]) -> None:
    began = time.monotonic()
    answer = await client.get("/profile", headers={"cookie": cookie})
    times.append(time.monotonic() - began)
    statuses[answer.status_code] += 1


async def _keep_reading(server: Server, cookie: str, seen: Seen) -> None:
    async with _client(server) as client:
        while True:
            await _read(client, cookie, seen.during, seen.reads)
            await asyncio.sleep(0.02)


async def _send(client: httpx.AsyncClient, cookie: str, name: str, content: bytes, seen: Seen) -> None:
    answer = await client.post("/documents", files={"file": (name, content)}, headers={"cookie": cookie})
    seen.uploads[answer.status_code] += 1
    seen.pages.append(answer.text)


async def _watch(root: int, seen: Seen) -> None:
    while True:
        pids = _descendants(root)
        children = {pid for pid in pids if CHILD in _bytes(pid, "cmdline")}
        seen.most_children = max(seen.most_children, len(children))
        seen.most_memory = max(seen.most_memory, sum(_memory(pid) for pid in pids if pid not in children))
        await asyncio.sleep(0.05)


def _descendants(root: int) -> list[int]:
    found, parents = [root], {root}
    for path in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parts[2])):
        with suppress(OSError, IndexError):
            if int(path.read_text().rsplit(") ", 1)[1].split()[1]) in parents:
                found.append(int(path.parts[2]))
                parents.add(int(path.parts[2]))
    return found


def _memory(pid: int) -> int:
    lines = _bytes(pid, "status").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(b"VmRSS:")), 0)


def _bytes(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""

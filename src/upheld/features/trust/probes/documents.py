"""access.files.hostile: documents that mean harm are offered, and what opens them tries to break out."""

import os
import socket
import zipfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

from upheld.features.trust.cast import Cast
from upheld.features.trust.paper import pdf
from upheld.features.trust.people import FORM, Actor
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.platform.documents import Confinement, DocumentError, confinement_report, landlock, seccomp
from upheld.platform.documents.trial import ATTEMPTS, COULD, REFUSED, Aims, try_out

MOST = {
    "memory": 1024 * 1024 * 1024, "cpu": 15, "written": 0, "files": 16,
    "processes": 0, "core": 0, "locked": 0, "queued": 0,
}  # fmt: skip
"""What the one who opens a document may take, at most: bytes, seconds, or how many."""

_REFUSED = (REFUSED, "ended by SIGSYS")
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MAIN_PART = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


@dataclass
class _Listener:
    """Where hostile documents point to: nobody may call."""

    port: int
    calls: int = 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/"


@probe(privilege="the machine of the deployment; a session of a probe person", cost="a dozen processes, five uploads")
async def hostile(scene: Scene) -> Finding:
    """Let a confined process try to break out, and offer hostile documents to the site: all of it is refused."""
    cast = await scene.cast()
    with _listening() as listener:
        try:
            report = await confinement_report()
        except (DocumentError, OSError) as error:
            return judged([f"documents cannot be opened at all: {type(error).__name__}"])
        outcomes = await _attempted(scene, listener)
        faults = _faults_of(report) + [f"a confined process: {name}: {outcome}" for name, outcome in outcomes.items()]
        faults += await _refusals(cast, listener)
        faults += await _served(cast.candidate, listener)
    if listener.calls:
        faults.append(f"somebody called where the documents point to, {listener.calls} times")
    return judged(faults, attempts=len(ATTEMPTS), documents=len(_harmful("")) + 1, **_facts(report))


def _faults_of(report: Confinement) -> list[str]:
    """Compare what is in force with what the kernel offers, and the limits with what is promised."""
    faults = [f"{name} is not limited" for name in MOST if name not in report.limits]
    faults += [
        f"{name} is limited to {report.limits[name]}, not to {most}"
        for name, most in MOST.items()
        if not 0 <= report.limits.get(name, 0) <= most
    ]
    if not report.user:
        faults.append("documents are opened as root")
    if landlock.version() != report.landlock:
        faults.append(f"the kernel offers Landlock {landlock.version()}, and {report.landlock or 'none'} is in force")
    if seccomp.is_offered() != report.seccomp:
        faults.append("the kernel can filter system calls, and does not")
    return faults


def _facts(report: Confinement) -> dict[str, Any]:
    return {
        "in_force": {
            "a network of its own": report.network, "not root": report.user, "limits": report.limits,
            "landlock": report.landlock, "filter of system calls": report.seccomp,
        },
        "kernel": os.uname().release,
        "not_tried": "what the server's own user may do when `upheld verify` runs as another",
    }  # fmt: skip


async def _attempted(scene: Scene, listener: _Listener) -> dict[str, str]:
    """Return the attempts that were not refused, and what came of them."""
    keys = sorted(scene.settings.keys_folder.glob("*.key")) if scene.settings.keys_folder.is_dir() else []
    aims = Aims(str(next(iter(keys), Path(__file__))), listener.port, os.getpid())
    calls = listener.calls
    outcomes = {name: await try_out(name, aims) for name in ATTEMPTS}
    # Counted with the attempt that made the call, not once more with the documents.
    listener.calls = calls
    return {
        name: "it could" if outcome == COULD else outcome
        for name, outcome in outcomes.items()
        if outcome not in _REFUSED
    }


async def _refusals(cast: Cast, listener: _Listener) -> list[str]:
    """Offer what must be refused; return what was not, or not in words."""
    faults: list[str] = []
    for title, name, content in _harmful(listener.address):
        answer = await cast.candidate.offer("/documents", "file", name, content)
        if answer.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            faults.append(f"{title} was answered {answer.status}")
        elif b'id="file-problem"' not in answer.body:
            faults.append(f"{title} was refused without a word of what to do")
    return faults


async def _served(candidate: Actor, listener: _Listener) -> list[str]:
    """Offer a PDF with actions, which is kept as it is, and take it back: it may only ever be saved."""
    content = pdf("Nothing.").replace(
        b"/Type /Catalog ", b"/Type /Catalog /OpenAction << /S /URI /URI (%s) >> " % listener.address.encode()
    )
    offered = await candidate.offer("/documents", "file", "actions.pdf", content)
    if offered.status != HTTPStatus.SEE_OTHER:
        return [f"a PDF with actions was answered {offered.status}"]
    document = offered.one("location").split("/")[2]
    answer = await candidate.site.ask("GET", f"/documents/{document}/file", candidate.cookie)
    wanted = {
        "is not saved but shown": answer.one("content-disposition").startswith("attachment;"),
        "may be taken for another kind": answer.one("x-content-type-options") == "nosniff",
        "is not kept in a sandbox": "sandbox" in answer.one("content-security-policy").replace(";", " ").split(),
    }
    await candidate.site.ask("POST", f"/documents/{document}/remove", {**candidate.cookie, **FORM})
    if answer.status != HTTPStatus.OK:
        return [f"a document that is kept was answered {answer.status}"]
    return [f"a document that is downloaded {what}" for what, is_so in wanted.items() if not is_so]


def _harmful(address: str) -> list[tuple[str, str, bytes]]:
    """Return documents that must be refused: what each is, its name, and its content."""
    whole = pdf("Half of this is missing.")
    entities = f'<!DOCTYPE w [<!ENTITY a SYSTEM "{address}"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    return [
        ("HTML named .pdf", "resume.pdf", b"<!doctype html><script>alert(1)</script>"),
        ("a Word file with external entities", "resume.docx", _word(entities)),
        ("a Word file with macros", "resume.docx", _word("", ("word/vbaProject.bin", b"macro"))),
        ("half a PDF", "resume.pdf", whole[: len(whole) // 2]),
    ]


def _word(declared: str, *more: tuple[str, bytes]) -> bytes:
    text = f'<w:document xmlns:w="{_WORD}"><w:body><w:p><w:r><w:t>x</w:t></w:r></w:p></w:body></w:document>'
    parts: Iterable[tuple[str, bytes]] = (
        ("[Content_Types].xml", f'<Types><Override ContentType="{_MAIN_PART}"/></Types>'.encode()),
        ("word/document.xml", (declared + text).encode()),
        *more,
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts:
            package.writestr(name, content)
    return out.getvalue()


@contextmanager
def _listening() -> Generator[_Listener]:
    """Listen on loopback, and count who calls."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = _Listener(server.getsockname()[1])
        Thread(target=_count, args=(server, listener), daemon=True).start()
        yield listener


def _count(server: socket.socket, listener: _Listener) -> None:
    with suppress(OSError):
        while True:
            server.accept()[0].close()
            listener.calls += 1

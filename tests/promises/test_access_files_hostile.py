"""access.files.hostile, red under each of its sabotages: weaker confinement, and a careless site."""

import re
import sys
import urllib.request
from typing import Any

import pytest

from tests.promises.faults import Changing, Outside, Scratch, Send
from upheld.platform.documents import process, trial

pytestmark = pytest.mark.anyio

_NOTHING = "Confinement(network=False, user=False, limits={}, landlock=0, seccomp=False)"


async def test_a_healthy_deployment_harms_nobody(scratch: Scratch) -> None:
    result = await scratch.look("access.files.hostile")
    assert result.state == "upheld", result
    in_force = result.checks[0].evidence["in_force"]
    assert in_force["filter of system calls"]
    assert in_force["landlock"]


async def test_access_files_hostile_is_red_when_the_parser_runs_unconfined(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    _weaken(
        monkeypatch,
        f"from upheld.platform.documents.confinement import Confinement; free = lambda: {_NOTHING};"
        "child.confine = free; trial.confine = free",
    )
    await scratch.sees_red(
        "access.files.hostile",
        *(f"a confined process: {attempt}: it could" for attempt in trial.ATTEMPTS),
        "memory is not limited",
        "documents are opened as root",
    )


async def test_access_files_hostile_is_red_when_a_limit_is_removed(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    _weaken(monkeypatch, "del confinement.LIMITS['memory']; confinement.LIMITS['cpu'] = (0, 3600)")
    await scratch.sees_red(
        "access.files.hostile",
        "memory is not limited",
        "cpu is limited to 3600, not to 15",
        "a confined process: take four gigabytes: it could",
    )


async def test_access_files_hostile_is_red_when_landlock_is_left_out(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    _weaken(monkeypatch, "confinement.landlock.restrict = lambda: 0")
    await scratch.sees_red("access.files.hostile", "the kernel offers Landlock", "and none is in force")


async def test_access_files_hostile_is_red_when_system_calls_are_not_filtered(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    _weaken(monkeypatch, "confinement.seccomp.restrict = lambda: False")
    await scratch.sees_red(
        "access.files.hostile",
        "the kernel can filter system calls, and does not",
        "a confined process: run code of its own making: it could",
    )


async def test_access_files_hostile_is_red_when_the_parser_does_not_start(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scratch.scene.cast()
    monkeypatch.setattr(process, "CHILD", ("/bin/false",))
    await scratch.sees_red("access.files.hostile", "documents cannot be opened at all")


async def test_access_files_hostile_is_red_when_whatever_arrives_is_accepted(scratch: Scratch) -> None:
    cast = await scratch.scene.cast()
    scratch.serve(Outside(scratch.deployment.app, "/documents"))
    cast.candidate.site = scratch.scene.site
    await scratch.sees_red(
        "access.files.hostile", "HTML named .pdf was answered 200", "a Word file with macros was answered 200"
    )


async def test_access_files_hostile_is_red_when_a_document_is_served_carelessly(scratch: Scratch) -> None:
    names = ("content-disposition", "content-security-policy", "x-content-type-options")
    lost: dict[str, str | None] = dict.fromkeys(names)
    scratch.serve(Changing(scratch.deployment.app, lambda scope, _: scope["path"].endswith("/file"), lost))
    faults = ("is not saved but shown", "is not kept in a sandbox", "may be taken for another kind")
    await scratch.sees_red("access.files.hostile", *(f"a document that is downloaded {fault}" for fault in faults))


async def test_access_files_hostile_is_red_when_something_follows_what_a_document_says(scratch: Scratch) -> None:
    scratch.serve(Curious(scratch.deployment.app))
    await scratch.sees_red("access.files.hostile", "somebody called where the documents point to")


class Curious:
    """Opens every address in what people send, as a parser that follows links would."""

    def __init__(self, app: Any) -> None:
        """Take the application."""
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Look, call, pass on."""

        async def incoming() -> Any:
            message = await receive()
            for address in re.findall(rb"http://127\.0\.0\.1:\d+/", message.get("body", b"")):
                try:
                    urllib.request.urlopen(address.decode(), timeout=2).close()  # noqa: ASYNC210, S310 - that is the fault
                except OSError:
                    continue
            return message

        await self._app(scope, incoming, send)


def _weaken(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Let documents be opened, and attempts be made, with a weaker confinement."""
    start = (sys.executable, "-I", "-B", "-c")
    begins = f"from upheld.platform.documents import child, confinement, trial\n{how}\n"
    monkeypatch.setattr(process, "CHILD", (*start, f"{begins}raise SystemExit(child.main())"))
    monkeypatch.setattr(trial, "TRIAL", (*start, f"{begins}raise SystemExit(trial.main())"))

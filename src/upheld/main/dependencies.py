"""Commands about what this is made of: the bill of materials, and what is known against it."""

import asyncio
import datetime as dt
import json

import click

from upheld.platform.advisories import Scan, note, scan
from upheld.platform.materials import bill, installed, purls
from upheld.platform.outbound import Outbound
from upheld.platform.settings import Settings


@click.group()
def dependencies() -> None:
    """Look after what this is made of."""


@dependencies.command()
def sbom() -> None:
    """Print the bill of materials (CycloneDX 1.6, JSON); the same is at /about/sbom.json."""
    click.echo(json.dumps(bill(), indent=2, ensure_ascii=False))


@dependencies.command("scan")
def scan_command() -> None:
    """Ask what is known against the installed packages, and note it.

    Ends with 0 when nothing is, 1 when something is, 2 when nobody could be asked.
    """
    done = asyncio.run(scan_installed(Settings.read()))
    for name, ids in sorted(done.found.items()):
        click.echo(f"{name}: {', '.join(ids)}", err=True)
    if done.could_not_ask:
        click.echo(f"Nothing is proven: no advisory data could be had. {done.could_not_ask}", err=True)
        raise SystemExit(2)
    click.echo(f"{done.packages} packages asked about, {len(done.found)} with known weaknesses.")
    raise SystemExit(1 if done.found else 0)


async def scan_installed(settings: Settings) -> Scan:
    """Scan what is installed here, and write down what was found."""
    done = await scan(Outbound(), purls(installed()), dt.datetime.now(dt.UTC))
    note(settings.var, done)
    return done

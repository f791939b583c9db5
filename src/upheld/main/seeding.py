"""The command that brings a crowd into a demo."""

import asyncio
import secrets
import time
from dataclasses import replace
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from upheld.kit.errors import RefusedError
from upheld.main.demo.bulk import Where
from upheld.main.demo.crowd import OWNER, Door, bring, employ
from upheld.main.running import deployment
from upheld.main.setup import administrator_of, read_sign_ins
from upheld.platform.embedded import EmbeddedPostgres
from upheld.platform.private import write_private
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings

console = Console(stderr=True, highlight=False)
_ROLES = ("web", "gate")


class NoDemoError(RefusedError):
    """Only a demo takes invented people: one that `upheld run` has made, on its own PostgreSQL."""


class Crowd(msgspec.Struct, frozen=True):
    """Who employs the crowd, how to sign in as them, and how many people it has so far."""

    where: Where
    password: str
    count: int


@click.command("seed")
@click.option("--scale", "count", type=click.IntRange(1, 10_000_000), required=True, help="How many people to add.")
def seed(count: int) -> None:
    """Add a crowd to a demo: so many people who have applied to one more employer. None has a password."""
    settings = replace(Settings.read(), demo=True)
    if settings.database or not (settings.var / "sign-ins").exists():
        raise NoDemoError
    read_sign_ins(settings)
    began = time.monotonic()
    with deployment(settings, console.print) as named:
        crowd = _crowd_of(named)
        _bring(named, crowd, count)
    seconds = time.monotonic() - began
    console.print(f"{count:,} people in {seconds:,.1f} s; {crowd.count + count:,} in all. Their employer signs in with")
    click.echo(f"{OWNER}   {crowd.password}")


def _crowd_of(settings: Settings) -> Crowd:
    """Return the crowd that is there, or its employer alone, founded now."""
    path = _path(settings)
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Crowd)
    password = secrets.token_urlsafe(12)

    async def found() -> Where:
        async with open_platform(settings, _ROLES) as platform:
            return await employ(platform, password)

    crowd = Crowd(asyncio.run(found()), password, 0)
    _keep(settings, crowd)
    return crowd


def _bring(settings: Settings, crowd: Crowd, count: int) -> None:
    door = Door(settings, administrator_of(EmbeddedPostgres(settings.var / "postgres")))
    # Numbers are taken before they are used: a run that is stopped halfway leaves a gap, never somebody twice.
    _keep(settings, msgspec.structs.replace(crowd, count=crowd.count + count))
    shown = (TextColumn("Inventing people"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*shown, console=console, transient=True) as bar:
        task = bar.add_task("", total=count)
        bring(door, crowd.where, crowd.count, count, lambda more: bar.update(task, advance=more))


def _keep(settings: Settings, crowd: Crowd) -> None:
    write_private(_path(settings), msgspec.json.encode(crowd), replace=True)


def _path(settings: Settings) -> Path:
    return settings.var / "crowd"

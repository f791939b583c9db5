"""`upheld keys`: look at the keys, prove that they open, replace them, get the root key back."""

import asyncio
import datetime as dt
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import Progress

from upheld.features.privacy.rotation import ADVISED_DAYS, REPLACEABLE, replace_key
from upheld.main.running import deployment
from upheld.platform.keyfiles import EPOCH, PUBLISHED, RECOVERY, Key, KeyFiles, recover_root
from upheld.platform.services import Platform, open_platform
from upheld.platform.settings import Settings

Answer = TypeVar("Answer")


@click.group()
def keys() -> None:
    """Look at the keys, prove that they open, replace them, get the root key back."""


@keys.command("list")
def list_keys() -> None:
    """List every key with its age, who keeps it, and when to replace it."""
    settings = Settings.read()
    files = KeyFiles.open(settings)
    _row("KEY", "SINCE", "KEPT IN", "NEXT")
    _row("root", "", files.root.custody, f"every {ADVISED_DAYS['root']} days: upheld keys rotate root")
    for key in files.all():
        _row(key.name, f"{key.made_at:%Y-%m-%d %H:%M}", f"{key.stem[-12:]}.wrapped", _next(key, files, settings))
    _row("context", "", "the database, an unlogged table", "upheld keys rotate context")
    _row("data, logs", "", "the keyring, wrapped", "wrapped anew with every epoch; destroyed with their data")
    click.echo(f"\nSigned papers are checked with {files.public_keys()[0].hex()} (Ed25519, public).")


@keys.command("rotate")
@click.argument("name", type=click.Choice([*REPLACEABLE, "all"]))
def rotate_keys(name: str) -> None:
    """Replace a key, or all of them, while people work; nothing is lost and nobody is signed out."""

    async def run(platform: Platform) -> None:
        for each in REPLACEABLE if name == "all" else [name]:
            moved = await replace_key(platform, each)
            click.echo(f"Replaced the {each} key{f'; {moved} moved to the new one' if moved else ''}.")
            if each == EPOCH:
                click.echo("  Backups of the keyring made before open no more: `upheld backup keyring` makes one now.")

    _with_platform(run)


@keys.command("check")
@click.option("--recovery", is_flag=True, help="Ask for the recovery key and prove that it opens the root key.")
@click.option("--sample", type=click.IntRange(min=1), help="Unwrap this many data keys instead of all of them.")
def check_keys(sample: int | None, *, recovery: bool) -> None:
    """Prove that every key opens under the root key; ends with 1 and says what is wrong when one does not."""
    text = click.prompt("Recovery key", hide_input=True) if recovery else None

    async def run(platform: Platform) -> tuple[int, list[str]]:
        total = await platform.vault.count_keys()
        looked_at = total if sample is None else min(sample, total)
        screen = Console(stderr=True)
        with Progress(console=screen, transient=True, disable=not screen.is_terminal) as bar:
            task = bar.add_task("Unwrapping data keys", total=looked_at)
            faults = await platform.vault.check_keys(sample, lambda seen: bar.update(task, completed=seen))
        return looked_at, [*platform.keys.faults(text), *faults]

    looked_at, faults = _with_platform(run)
    for fault in faults:
        click.echo(fault)
    click.echo(f"{looked_at} data keys looked at; {len(faults)} {'fault' if len(faults) == 1 else 'faults'}.")
    if recovery:
        click.echo("The recovery key opens the root key." if not faults else "See above before you rely on it.")
    raise SystemExit(1 if faults else 0)


@keys.command("issue-recovery-key")
def issue_recovery_key() -> None:
    """Print a new recovery key, once; the one before is worth nothing from then on."""
    show_recovery_key(KeyFiles.open(Settings.read()))


@keys.command("recover")
def recover() -> None:
    """Put the root key back, from `keys/recovery.sealed` and the recovery key."""
    settings = Settings.read()
    click.echo(recover_root(settings, click.prompt("Recovery key", hide_input=True)))


def show_recovery_key(files: KeyFiles) -> None:
    """Show a new recovery key; at a terminal, wait until it was written down."""
    text = files.issue_recovery_key()
    click.echo("\nThe recovery key. Write it down and keep it away from this machine; it is not shown again:\n")
    groups = text.split("-")
    for at in range(0, len(groups), 7):
        click.echo("    " + "-".join(groups[at : at + 7]) + ("-" if at + 7 < len(groups) else ""))
    click.echo(f"\nWith {files.recovery_file} it brings the root key back: `upheld keys recover`.")
    if sys.stdin.isatty():
        while click.prompt("Type its last group to show that you have it").strip().upper() != groups[-1]:
            click.echo("That is not what is written there.")


def _with_platform(run: Callable[[Platform], Awaitable[Answer]]) -> Answer:
    async def opened(settings: Settings) -> Answer:
        async with open_platform(settings, ["maintenance"]) as platform:
            return await run(platform)

    with deployment(Settings.read(), lambda line: click.echo(line, err=True)) as settings:
        return asyncio.run(opened(settings))


def _next(key: Key, files: KeyFiles, settings: Settings) -> str:
    if key.name == PUBLISHED:
        return "kept: checks what was signed before"
    if key.name == RECOVERY:
        return "upheld keys issue-recovery-key"
    if key.id != files.generations(key.name)[0].id:
        return "kept for what it opens" if key.name in {"blind", "backup"} else "until its overlap is over"
    days = settings.epoch_days if key.name == EPOCH else ADVISED_DAYS[key.name]
    due = key.made_at + dt.timedelta(days=days)
    return f"{due:%Y-%m-%d}" + (", by itself" if key.name == EPOCH else f": upheld keys rotate {key.name}")


def _row(*cells: str) -> None:
    click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(cells, (10, 16, 38, 0), strict=True)).rstrip())

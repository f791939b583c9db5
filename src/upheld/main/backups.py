"""Commands for backups: taking, proving, pruning and restoring them; `cli.py` lists them."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

from upheld.main.running import bare_server, deployment
from upheld.platform.backup.checking import check
from upheld.platform.backup.manifest import Kind, Manifest, read
from upheld.platform.backup.pruning import prune
from upheld.platform.backup.restoring import Restored, Target, restore_data, restore_keyring, restore_register
from upheld.platform.backup.taking import back_up_data, back_up_keyring
from upheld.platform.backup.watching import Watcher
from upheld.platform.install import install, make_secrets
from upheld.platform.keyfiles import KeyFiles
from upheld.platform.migrations import steps
from upheld.platform.settings import Settings
from upheld.platform.stores import open_store

_APART = (
    "Keep data and keyring where no one person and no one machine can read both: together, and with your key files\n"
    "and root key, they bring back what people had erased, until the epoch ends."
)
_PLACE = click.Path(file_okay=False, path_type=Path)
_BACKUP = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def backup() -> None:
    """Back up the data or the keyring, each to a place of its own; prove or prune backups."""


@backup.command("data")
@click.argument("place", type=_PLACE)
def back_up_data_command(place: Path) -> None:
    """Back up rows, encrypted files and the register of erasures to a new folder in PLACE.

    It holds no key. Back the keyring up after it, to another place.
    """
    with deployment(Settings.read(), _note) as settings, _watched() as watcher:
        keys, store = KeyFiles.open(settings), open_store(settings)
        folder = asyncio.run(back_up_data(settings, keys, store, place, watcher))
        _tell(folder, read(folder, keys))
    click.echo("Now `upheld backup keyring`, to another place.\n" + _APART)


@backup.command("keyring")
@click.argument("place", type=_PLACE)
def back_up_keyring_command(place: Path) -> None:
    """Back up the wrapped keys to a new folder in PLACE, sealed under the epoch key.

    Do it after each backup of the data. It opens until the epoch key is replaced.
    """
    with deployment(Settings.read(), _note) as settings, _watched() as watcher:
        keys = KeyFiles.open(settings)
        folder = asyncio.run(back_up_keyring(settings, keys, place, watcher))
        _tell(folder, read(folder, keys))
    click.echo(_APART)


@backup.command("verify")
@click.argument("folder", type=_BACKUP)
def verify_command(folder: Path) -> None:
    """Read the backup in FOLDER to its end and compare it with its signed manifest."""
    with _watched() as watcher:
        manifest = check(folder, KeyFiles.open(Settings.read()), watcher)
    _tell(folder, manifest)


@backup.command("prune")
@click.argument("place", type=_BACKUP)
@click.option("--older-than", "days", type=click.IntRange(min=0), default=30, show_default=True, help="Days to keep.")
def prune_command(place: Path, days: int) -> None:
    """Remove old backups from PLACE, and keyring backups that open no more. The newest data stays."""
    gone = prune(place, KeyFiles.open(Settings.read()), timedelta(days=days))
    click.echo("\n".join(f"Removed {folder}" for folder in gone) or "Nothing to remove.")


@dataclass(frozen=True)
class Terms:
    """On what terms to restore."""

    administrator: str | None
    replace: bool
    accepts_loss: bool


@click.group()
@click.option(
    "--administrator",
    envvar="UPHELD_ADMINISTRATOR",
    help="URL of a PostgreSQL superuser, with {database} in place of the name. Not stored. A demo's own is found.",
)
@click.option("--replace", is_flag=True, help="Put the backup in the place of what is there, which is dropped.")
@click.option("--accept-loss", is_flag=True, help="Restore although values could never be read again; it says which.")
@click.pass_context
def restore(ctx: click.Context, administrator: str | None, *, replace: bool, accept_loss: bool) -> None:
    """Put a backup back. Stop the deployment first, and put its key files and root key in place."""
    ctx.obj = Terms(administrator, replace, accept_loss)


@restore.command("data")
@click.argument("folder", type=_BACKUP)
@click.pass_obj
def restore_data_command(terms: Terms, folder: Path) -> None:
    """Restore rows and files from the data backup in FOLDER, and what the register of erasures lacks."""
    restored = _restored(terms, folder, restore_data)
    manifest = restored.manifest
    if restored.entries_added:
        click.echo(
            f"{restored.entries_added} entries of the register of erasures came from this backup. It knows nothing of "
            f"erasures after {manifest.taken_at:%Y-%m-%d %H:%M} UTC: if a newer data backup is left, "
            "`upheld restore register` takes the newer entries from it."
        )
    if unknown := sorted(set(manifest.steps) - set(steps())):
        click.echo(f"It is of a newer version ({unknown[-1]}). Install that before you start.")
    if sorted(set(steps()) - set(manifest.steps)):
        click.echo("It is of an older version: run `upheld migrate --finish`.")
    _say_what_is_next()


@restore.command("keyring")
@click.argument("folder", type=_BACKUP)
@click.pass_obj
def restore_keyring_command(terms: Terms, folder: Path) -> None:
    """Restore the wrapped keys from the keyring backup in FOLDER."""
    _restored(terms, folder, restore_keyring)
    _say_what_is_next()


@restore.command("register")
@click.argument("folder", type=_BACKUP)
@click.pass_obj
def restore_register_command(terms: Terms, folder: Path) -> None:
    """Take from the data backup in FOLDER the erasures that the register lacks, and nothing else."""
    added = _restored(terms, folder, restore_register).entries_added
    click.echo(f"{added} entries were missing. `upheld erasures replay` repeats what has to be repeated.")


COMMANDS = (backup, restore)
"""What the command line lists."""


Restore = Callable[[Target, Path, Watcher], Coroutine[None, None, Restored]]


def _restored(terms: Terms, folder: Path, run: Restore) -> Restored:
    """Restore into the configured databases, or into a demo's own."""
    settings = Settings.read()
    if not settings.database:
        with bare_server(settings, _note) as (named, administrator):
            return _restore_into(named, administrator, terms, folder, run)
    administrator = terms.administrator or click.prompt("URL of the database administrator", hide_input=True)
    return _restore_into(settings, administrator, terms, folder, run)


def _restore_into(settings: Settings, administrator: str, terms: Terms, folder: Path, run: Restore) -> Restored:
    keys, store = KeyFiles.open(settings), open_store(settings)
    target = Target(settings, keys, store, administrator, replace=terms.replace, accepts_loss=terms.accepts_loss)
    make_secrets(settings.secrets_folder)

    async def work(watcher: Watcher) -> Restored:
        await install(administrator, settings)
        return await run(target, folder, watcher)

    with _watched() as watcher:
        return asyncio.run(work(watcher))


def _say_what_is_next() -> None:
    click.echo(
        "Nothing is served until `upheld erasures replay` has been run: whoever was erased since the backup is in it."
    )


def _tell(folder: Path, manifest: Manifest) -> None:
    rows, size = sum(manifest.tables.values()), sum(manifest.streams.values())
    click.echo(f"{folder}")
    click.echo(f"  {manifest.kind} of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, {decimal(size)}, whole")
    files = f", {manifest.stored.files:,} encrypted files" if manifest.stored else ""
    click.echo(
        f"  {rows:,} rows in {len(manifest.tables)} tables{files}; {manifest.register.entries} erasures on record"
    )
    if manifest.kind is Kind.KEYRING:
        click.echo(
            f"  opens until {manifest.opens_until:%Y-%m-%d %H:%M} UTC at the latest: then the epoch key it is sealed "
            "under is destroyed, and with it what was erased meanwhile"
        )


def _note(line: str) -> None:
    click.echo(line, err=True)


@contextmanager
def _watched() -> Generator[Watcher]:
    """Yield somebody who shows on a terminal how far long work has come, and in a pipe what begins."""
    console = Console(stderr=True, highlight=False)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Bar(progress)


class _Bar:
    """Shows one step after another."""

    def __init__(self, progress: Progress) -> None:
        """Take the display."""
        self._progress = progress
        self._task = progress.add_task("Beginning", total=None)

    def begins(self, what: str, size: int | None = None) -> None:
        """Show that something begins."""
        if self._progress.disable:
            _note(what)
        self._progress.reset(self._task, description=what, total=size)

    def advances(self, size: int) -> None:
        """Show that more is done."""
        self._progress.advance(self._task, size)

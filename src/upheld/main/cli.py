"""The command line: `upheld …`. The only place that prints or exits."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import click
from rich.console import Console

from upheld.kit.errors import UpheldError
from upheld.main import processes
from upheld.main.setup import embedded
from upheld.platform.settings import Settings, reference

console = Console(stderr=False, highlight=False)


class Commands(click.Group):
    """Commands that answer an expected error with its message and exit code 1, not with a trace."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except UpheldError as error:
            raise click.ClickException(error.message) from None


@click.group(cls=Commands)
def cli() -> None:
    """Upheld: hiring that keeps its promises in running code."""


@cli.command()
def run() -> None:
    """Set up and start a demo on an embedded PostgreSQL, until Ctrl-C."""
    settings = replace(Settings.read(), demo=True)
    began = time.monotonic()
    with embedded(settings, _say) as named:
        _serve(named, began)


@cli.command("settings")
def show_settings() -> None:
    """List every setting with its default and meaning."""
    for name, default, meaning in reference():
        console.print(f"[bold]{name}[/] = {default or '(none)'}\n    {meaning}\n")


@cli.command(hidden=True)
@click.argument("name", type=click.Choice(["web", "plain", "worker"]))
def process(name: str) -> None:
    """Run one process of a deployment; `serve` starts them all."""
    settings = Settings.read()
    {"web": processes.serve_web, "plain": processes.serve_plain, "worker": processes.run_worker}[name](settings)


def _serve(settings: Settings, began: float) -> None:
    """Start every process, wait for one to end or for Ctrl-C, then end the others."""
    names = ["web", "worker", *(["plain"] if settings.listen_plain else [])]
    environment = environment_of(settings)
    children = [
        subprocess.Popen([sys.executable, "-m", "upheld.main.cli", "process", name], env=environment)  # noqa: S603 - ourselves
        for name in names
    ]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        _wait_for_listener(settings, children)
        _say(f"Ready after {time.monotonic() - began:.1f} s at {settings.address}")
        while all(child.poll() is None for child in children):
            time.sleep(0.2)
    except KeyboardInterrupt:
        _say("Stopping")
    finally:
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()


def _wait_for_listener(settings: Settings, children: list[subprocess.Popen[bytes]]) -> None:
    host, port = settings.listen.rsplit(":", 1)
    while all(child.poll() is None for child in children):
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment that hands these settings to another process; never a secret."""
    values = {f"UPHELD_{f.name.upper()}": getattr(settings, f.name) for f in fields(settings)}
    shown = {name: _as_text(value) for name, value in values.items() if value is not None}
    return {**os.environ, **shown}


def _as_text(value: object) -> str:
    if isinstance(value, timedelta):
        return str(value.total_seconds() / 60)
    return str(value.resolve()) if isinstance(value, Path) else str(value)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    console.print(line)


if __name__ == "__main__":
    cli()

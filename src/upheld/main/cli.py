"""The command line: `upheld …`. The only place that prints or exits."""

import asyncio
import os
import sys
import time
from contextlib import suppress
from dataclasses import replace

import click
from rich.console import Console
from rich.progress import Progress

from upheld.features.accounts.actions import invite_operator
from upheld.features.privacy.queries import check_register
from upheld.kit.errors import AwayError, UpheldError
from upheld.main import backups, processes
from upheld.main.child import Child
from upheld.main.dependencies import dependencies
from upheld.main.duties import COMMANDS
from upheld.main.ending import sessions
from upheld.main.health import health
from upheld.main.keys import show_recovery_key
from upheld.main.migrating import migrate_command
from upheld.main.proving import prove
from upheld.main.seeding import seed
from upheld.main.setup import SignIns, administrator_of, embedded_server, initialise, read_sign_ins, seed_demo
from upheld.main.supervisor import end_in_order, serve_all
from upheld.main.verify import verify
from upheld.platform.keyfiles import KeyFiles
from upheld.platform.migrations import check_schema
from upheld.platform.owner import become_owner, leave_root
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings, SettingsError, reference
from upheld.platform.standing import BIND_LOW_PORTS

console = Console(stderr=False, highlight=False)

_GO_ON = {"run", "serve", "process", "prove"}
"""The commands that see to it themselves, and the processes that those start."""

_FIRST_OPEN_PORT = 1024


class Commands(click.Group):
    """Commands that answer an expected error with its message and exit code 1, not with a trace."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except UpheldError as error:
            raise click.ClickException(error.message) from None


@click.group(cls=Commands)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Upheld: hiring that keeps its promises in running code."""
    with suppress(SettingsError):  # whichever command reads them says what is wrong
        if ctx.invoked_subcommand not in _GO_ON:
            become_owner(Settings.read().var)


@cli.command()
def run() -> None:
    """Set up and start a demo on an embedded PostgreSQL, until Ctrl-C."""
    end_in_order()
    settings = replace(Settings.read(), demo=True)
    _leave_root(settings, hands_over=True)
    began = time.monotonic()
    with embedded_server(settings, _say) as (named, server):
        _check_databases(named)
        sign_ins = _seed(named, administrator_of(server))
        database = Child.adopt("postgres", server.process, server.launch)
        serve_all(named, lambda: _greet(named, sign_ins, began), [database])


@cli.command()
@click.option(
    "--administrator",
    envvar="UPHELD_ADMINISTRATOR",
    prompt="URL of the database administrator (postgresql://name:password@host:port/{database})",
    hide_input=True,
    help="URL of a PostgreSQL superuser, with {database} in place of the name. Not stored.",
)
def init(administrator: str) -> None:
    """Set up a real deployment on an external PostgreSQL 18, without demo data."""
    settings = Settings.read()
    link = asyncio.run(initialise(administrator, settings))
    files = KeyFiles.open(settings)
    if not files.recovery_file.exists():
        show_recovery_key(files)
    _say("[bold]Ready.[/] Start it with `upheld serve`, then open this link once, within a day:")
    _say(f"  {link}")
    _say("It makes you the operator.")


@cli.command()
def serve() -> None:
    """Start web, worker and redirect of a real deployment, until Ctrl-C."""
    settings = Settings.read()
    if not settings.database:
        msg = "UPHELD_DATABASE is not set. `upheld init` sets up a real deployment; `upheld run` starts a demo."
        raise click.ClickException(msg)
    end_in_order()
    _leave_root(settings, hands_over=False)
    _check_databases(settings)
    serve_all(settings, lambda: _say(f"Serving {settings.address}. Ctrl-C stops it."))


@cli.command("invite-operator")
def invite_operator_command() -> None:
    """Print a new one-time link that makes its opener an operator."""
    settings = Settings.read()

    async def invite() -> str:
        async with open_platform(settings, ["maintenance"]) as platform:
            return settings.address + await invite_operator(platform)

    _say(asyncio.run(invite()))


@cli.command("sign-ins")
def sign_ins_command() -> None:
    """Print the sign-ins of the demo again."""
    _say_sign_ins(read_sign_ins(Settings.read()))


@cli.command("settings")
def show_settings() -> None:
    """List every setting with its default and meaning."""
    for name, default, meaning in reference():
        console.print(f"[bold]{name}[/] = {default or '(empty)'}\n    {meaning}\n")


@cli.command(hidden=True)
@click.argument("name", type=click.Choice(list(processes.PROCESSES)))
def process(name: str) -> None:
    """Run one process of a deployment; `serve` starts them all."""
    processes.PROCESSES[name](Settings.read())


for command in (*COMMANDS, dependencies, health, sessions, migrate_command, *backups.COMMANDS, seed, verify, prove):
    cli.add_command(command)


def _leave_root(settings: Settings, *, hands_over: bool) -> None:
    ports = [int(listen.rpartition(":")[2]) for listen in (settings.listen, settings.listen_plain) if listen]
    kept = frozenset({BIND_LOW_PORTS} if min(ports) < _FIRST_OPEN_PORT else ())
    if reason := leave_root(settings.var, kept, hands_over=hands_over):
        _say(f"This runs as root, and so breaks the promise edge.isolation: {reason}.")


def _check_databases(settings: Settings) -> None:
    """Say once why nothing would serve from these databases; those that are away are waited for."""

    async def check() -> None:
        await check_schema(settings)
        async with open_platform(settings, ["maintenance"]) as platform:
            await check_register(platform)

    with suppress(AwayError):
        asyncio.run(check())


def _seed(settings: Settings, administrator: str) -> SignIns:
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Inventing people and their résumés", total=None)
        return asyncio.run(
            seed_demo(settings, administrator, lambda done, steps: bar.update(task, completed=done, total=steps))
        )


def _greet(settings: Settings, sign_ins: SignIns, began: float) -> None:
    _say(
        f"\n[bold]Upheld is running[/] at [bold]{settings.address}[/]  (ready after {time.monotonic() - began:.1f} s)\n"
    )
    _say_sign_ins(sign_ins)
    _say(f"  Mails         {settings.address}/outbox")
    _say(f"  Certificate   signed by {settings.var / 'tls' / 'authority.pem'}; `make trust` makes browsers accept it")
    _say(f"  Again         `{os.path.relpath(sys.argv[0])} sign-ins` prints the sign-ins again")
    _say("  Stop          Ctrl-C\n")


def _say_sign_ins(sign_ins: SignIns) -> None:
    for role, (address, password) in sign_ins.items():
        _say(f"  {role}\n      {address}   {password}")


def _say(line: str) -> None:
    console.print(line, soft_wrap=True)


if __name__ == "__main__":
    cli()

"""`upheld verify`: prove the promises of the running deployment."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from upheld.features.trust.errors import AnotherRunError, CannotLookError, NoSuchPromiseError
from upheld.features.trust.model import Check, CheckResult, Promise, PromiseResult, PromiseState, Report
from upheld.features.trust.probe import CheckState
from upheld.features.trust.promises import PROMISES
from upheld.features.trust.routes import routes_of
from upheld.features.trust.runner import run
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import NetworkSite, NotingSite, trusted_by
from upheld.features.trust.states import chosen, exit_code, state_of
from upheld.kit.errors import UpheldError
from upheld.main.erasing import OwnErasures
from upheld.main.setup import administrator_of, embedded_settings
from upheld.main.web import ROLES, create_router
from upheld.platform.embedded import EmbeddedPostgres
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings

_COLOURS = {"upheld": "green", "broken": "bold red", "unproven": "yellow", "partly": "yellow", "not built": "dim"}
_ONE_RUN_AT_A_TIME = 771205


@click.command()
@click.argument("promises", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the signed evidence and nothing else.")
@click.option("--list", "only_list", is_flag=True, help="List every promise and its checks; look at nothing.")
@click.option(
    "--administrator",
    envvar="UPHELD_ADMINISTRATOR",
    help="URL of a PostgreSQL superuser, with {database} in place of the name. A demo's own is found by itself.",
)
@click.pass_context
def verify(
    ctx: click.Context, promises: tuple[str, ...], *, as_json: bool, only_list: bool, administrator: str | None
) -> None:
    """Prove the promises of the running deployment: all of them, or those named (`access` means `access.*`).

    Ends with 0 when all are upheld, 1 when one is broken, 2 when one is not fully proven.
    """
    wanted = chosen(PROMISES, promises)
    if not wanted or any(not chosen(PROMISES, [name]) for name in promises):
        raise _Failed(NoSuchPromiseError().message)
    if only_list:
        _list(wanted)
        return
    screen = Console(stderr=as_json, highlight=False)
    # Probes provoke what a server logs as an error; here only what they find is to be read.
    logging.getLogger("upheld").addHandler(logging.NullHandler())
    try:
        report = asyncio.run(_proven(Settings.read(), wanted, administrator, screen))
    except UpheldError as error:
        raise _Failed(error.message) from None
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(report), indent=2, ensure_ascii=False))
    else:
        _show(report, screen)
    ctx.exit(exit_code([state_of([check.state for check in result.checks]) for result in report.promises]))


class _Failed(click.ClickException):
    """Nothing could be looked at: that proves nothing, which is what 2 says."""

    exit_code = 2


async def _proven(settings: Settings, wanted: Sequence[Promise], administrator: str | None, screen: Console) -> Report:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    async with staged(settings, administrator) as scene:
        with Progress(*columns, console=screen, transient=True) as progress:
            return await run(scene, wanted, _Bar(progress, sum(len(promise.checks) for promise in wanted)))


@asynccontextmanager
async def staged(settings: Settings, administrator: str | None = None) -> AsyncGenerator[Scene]:
    """Set up the scene around the deployment that runs with these settings.

    Raises:
        CannotLookError: it does not run.
        AnotherRunError: another run is looking at it.
    """
    named, own_administrator = _running(settings)
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(open_platform(named, ROLES))
        site = NotingSite(NetworkSite(named.listen, named.address, trusted_by(named)))
        scene = Scene(
            platform=platform,
            site=site,
            routes=routes_of(create_router(platform)),
            plain=NetworkSite(named.listen_plain, named.address, None) if named.listen_plain else None,
            administrator=administrator or own_administrator,
            database_files=named.var / "postgres" if own_administrator else None,
            erasures=OwnErasures(),
        )
        await _answers(scene)
        held = await stack.enter_async_context(scene.connected("maintenance"))
        if not await held.fetchval("select pg_try_advisory_lock($1)", _ONE_RUN_AT_A_TIME):
            raise AnotherRunError
        stack.push_async_callback(scene.close)
        yield scene


def _running(settings: Settings) -> tuple[Settings, str | None]:
    """Return the settings of the running deployment, and the administrator of its own database."""
    if settings.database:
        return settings, None
    server = EmbeddedPostgres(settings.var / "postgres")
    if not (server.data / "postmaster.pid").exists():
        msg = f"No demo runs in {settings.var}. Start it with `upheld run`, then run this beside it."
        raise CannotLookError(msg)
    return replace(embedded_settings(settings, server), demo=True), administrator_of(server)


async def _answers(scene: Scene) -> None:
    try:
        await scene.site.ask("GET", "/")
    except OSError as error:
        msg = f"{scene.settings.listen} does not answer over TLS ({error}). Is the deployment running?"
        raise CannotLookError(msg) from error


class _Bar:
    """Shows which check runs, and what was found so far."""

    def __init__(self, progress: Progress, total: int) -> None:
        """Take the display and how many checks there are."""
        self._progress = progress
        self._task = progress.add_task("Looking", total=total)

    def begins(self, check: Check) -> None:
        """Name the check that begins."""
        self._progress.update(self._task, description=f"{check.id}: {check.shows}")

    def ends(self, promise: Promise, result: CheckResult) -> None:
        """Note the end of a check; say so at once when something is wrong."""
        self._progress.advance(self._task)
        if result.state in {CheckState.FAILED, CheckState.UNPROVEN}:
            self._progress.console.print(
                f"[{'red' if result.state is CheckState.FAILED else 'yellow'}]{result.id} {result.state}[/]"
            )
        _ = promise


def _show(report: Report, screen: Console) -> None:
    table = Table("promise", "state", "checks", "seconds", header_style="bold", box=None, pad_edge=False)
    for result in report.promises:
        if result.state == PromiseState.NOT_BUILT:
            continue
        passed = sum(check.state is CheckState.PASSED for check in result.checks)
        seconds = sum(check.seconds for check in result.checks)
        state = f"[{_COLOURS[result.state.split(',')[0]]}]{result.state}[/]"
        table.add_row(result.id, state, f"{passed} of {len(result.checks)}", f"{seconds:.1f}" if seconds else "")
    screen.print(table)
    if missing := [result.id for result in report.promises if result.state == PromiseState.NOT_BUILT]:
        screen.print(f"\n[dim]Promised, and not built yet:[/] {', '.join(missing)}")
    for result in report.promises:
        _explain(result, screen)
    counts = {name: count for name, count in report.summary.items() if isinstance(count, int) and count}
    screen.print("\n" + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))


def _explain(result: PromiseResult, screen: Console) -> None:
    """Print what is wrong, check by check."""
    for check in result.checks:
        if check.state in {CheckState.FAILED, CheckState.UNPROVEN}:
            screen.print(f"\n[bold]{check.id}[/] {check.state}")
            reasons = (
                check.evidence.get("faults")
                or check.evidence.get("not_looked_at")
                or [check.evidence.get("could_not_look")]
            )
            for reason in reasons[:10]:
                screen.print(f"  {escape(str(reason))}")


def _list(promises: Sequence[Promise]) -> None:
    screen = Console(highlight=False)
    for promise in promises:
        screen.print(f"[bold]{promise.id}[/]  {escape(promise.statement)}")
        for check in promise.checks:
            how = (
                f"{check.probe.privilege}; {check.probe.cost}" if check.probe else f"not built, comes with {check.work}"
            )
            screen.print(f"    {check.id}: {escape(check.shows)} [dim]({escape(how)})[/]")

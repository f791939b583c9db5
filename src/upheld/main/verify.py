"""`upheld verify`: prove the promises of the running deployment."""

import asyncio
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from upheld.features.trust.errors import NoSuchPromiseError
from upheld.features.trust.model import Check, CheckResult, Promise, PromiseResult, PromiseState, Report
from upheld.features.trust.probe import CheckState
from upheld.features.trust.promises import PROMISES
from upheld.features.trust.runner import run
from upheld.features.trust.runs import record_run
from upheld.features.trust.states import chosen, exit_code, said, state_of
from upheld.kit.errors import UpheldError
from upheld.main.junit import junit
from upheld.main.staging import staged
from upheld.platform.settings import Settings

_COLOURS = {"upheld": "green", "broken": "bold red", "unproven": "yellow", "partly": "yellow", "not built": "dim"}


@click.command()
@click.argument("promises", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the signed evidence and nothing else.")
@click.option("--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML there.")
@click.option("--list", "only_list", is_flag=True, help="List every promise and its checks; look at nothing.")
@click.option(
    "--administrator",
    envvar="UPHELD_ADMINISTRATOR",
    help="URL of a PostgreSQL superuser, with {database} in place of the name. A demo's own is found by itself.",
)
@click.pass_context
def verify(
    ctx: click.Context,
    promises: tuple[str, ...],
    *,
    as_json: bool,
    junit_file: Path | None,
    only_list: bool,
    administrator: str | None,
) -> None:
    """Prove the promises of the running deployment: all of them, or those named (`access` means `access.*`).

    What is found is put on record, and `/trust` shows it.

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
    if junit_file is not None:
        junit_file.write_bytes(junit(report))
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
            report = await run(scene, wanted, _Bar(progress, wanted))
        await record_run(scene.platform, report)
        return report


class _Bar:
    """Shows which promise is being proven and by which check; says each as soon as it is known."""

    def __init__(self, progress: Progress, wanted: Sequence[Promise]) -> None:
        """Take the display and what is to be proven."""
        self._progress = progress
        self._task = progress.add_task("Looking", total=sum(len(promise.checks) for promise in wanted))
        self._found: list[CheckState] = []

    def begins(self, check: Check) -> None:
        """Name the check that begins."""
        self._progress.update(self._task, description=f"[bold]{check.id}[/] {escape(check.shows)}")

    def ends(self, promise: Promise, result: CheckResult) -> None:
        """Note the end of a check, and with the last of a promise what became of it."""
        self._progress.advance(self._task)
        self._found.append(result.state)
        if result.state in {CheckState.FAILED, CheckState.UNPROVEN}:
            colour = "red" if result.state is CheckState.FAILED else "yellow"
            self._progress.console.print(f"  [{colour}]{result.id} {result.state}[/]")
        if len(self._found) == len(promise.checks):
            state = said(self._found)
            if state != PromiseState.NOT_BUILT and self._progress.console.is_terminal:
                self._progress.console.print(f"[{_COLOURS[state.split(',')[0]]}]{state:<16}[/] {promise.id}")
            self._found = []


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

"""Run the benchmarks named on the command line, or all of them, and say what met its goal."""

import asyncio
import importlib
import pkgutil
import sys
from typing import Protocol, cast

import click

import bench
from bench import figures

NOT_BENCHMARKS = {"__main__", "figures", "load", "stage"}


class Benchmark(Protocol):
    """A module of this folder that measures."""

    async def measure(self) -> list[figures.Figure]:
        """Measure once, and return the figures."""
        ...


def main(wanted: list[str]) -> int:
    """Measure; 0 when every goal was met, 1 when one was missed."""
    there = sorted({module.name for module in pkgutil.iter_modules(bench.__path__)} - NOT_BENCHMARKS)
    missed = 0
    for name in wanted or there:
        module = importlib.import_module(f"bench.{name}")
        click.echo(f"{name}: {(module.__doc__ or name).splitlines()[0]}")
        for figure in asyncio.run(cast("Benchmark", module).measure()):
            click.echo(f"  {figure}")
            missed += not figure.is_met
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""`upheld migrate`: from one release's databases to the next, while people are served."""

import asyncio

import click

from upheld.platform.migrations import is_post, migrate
from upheld.platform.settings import Settings

_SIDE_BY_SIDE = "Start this version, stop the old one, then run `upheld migrate --finish`."
_ONE_AFTER_THE_OTHER = "Stop the old version, run `upheld migrate --finish`, then start this one."


@click.command("migrate")
@click.option("--finish", is_flag=True, help="The old version has stopped: also take the steps that it needed untaken.")
def migrate_command(*, finish: bool) -> None:
    """Take the steps to this version's databases that have not been taken.

    Steps that the old version could not live with wait until you say that it has stopped.
    """
    walked = asyncio.run(migrate(Settings.read(), finish=finish))
    for step in walked.taken:
        click.echo(f"Applied {step}")
    if walked.waiting:
        click.echo(f"Waiting until the old version has stopped: {', '.join(walked.waiting)}")
        # A step of this version behind one that the old version does not survive: a release was skipped.
        skipped = not all(map(is_post, walked.waiting))
        click.echo(_ONE_AFTER_THE_OTHER if skipped else _SIDE_BY_SIDE)
    elif not walked.taken:
        click.echo("Nothing to apply.")

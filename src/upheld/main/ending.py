"""Commands about sessions: an operator ends somebody's, and does nothing else in their name."""

import asyncio
from uuid import UUID

import click

from upheld.features.accounts.actions import end_sessions_of
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings


@click.group()
def sessions() -> None:
    """End sessions of people."""


@sessions.command("end")
@click.option("--person", type=click.UUID, help="Whose: the id of their account.")
@click.option("--email", help="Whose: the address of their account.")
def end_sessions(person: UUID | None, email: str | None) -> None:
    """End every session of one person, and their access tokens; the log says that the operator did."""
    if (person is None) is (email is None):
        msg = "Name one: --person or --email."
        raise click.UsageError(msg)

    async def run() -> int:
        async with open_platform(Settings.read(), ["maintenance"]) as platform:
            return await end_sessions_of(platform, person, email)

    click.echo(f"Sessions ended: {asyncio.run(run())}. Access tokens and sign-ins that were not finished ended too.")

"""`upheld health`: how containers ask their own deployment whether it answers."""

import asyncio
from http import HTTPStatus

import click

from upheld.features.trust.site import NetworkSite, trusted_by
from upheld.kit.errors import UnavailableError
from upheld.platform.settings import Settings


@click.command()
def health() -> None:
    """Ask the deployment on this machine whether it is ready. Ends with 0 when it is, else with 1."""
    settings = Settings.read()
    port = settings.listen.rsplit(":", 1)[1]
    site = NetworkSite(f"127.0.0.1:{port}", settings.address, trusted_by(settings))
    try:
        answer = asyncio.run(site.ask("GET", "/health/ready"))
    except OSError as error:
        msg = f"The deployment does not answer ({type(error).__name__})."
        raise UnavailableError(msg) from None
    if answer.status != HTTPStatus.OK:
        msg = f"The deployment answers {answer.status}."
        raise UnavailableError(msg)
    click.echo(answer.body.decode().strip())

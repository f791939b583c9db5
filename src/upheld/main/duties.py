"""Commands for keys, erasures and certificates; `cli.py` lists them."""

import asyncio
from pathlib import Path
from uuid import UUID

import click

from upheld.features.privacy.certificate import Verdict, is_about, verify
from upheld.features.privacy.duties import replay
from upheld.features.privacy.errors import CertificateError
from upheld.main.keys import keys
from upheld.main.running import deployment
from upheld.platform.mail import open_mailer
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings


@click.command("verify-certificate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", help="The issuer's public key in hexadecimal, from a place you trust.")
@click.option("--person", type=click.UUID, help="Whom it is to be about: the id in account.json of your export.")
def verify_certificate(file: Path, key: str | None, person: UUID | None) -> None:
    """Check a certificate of erasure, offline.

    Exit code 0: it is genuine. 1: something in it was changed, another key signed it, or it
    is about somebody else. 2: the file is no certificate.
    """
    try:
        verdict = verify(file.read_bytes(), key)
    except CertificateError as error:
        click.echo(f"{file}: {error.message}", err=True)
        raise SystemExit(2) from None
    if verdict.is_valid and person is not None and not is_about(verdict.certificate, person):
        verdict.problems.append("It is about somebody else.")
    _tell(verdict, key)
    raise SystemExit(0 if verdict.is_valid else 1)


@click.group()
def erasures() -> None:
    """Look after the register of erasures."""


@erasures.command("replay")
def replay_erasures() -> None:
    """Erase again whoever is in the register and came back, as after the restore of an older backup."""

    async def run(settings: Settings) -> list[int]:
        async with open_platform(settings, ["maintenance", "worker"]) as platform:
            return await replay(platform, open_mailer(settings))

    with deployment(Settings.read(), _note) as settings:
        repeated = asyncio.run(run(settings))
    if repeated:
        which = "entry" if len(repeated) == 1 else "entries"
        click.echo(f"Erased again: {which} {', '.join(map(str, repeated))} of the register. It can be served now.")
    else:
        click.echo("Nobody in the register is here. Nothing to do; it can be served.")


COMMANDS = (verify_certificate, keys, erasures)
"""What the command line lists."""


def _note(line: str) -> None:
    click.echo(line, err=True)


def _tell(verdict: Verdict, key: str | None) -> None:
    certificate = verdict.certificate
    for problem in verdict.problems:
        click.echo(f"Not valid: {problem}")
    if verdict.is_valid:
        click.echo("Valid: the signature fits, and nothing was changed since it was issued.")
        click.echo(f"  certificate    {certificate['id']}")
        click.echo(f"  issued by      {certificate['controller']} ({certificate['address']})")
        click.echo(f"  asked for      {certificate['requested_at']}")
        click.echo(f"  completed      {certificate['completed_at']}")
        click.echo(f"  keys destroyed {certificate['keys_destroyed']['count']}")
        for held in certificate["held"]:
            click.echo(f"  held           {held['applications']}, {held['organisation']}, until {held['keep_until']}")
        click.echo(f"  horizon        {certificate['horizon']['at']}")
    if key is None:
        click.echo(f"Signed with {certificate.get('public_key')}.")
        click.echo(f"Compare it with {certificate.get('address')}/.well-known/upheld-signing-key, or pass it as --key.")

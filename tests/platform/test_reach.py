"""A database on another machine: reached over TLS that proves who answers, or not at all."""

import ssl
from pathlib import Path

import pytest

from tests.support.door import identity
from tests.support.elsewhere import UNNAMED, Elsewhere
from upheld.platform.database import AwayError, Database, Query
from upheld.platform.reach import is_here, tls_for
from upheld.platform.settings import Settings, SettingsError

pytestmark = pytest.mark.anyio

WHO = Query(
    "who",
    "select current_user || ' over ' || coalesce(version, 'nothing') from pg_stat_ssl where pid = pg_backend_pid()",
    "Who is connected, and how the server sees it.",
)


@pytest.mark.parametrize(
    "base",
    [
        "postgresql:///upheld?host=/run/postgresql",
        "postgresql://%2Frun%2Fpostgresql/upheld",
        "postgresql://web:secret@/upheld?host=/run/postgresql",
        "postgresql://localhost/upheld",
        "postgresql://127.0.0.1:5432/upheld?sslmode=disable",
        "postgresql://[::1]:5432/upheld",
        "postgresql://localhost,127.0.0.1:5433/upheld",
    ],
)
def test_a_socket_and_the_loopback_are_this_machine(base: str) -> None:
    assert is_here(base)
    assert tls_for(base) is None


REMOTE = [
    "postgresql://db.example.org/upheld",
    "postgresql://db.example.org/upheld?host=/run/postgresql",  # our driver takes the first
    "postgresql://localhost/upheld?host=db.example.org",  # libpq takes the second
    "postgresql:///upheld?host=/run/postgresql,db.example.org",
    "postgresql:///upheld?host=/run/postgresql&host=db.example.org",
    "postgresql://localhost,db.example.org/upheld",
    "postgresql://localhost/upheld?hostaddr=192.0.2.1",
    "postgresql://localhost@db.example.org/upheld",
    "postgresql://localhost.example.org/upheld",
    "postgresql://127.0.0.2/upheld",
    "postgresql:///upheld",  # wherever PGHOST says
]


@pytest.mark.parametrize("base", REMOTE)
def test_everything_else_is_another_machine_however_it_is_spelt(base: str) -> None:
    tls = tls_for(base)
    assert tls is not None
    assert tls.check_hostname
    assert tls.verify_mode.name == "CERT_REQUIRED"


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca", "", "VERIFY-NONE"])
@pytest.mark.parametrize("base", REMOTE)
def test_nothing_less_than_full_verification_may_be_asked_for(base: str, mode: str) -> None:
    lax = f"{base}{'&' if '?' in base else '?'}sslmode=verify-full&sslmode={mode or 'none'}"
    with pytest.raises(SettingsError, match="verify-full only"):
        tls_for(lax)


def test_an_authority_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match="sslrootcert"):
        tls_for("postgresql://db.example.org/upheld?sslrootcert=/there/is/none.pem")


@pytest.fixture
async def settings(elsewhere: Elsewhere) -> Settings:
    """Cut a deployment on the server elsewhere; a test says how it is reached."""
    return await elsewhere.cluster.deploy()


async def name_seen(settings: Settings) -> str:
    """Return who the database says we are."""
    async with Database.open(settings, ["web"]) as database, database.transaction("web") as tx:
        return await tx.value(WHO)


async def test_a_database_that_proves_who_it_is_is_reached(settings: Settings, elsewhere: Elsewhere) -> None:
    assert await name_seen(elsewhere.moved(settings, elsewhere.authority)) == "web over TLSv1.3"


async def test_a_database_that_an_unknown_authority_vouches_for_is_refused(
    settings: Settings, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    _, another = identity(tmp_path / "another")
    for trusted in (None, another):
        with pytest.raises(AwayError) as refused:
            await name_seen(elsewhere.moved(settings, trusted))
        assert isinstance(refused.value.__cause__, ssl.SSLCertVerificationError)


async def test_a_database_with_the_certificate_of_another_is_refused(settings: Settings, elsewhere: Elsewhere) -> None:
    with pytest.raises(AwayError) as refused:
        await name_seen(elsewhere.moved(settings, elsewhere.authority, UNNAMED))
    assert isinstance(refused.value.__cause__, ssl.SSLCertVerificationError)
    assert UNNAMED in str(refused.value.__cause__)


async def test_a_database_that_will_not_encrypt_is_refused(settings: Settings, elsewhere: Elsewhere) -> None:
    conf = (elsewhere.cluster.server.data / "postgresql.conf").read_text()
    moved = elsewhere.moved(settings, elsewhere.authority)
    async with elsewhere.cluster.changed("postgresql.conf", f"{conf}\nssl = off\n"):
        with pytest.raises(AwayError) as refused:
            await name_seen(moved)
    assert "SSL" in str(refused.value.__cause__)
    assert await name_seen(moved) == "web over TLSv1.3"

"""edge.database, red under each of its sabotages."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from tests.promises.faults import Scratch
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed
from tests.support.door import front_door, identity
from tests.support.elsewhere import HERE, Elsewhere
from upheld.features.trust import store
from upheld.features.trust.probes import admission
from upheld.features.trust.probes.admission import RUNTIME_ROLES, Line, fault_of, faults_of, lines_of
from upheld.main.web import ROLES, create_app
from upheld.platform.install import database_name, sql, url
from upheld.platform.services import open_platform

pytestmark = pytest.mark.anyio


def no_tls(_: str) -> None:
    """Ask nobody to prove who they are."""


@pytest.fixture(scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Cluster]:
    """Run a server of these tests' own, whose files they may change."""
    folder = tmp_path_factory.mktemp("admitting")
    folder.chmod(0o711)
    cluster = Cluster(folder)
    await asyncio.to_thread(cluster.start)
    yield cluster
    await asyncio.to_thread(cluster.stop)


def move(scratch: Scratch, base: str) -> None:
    """Let the deployment's data lie elsewhere."""
    platform = scratch.scene.platform
    scratch.scene.platform = replace(platform, settings=replace(platform.settings, database=base))


async def test_edge_database_connection_is_red_when_tls_ends_before_the_database(
    scratch: Scratch, cluster: Cluster, tmp_path: Path
) -> None:
    presented, authority = identity(tmp_path / "identity")
    name = database_name(scratch.scene.settings.database)
    with front_door(cluster.server.sockets, presented) as place:
        move(scratch, f"postgresql://{place}/{name}?sslrootcert={authority}")
        await scratch.sees_red("edge.database.connection", "web: the server sees no TLS", "auditor: the server sees")


async def test_edge_database_connection_is_red_when_less_than_verification_is_configured(scratch: Scratch) -> None:
    move(scratch, "postgresql://db.example.org/upheld?sslmode=prefer")
    await scratch.sees_red("edge.database.connection", "verify-full only, not prefer")


@pytest.mark.parametrize(
    ("encrypted", "version", "fault"),
    [(True, "TLSv1.3", None), (True, "TLSv1.2", None), (True, "TLSv1.1", "TLSv1.1"), (False, "", "no TLS")],
)
def test_a_connection_is_judged_by_what_its_server_sees(encrypted: bool, version: str, fault: str | None) -> None:  # noqa: FBT001 - the server's column
    found = fault_of(encrypted, version)
    assert (found is None) == (fault is None)
    assert fault is None or fault in str(found)


async def test_edge_database_refused_is_red_when_less_than_verification_will_do(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upheld.platform.database.tls_for", no_tls)
    await scratch.sees_red(
        "edge.database.refused",
        "a database with sslmode=prefer", "a database with sslmode=require", "a keyring with sslmode=disable",
    )  # fmt: skip


async def test_edge_database_refused_is_red_when_nobody_has_to_prove_who_they_are(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "tls_for", no_tls)
    await scratch.sees_red("edge.database.refused", "need not prove who it is")


async def test_edge_database_admits_is_red_when_somebody_is_trusted(own: Cluster) -> None:
    before = (own.server.data / "pg_hba.conf").read_text()
    async with deployed(own) as deployment:
        scratch = Scratch.around(deployment, own)
        assert (await scratch.look("edge.database.admits")).state == "upheld"
        trusting = f"local all web trust\nhost all all 0.0.0.0/0 scram-sha-256\n{before}"
        async with own.changed("pg_hba.conf", trusting):
            await scratch.sees_red(
                "edge.database.admits",
                "data, line 1: local by trust", "keyring, line 2: host by scram", "web gets in with a wrong password",
            )  # fmt: skip


@pytest.fixture
async def afar(elsewhere: Elsewhere) -> AsyncGenerator[Scratch]:
    """Set up a scene around a deployment whose databases are elsewhere, ruled by the example that we ship."""
    settings = await elsewhere.cluster.deploy()
    moved = elsewhere.moved(settings, elsewhere.authority)
    async with (
        elsewhere.cluster.changed("pg_hba.conf", elsewhere.shipped_rules(settings)),
        open_platform(moved, ROLES) as platform,
    ):
        deployment = Deployment(moved, platform, create_app(platform), elsewhere.cluster)
        scratch = Scratch.around(deployment, elsewhere.cluster)
        scratch.scene.database_files = None
        yield scratch


async def test_a_database_elsewhere_with_tls_and_our_rules_upholds_it(afar: Scratch) -> None:
    connection, admits = [await afar.look(f"edge.database.{name}") for name in ("connection", "admits")]
    assert (connection.state, admits.state) == ("upheld", "upheld"), (connection, admits)
    ways = connection.checks[0].evidence["connections"]
    assert len(ways) == len(RUNTIME_ROLES)
    assert {way.partition("over ")[2] for way in ways.values()} == {"TLSv1.3"}
    assert admits.checks[0].evidence["embedded"] is False


async def test_a_database_elsewhere_turns_away_whoever_comes_without_tls(afar: Scratch) -> None:
    settings = afar.scene.settings
    plain = url(settings.database.partition("?")[0], "web", settings.secret("web"))
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match="no encryption"):
        await asyncpg.connect(plain, ssl=False)


async def test_edge_database_admits_is_red_when_a_server_elsewhere_lets_in_whoever_comes_without_tls(
    afar: Scratch, elsewhere: Elsewhere
) -> None:
    lax = f"host all all {HERE}/32 scram-sha-256\nhostnossl all web 192.0.2.0/24 scram-sha-256\n"
    rules = (elsewhere.cluster.server.data / "pg_hba.conf").read_text()
    async with elsewhere.cluster.changed("pg_hba.conf", f"{lax}{rules}"):
        await afar.sees_red("edge.database.admits", "line 2: hostnossl admits connections without TLS")


async def start_again(own: Cluster) -> None:
    await asyncio.to_thread(own.server.stop)
    await asyncio.to_thread(own.server.start)


async def test_edge_database_admits_is_red_when_the_embedded_server_listens(own: Cluster) -> None:
    settings = own.server.data / "postgresql.conf"
    before = settings.read_text()
    try:
        settings.write_text(f"{before}\nlisten_addresses = '127.0.0.3'\n")
        await start_again(own)
        async with deployed(own) as deployment:
            await Scratch.around(deployment, own).sees_red("edge.database.admits", "data: listens on 127.0.0.3")
    finally:
        settings.write_text(before)
        await start_again(own)


@pytest.mark.parametrize(
    ("line", "changed", "fault"),
    [
        ("hostssl", "host", "host admits connections without TLS"),
        ("hostssl", "hostnossl", "hostnossl admits connections without TLS"),
        ("scram-sha-256", "trust", "by trust"),
        ("scram-sha-256", "md5", "by md5"),
        ("192.0.2.0/24", "0.0.0.0/0", "admits every network"),
        ("192.0.2.0/24", "all", "admits every network"),
        ("all           reject", "192.0.2.0/24  reject", "nobody is refused in the end over host"),
    ],
)
async def test_edge_database_manifests_is_red_when_the_example_lets_more_in(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch, line: str, changed: str, fault: str
) -> None:
    assert line in sql("pg_hba.conf")

    def tampered(name: str) -> str:
        return sql(name).replace(line, changed)

    monkeypatch.setattr(admission, "sql", tampered)
    await scratch.sees_red("edge.database.manifests", fault)


async def test_the_example_means_to_postgresql_what_it_means_to_us(afar: Scratch) -> None:
    async with afar.scene.as_administrator() as administrator:
        rows = await administrator.fetch(store.QUERIES["admission_rules"].sql)
    assert {row["error"] for row in rows} == {None}
    ours = lines_of(sql("pg_hba.conf"))
    assert sorted((row["line_number"], row["kind"], row["method"]) for row in rows) == [
        (line.line_number, line.kind, line.method) for line in ours
    ]
    over_the_network = [line for line in ours if line.kind != "local"]
    assert {(line.kind, line.method) for line in over_the_network} == {("hostssl", "scram-sha-256"), ("host", "reject")}


@pytest.mark.parametrize(
    ("line", "good"),
    [
        (Line(1, "hostssl", "192.0.2.0", "255.255.255.0", "scram-sha-256"), True),
        (Line(1, "hostssl", "192.0.2.0", "255.255.255.0", "cert"), True),
        (Line(1, "host", "127.0.0.1", "255.255.255.255", "scram-sha-256"), True),
        (Line(1, "local", "", "", "peer"), True),
        (Line(1, "local", "", "", "trust"), False),
        (Line(1, "host", "127.0.0.1", "255.255.255.255", "trust"), False),
        (Line(1, "hostssl", "192.0.2.0", "255.255.255.0", "password"), False),
        (Line(1, "hostssl", "::", "::", "scram-sha-256"), False),
        (Line(1, "hostssl", "192.0.2.0", "255.255.255.0", "scram-sha-256", "what the server could not read"), False),
    ],
)
def test_a_line_of_a_server_elsewhere_is_judged(line: Line, good: bool) -> None:  # noqa: FBT001 - the verdict
    assert (not faults_of(line, own=False)) == good

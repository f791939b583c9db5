"""Twelve faults, each planted in a scratch deployment: each is found, and by name.

A test says by whom: `storm` is the attack generator, which finds by doing; `matrix` measures who
reaches what, and holds it to a model; a check of the catalog reads.
"""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import anyio
import anyio.to_thread
import asyncpg
import pytest

from tests.boundary.generator.battlefield import Battlefield, prepare
from tests.boundary.generator.doors import open_doors
from tests.boundary.generator.storm import storm
from tests.boundary.matrix import deviations
from tests.boundary.world import peopled
from tests.promises.faults import Scratch
from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from upheld.platform.install import database_name
from upheld.platform.settings import Settings

pytestmark = pytest.mark.anyio

HOW = ("read", "write", "context", "function")


@dataclass
class Found:
    """What the generator found in a database with a fault, a line a finding."""

    lines: list[str]

    def names(self, *words: str) -> bool:
        """Say whether one finding holds all of the words."""
        return any(all(word in line for word in words) for line in self.lines)


@dataclass
class Grounds:
    """A battlefield that nobody is connected to any more, to be copied for each fault."""

    original: Battlefield
    cluster: Cluster
    copies: int = 0

    @asynccontextmanager
    async def copied(self, *fault: str) -> AsyncGenerator[Battlefield]:
        """Yield a copy of the battlefield in which a fault is planted."""
        self.copies += 1
        source = database_name(self.original.settings.database)
        name = f"{source}_fault_{self.copies}"
        url = self.cluster.administrator
        administrator = await asyncpg.connect(url.format(database="postgres"))
        try:
            await administrator.execute(f"create database {name} template {source} owner owner")
            await administrator.execute(f"grant connect on database {name} to web, worker, gate, maintenance, support")
            database = self.original.settings.database.replace(f"/{source}?", f"/{name}?")
            copy = replace(self.original, settings=replace(self.original.settings, database=database))
            async with copy.administrated() as inside:
                for statement in fault:
                    await inside.execute(statement)
            yield copy
        finally:
            await administrator.execute(f"drop database if exists {name} with (force)")
            await administrator.close()

    async def storm(
        self,
        *fault: str,
        tables: Collection[str],
        callers: Collection[str],
        families: Collection[str] = HOW,
    ) -> Found:
        """Attack some tables of a copy in which a fault is planted."""
        async with self.copied(*fault) as battlefield:
            for _ in range(2):  # a time limit that was met on a busy machine is not met twice
                report = await storm(battlefield, 1, tables=tables, callers=callers, families=families)
                if report.findings:
                    return Found([str(finding) for finding in report.findings])
            return Found([])


@pytest.fixture(scope="module")
async def grounds(cluster: Cluster) -> Grounds:
    """People a world, put up the witness, and let go of every connection to it."""
    async with peopled(cluster) as world:
        battlefield = await prepare(world)
    return Grounds(battlefield, cluster)


async def measured(cluster: Cluster, *fault: str) -> Found:
    """Measure the matrix of a fresh deployment in which a fault is planted."""
    async with deployed(cluster) as deployment:
        administrator = await deployment.administrator()
        try:
            for statement in fault:
                await administrator.execute(statement)
        finally:
            await administrator.close()
        return Found(await deviations(deployment))


@pytest.fixture
async def scratch(cluster: Cluster) -> AsyncGenerator[Scratch]:
    """Set up a scene around a fresh deployment, for the checks of the catalog."""
    async with deployed(cluster) as deployment:
        scratch = Scratch.around(deployment, cluster)
        try:
            yield scratch
        finally:
            await scratch.scene.close()


async def test_where_nothing_is_planted_nothing_is_found(grounds: Grounds) -> None:
    tables = {"upheld.people", "upheld.applications", "upheld.application_events", "upheld.sessions"}
    assert (await grounds.storm(tables=tables, callers={"web as ada", "worker"})).lines == []


async def test_1_a_policy_that_was_dropped_is_found_by_storm_and_matrix(grounds: Grounds, cluster: Cluster) -> None:
    """Without it nobody sees more; its person no longer sees what is theirs."""
    fault = "drop policy consents_are_seen_by_their_person on upheld.consents"
    found = await grounds.storm(fault, tables={"upheld.consents"}, callers={"web as ada"}, families={"read"})
    assert found.names("web as ada", "upheld.consents", "are theirs")
    assert (await measured(cluster, fault)).names("upheld.consents, ada", "and should")


async def test_2_a_grant_that_was_widened_is_found_by_storm_and_matrix(grounds: Grounds, cluster: Cluster) -> None:
    fault = "grant update (person_id) on upheld.applications to web"
    found = await grounds.storm(fault, tables={"upheld.applications"}, callers={"web as olga"}, families={"write"})
    assert found.names("web as olga", "take over person_id", "changed what is not theirs, of upheld.applications")
    assert (await measured(cluster, fault)).names("upheld.applications, web: updates column person_id, and should not")


@pytest.mark.parametrize(("forced", "leaks"), [("force", False), ("no force", True)])
async def test_3_a_table_that_is_not_forced_is_found_by_storm(grounds: Grounds, forced: str, leaks: bool) -> None:  # noqa: FBT001 - a row of the table above
    """A function that nobody handed to a family runs as the owner, whom only `force` holds."""
    found = await grounds.storm(
        "create function upheld.everything() returns setof upheld.application_events"
        " language sql stable security definer set search_path = '' as 'select * from upheld.application_events'",
        "alter function upheld.everything() owner to owner",
        "grant execute on function upheld.everything() to web",
        f"alter table upheld.application_events {forced} row level security",
        tables={"upheld.application_events"},
        callers={"web"},
    )
    assert found.names("upheld.everything()", "saw what is not theirs, of", "upheld.application_events") == leaks


async def test_3_a_table_without_row_security_is_found_by_all(
    grounds: Grounds, cluster: Cluster, scratch: Scratch
) -> None:
    fault = "alter table upheld.application_events disable row level security, no force row level security"
    found = await grounds.storm(fault, tables={"upheld.application_events"}, callers={"web"}, families={"read"})
    assert found.names("web, upheld.application_events, read, select: saw what is not theirs")
    assert (await measured(cluster, fault)).names("upheld.application_events", "reads", "and should not")
    await scratch.change(fault)
    await scratch.sees_red("access.rls.forced", "upheld.application_events: row security is not forced")


async def test_4_a_context_that_is_not_sealed_is_found_by_storm(grounds: Grounds) -> None:
    found = await grounds.storm(
        "create or replace function upheld.current_person() returns uuid language sql stable"
        " return nullif(current_setting('upheld.person', true), '')::uuid",
        tables={"upheld.people"},
        callers={"web as ada"},
        families={"context"},
    )
    assert found.names("web as ada, upheld.people, context, plain settings: saw what is not theirs")


async def test_5_a_definer_without_a_fixed_search_path_is_found_by_the_catalog(scratch: Scratch) -> None:
    await scratch.change("alter function upheld.open_contact(uuid) reset search_path")
    await scratch.sees_red("access.rls.functions", "upheld.open_contact(uuid) lends its rights along any search path")


async def test_6_a_view_without_its_invokers_rights_is_found_by_all(
    grounds: Grounds, cluster: Cluster, scratch: Scratch
) -> None:
    fault = ("create view upheld.everybody as select * from upheld.people", "grant select on upheld.everybody to web")
    found = await grounds.storm(*fault, tables={"upheld.everybody"}, callers={"web"}, families={"read"})
    assert found.names("web, upheld.everybody, read, select: saw what is not theirs", "upheld.people")
    assert (await measured(cluster, *fault)).names("upheld.everybody, web: reads column email_sealed, and should not")
    await scratch.change(*fault)
    await scratch.sees_red("access.rls.forced", "upheld.everybody: a view that does not ask as its caller")


async def test_7_a_policy_on_the_rows_own_column_is_found_by_storm_and_matrix(
    grounds: Grounds, cluster: Cluster
) -> None:
    fault = "create policy of_its_own on upheld.disclosures for select to web using (person_id = person_id)"
    found = await grounds.storm(fault, tables={"upheld.disclosures"}, callers={"web as olga"}, families={"read"})
    assert found.names("web as olga, upheld.disclosures, read, select: saw what is not theirs")
    assert (await measured(cluster, fault)).names("upheld.disclosures", "reads", "and should not")


async def test_8_a_reference_without_the_tenant_is_found_by_storm(grounds: Grounds) -> None:
    """It lets a session act for an employer that its person does not belong to."""
    found = await grounds.storm(
        "alter table upheld.sessions drop constraint sessions_organisation_id_person_id_fkey",
        "alter table upheld.sessions add foreign key (organisation_id) references upheld.organisations (id)",
        tables={"upheld.sessions"},
        callers={"web as ada"},
        families={"write"},
    )
    assert found.names("web as ada", "take over organisation_id", "changed what is not theirs, of upheld.sessions")


async def test_9_ciphertext_that_may_be_selected_is_found_by_storm_and_matrix(
    grounds: Grounds, cluster: Cluster
) -> None:
    fault = "grant select (summary_sealed) on upheld.profiles to web"
    found = await grounds.storm(fault, tables={"upheld.profiles"}, callers={"web as ada"}, families={"read"})
    assert found.names("web as ada, upheld.profiles, read, ciphertext summary_sealed: was not refused")
    assert (await measured(cluster, fault)).names("upheld.profiles, web: reads column summary_sealed, and should not")


async def test_10_a_role_that_bypasses_row_security_is_found_by_storm_and_the_catalog(
    grounds: Grounds, scratch: Scratch
) -> None:
    # Roles belong to the cluster that all tests share: whatever happens, this one is repaired.
    try:
        await scratch.change("alter role worker bypassrls")
        await scratch.sees_red("access.rls.roles", "worker passes row security by")
        found = await grounds.storm(tables={"upheld.messages"}, callers={"worker"}, families={"read"})
    finally:
        await scratch.change("alter role worker nobypassrls")
    assert found.names("worker, upheld.messages, read, select: saw what is not theirs")


async def test_11_trust_is_found_by_its_line_and_by_walking_in(tmp_path_factory: pytest.TempPathFactory) -> None:
    """On a server of its own: the file of the others stays as it is."""
    folder = tmp_path_factory.mktemp("trusting")
    folder.chmod(0o711)
    cluster = Cluster(folder)
    await anyio.to_thread.run_sync(cluster.start)
    try:
        settings = await cluster.deploy()
        assert await looked_for_doors(cluster, settings) == []
        rules = cluster.server.data / "pg_hba.conf"
        rules.write_text(rules.read_text().replace("local all all", "local all web trust\nlocal all all"))
        found = await looked_for_doors(cluster, settings)
    finally:
        await anyio.to_thread.run_sync(cluster.stop)
    assert "pg_hba.conf, line 2: local by trust" in found
    assert f"web enters {database_name(settings.database)} with a wrong password" in found


async def looked_for_doors(cluster: Cluster, settings: Settings) -> list[str]:
    """Let the server read its rules again, and look for open doors."""
    administrator = await asyncpg.connect(cluster.administrator.format(database="postgres"))
    try:
        await administrator.execute("select pg_reload_conf()")
        await anyio.sleep(0.5)  # the postmaster reads them when it is signalled
        return await open_doors(administrator, settings)
    finally:
        await administrator.close()


async def test_12_a_definer_that_everyone_may_call_is_found_by_all(
    grounds: Grounds, cluster: Cluster, scratch: Scratch
) -> None:
    fault = "grant execute on function upheld.erasures_under_way(), upheld.credential_of(uuid) to public"
    found = await grounds.storm(fault, tables={"upheld.credentials"}, callers={"web"}, families={"function"})
    assert found.names("web, upheld.credentials", "upheld.credential_of(uuid)", "saw what is not theirs")
    assert (await measured(cluster, fault)).names("web may call credential_of", "and should not")
    await scratch.change(fault)
    await scratch.sees_red("access.rls.functions", "upheld.credential_of(uuid) may be called by everyone")

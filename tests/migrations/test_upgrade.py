"""From one release to the next, with people's data in it and while people are served.

The next release is invented here: a copy of this one with steps of its own, as an operator installs it
beside the old one. Steps, commands and processes are the real ones.
"""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.migrations.test_schema import OURS, facts
from tests.support.catalog import connected
from tests.support.deployment import Deployment
from tests.support.hiring import Application, applied, apply_for, new_job, pdf
from tests.support.server import serving
from upheld.main.supervisor import environment_of
from upheld.platform.migrations import SchemaError, check_schema

pytestmark = pytest.mark.anyio

ADDS = """
alter table upheld.jobs add column town text check (length(btrim(town)) between 2 and 120);
-- The owner of a table is held by its policies as well; what fills a column lifts that until its end.
alter table upheld.jobs no force row level security;
update upheld.jobs set town = location;
alter table upheld.jobs force row level security;
create function upheld.keep_town() returns trigger language plpgsql set search_path = '' as $$
begin
    if tg_op = 'INSERT' or new.location is distinct from old.location then
        new.town := coalesce(new.location, new.town);
    end if;
    new.location := new.town;
    return new;
end
$$;
create trigger keep_town before insert or update on upheld.jobs for each row execute function upheld.keep_town();
grant insert (town), update (town) on upheld.jobs to web;
call upheld.classify(
    'upheld.jobs', '{town}', 'organisation', 'organisation', '{hiring}', 'contract', 'organisation', false, 'kept'
);
do $$ begin assert current_setting('lock_timeout') = '10s'; end $$;
"""
REMOVES = """
drop trigger keep_town on upheld.jobs;
drop function upheld.keep_town;
alter table upheld.jobs drop column location, alter column town set not null;
"""
BREAKS = """
alter table upheld.jobs add column town text;
alter table upheld.jobs no force row level security;
delete from upheld.application_events;
select 1 / 0;
"""


class NextRelease:
    """This release, installed once more in a folder of its own, with steps that it does not have."""

    def __init__(self, folder: Path, deployment: Deployment, **steps: str) -> None:
        """Copy the code, and write steps by their names."""
        self.folder, self.deployment = folder, deployment
        shutil.copytree("src/upheld", folder / "upheld")
        self.road = folder / "upheld" / "database" / "migrations"
        for name, sql in steps.items():
            self.write(name, sql)

    def write(self, name: str, sql: str) -> None:
        """Write a step."""
        (self.road / f"{name}.sql").write_text(sql)

    def reads_towns(self) -> None:
        """Let the code of this release read and write the new column, and nothing of the old one."""
        queries = self.folder / "upheld" / "features" / "jobs" / "store.sql"
        said = queries.read_text().replace("j.description, j.location,", "j.description, j.town as location,")
        said = said.replace("j.title, j.location,", "j.title, j.town,").replace("location = $5", "town = $5")
        queries.write_text(
            said.replace("employment_type, description, location,", "employment_type, description, town,")
        )

    async def upheld(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type a command of this release."""
        environment = {**environment_of(self.deployment.settings), "PYTHONPATH": str(self.folder)}
        command = [sys.executable, "-m", "upheld.main.cli", *words]
        return await asyncio.to_thread(
            subprocess.run, command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False
        )


async def contents(deployment: Deployment) -> dict[str, str]:
    """Return a hash of every row there is, by table; of jobs, without the column that is new."""
    async with connected(deployment.cluster, deployment.settings.database) as administrator:
        tables = await administrator.fetch(
            "select oid::regclass::text as tab from pg_class where relkind = 'r' and relnamespace = any($1)",
            await administrator.fetchval(OURS),
        )
        hashed = (
            "select md5(string_agg(t, '|' order by t)) from (select (to_jsonb(r) - 'town')::text from {} r) as s (t)"
        )
        return {row["tab"]: await administrator.fetchval(hashed.format(row["tab"])) for row in tables}


async def structure(deployment: Deployment) -> dict[str, list[str]]:
    """Return what the catalog knows of the schema."""
    async with connected(deployment.cluster, deployment.settings.database) as administrator:
        return await facts(administrator)


async def serves(deployment: Deployment, sent: Application) -> None:
    """Hire with the code of this release: read, post, apply."""
    assert "I would like to look after your boats" in (await sent.owner.get(sent.page())).text
    second = await new_job(deployment, sent.owner, "Sail maker")
    await apply_for(sent.candidate, second)
    assert "Bristol" in (await sent.candidate.get(f"/jobs/{second}")).text


async def test_people_are_served_while_databases_go_from_a_release_to_the_next(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with applied(deployment, ("resume.pdf", pdf("Boats"))) as sent:
        await serves(deployment, sent)  # its connections know their statements from here on
        latest = NextRelease(tmp_path / "next", deployment)
        latest.write("0002_pre_where_a_job_is", ADDS)
        latest.write("0003_post_without_the_old_column", REMOVES)
        latest.reads_towns()
        before = await contents(deployment)

        refused = await latest.upheld("serve")
        assert "0002_pre_where_a_job_is.sql has not been taken. Run `upheld migrate`." in refused.stderr
        added = await latest.upheld("migrate")
        assert added.stdout.splitlines()[0] == "Applied 0002_pre_where_a_job_is.sql", added.stderr
        assert "Waiting until the old version has stopped: 0003_post_without_the_old_column.sql" in added.stdout
        assert await contents(deployment) == before
        await serves(deployment, sent)
        await check_schema(deployment.settings)

        monkeypatch.chdir(latest.folder)
        with serving(deployment.settings) as new, new.client() as visitor:
            assert "Bristol" in visitor.get(f"/jobs/{sent.job_id}").text, "both serve from the same databases"
            between = await contents(deployment)
            finished = await latest.upheld("migrate", "--finish")
            assert finished.stdout == "Applied 0003_post_without_the_old_column.sql\n", finished.stderr
            changed = {tab for tab, rows in (await contents(deployment)).items() if rows != between[tab]}
            assert changed == {"upheld.jobs"}
            assert "Bristol" in visitor.get(f"/jobs/{sent.job_id}").text
            assert "Sail maker" in visitor.get("/jobs").text
        with pytest.raises(SchemaError, match="newer version, which has taken 0003_post_without_the_old_column"):
            await check_schema(deployment.settings)


async def test_a_step_that_breaks_leaves_everything_as_it_was(deployment: Deployment, tmp_path: Path) -> None:
    async with applied(deployment) as sent:
        latest = NextRelease(tmp_path / "next", deployment)
        latest.write("0002_pre_broken", BREAKS)
        latest.write("0003_pre_after_it", "create table upheld.never (id uuid);")
        before = await structure(deployment), await contents(deployment)

        failed = await latest.upheld("migrate")
        assert failed.returncode == 1
        assert failed.stderr == (
            "Error: 0002_pre_broken.sql could not be taken: division by zero. "
            "Nothing of it was applied, and nothing after it was tried.\n"
        )
        assert (await structure(deployment), await contents(deployment)) == before
        await serves(deployment, sent)

        latest.write("0002_pre_broken", ADDS)
        assert (await latest.upheld("migrate")).stdout == "Applied 0002_pre_broken.sql\nApplied 0003_pre_after_it.sql\n"


async def test_who_skips_a_release_is_told_to_stop_the_old_one_first(deployment: Deployment, tmp_path: Path) -> None:
    latest = NextRelease(tmp_path / "next", deployment)
    latest.write("0002_pre_where_a_job_is", ADDS)
    latest.write("0003_post_without_the_old_column", REMOVES)
    latest.write("0004_pre_for_the_release_after", "comment on column upheld.jobs.town is null;")
    said = (await latest.upheld("migrate")).stdout
    assert "0003_post_without_the_old_column.sql, 0004_pre_for_the_release_after.sql" in said
    assert "Stop the old version, run `upheld migrate --finish`, then start this one." in said
    assert "Applied 0004" in (await latest.upheld("migrate", "--finish")).stdout

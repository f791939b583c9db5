"""data.erase, and what backups hold: red under each of their sabotages."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest

from tests.promises.faults import LeakyVault, Scratch
from upheld.main.erasing import OwnErasures
from upheld.platform.settings import Settings
from upheld.platform.vault import KeyRef

pytestmark = pytest.mark.anyio


class LeakyProfiles(LeakyVault):
    """Forgets to seal a column of profiles, and of nothing else."""

    async def seal(
        self, ref: KeyRef, table: str, row: UUID, values: Mapping[str, str | None]
    ) -> dict[str, bytes | None]:
        """Seal all columns but one of one table."""
        return await (super().seal if table == "profiles" else super(LeakyVault, self).seal)(ref, table, row, values)


class NoReplay(OwnErasures):
    """Says that erasures were repeated, and repeats none."""

    async def replay(self, settings: Settings) -> list[int]:  # noqa: ARG002 - the sabotage
        """Do nothing."""
        return []


class Leaving(OwnErasures):
    """Carries an erasure out, and then undoes a part of it."""

    def __init__(self, undo: Callable[[UUID], Any]) -> None:
        """Take what brings a part of the person back."""
        self._undo = undo

    async def at_once(self, settings: Settings, person: UUID, receipt: bytes) -> None:
        """Erase, and bring something back."""
        await super().at_once(settings, person, receipt)
        await self._undo(person)


async def test_data_erase_is_upheld_when_the_worker_is_quicker(scratch: Scratch) -> None:
    class Late(OwnErasures):
        async def at_once(self, settings: Settings, person: UUID, receipt: bytes) -> None:
            """Come when the worker is done."""
            await scratch.deployment.work()
            await super().at_once(settings, person, receipt)

    scratch.scene.erasures = Late()
    checks = (await scratch.look("data.erase.complete")).checks
    assert [check.state for check in checks] == ["passed"], checks
    await _nothing_is_left(scratch)


async def _nothing_is_left(scratch: Scratch) -> None:
    """See that what somebody who left had sent to a probe employer went with the run."""
    async with scratch.scene.as_administrator() as connection:
        for table in ("applications", "application_snapshots", "consents", "disclosures", "access_journal", "people"):
            assert await connection.fetchval(f"select count(*) from upheld.{table}") == 0, table  # noqa: S608 - as above
    async with scratch.scene.as_administrator(keyring=True) as connection:
        # The log of the month is everybody's: its key stays.
        assert await connection.fetchval("select count(*) from keyring.data_keys where class !~ '^log-'") == 0
    assert not [path for path in (scratch.deployment.settings.var / "objects" / "files").rglob("*") if path.is_file()]


async def test_data_erase_complete_is_red_when_a_row_comes_back(scratch: Scratch) -> None:
    row = (
        "insert into upheld.job_secrets (secret_hash, person_id, duty, expires_at)"
        " values (sha256('x'), $1, 'mail', now())"
    )
    scratch.scene.erasures = Leaving(lambda person: scratch.put(row, person))
    await scratch.sees_red("data.erase.complete", "upheld.job_secrets.person_id names the person")


async def test_data_erase_complete_is_red_when_a_plain_copy_is_kept(scratch: Scratch) -> None:
    platform = scratch.deployment.platform
    await scratch.change("create table upheld.shadow as select * from upheld.profiles with no data")
    await scratch.change(
        "create function upheld.keep() returns trigger language plpgsql security definer as"
        " $$ begin insert into upheld.shadow select new.*; return new; end $$",
        "create trigger keep after insert or update on upheld.profiles for each row execute function upheld.keep()",
    )
    scratch.serve_with(vault=LeakyProfiles(platform.database, platform.keys))
    await scratch.sees_red("data.erase.complete", "upheld.shadow: plain", "upheld.shadow.person_id names the person")


async def test_data_erase_complete_is_red_when_nobody_erases(scratch: Scratch) -> None:
    class Idle(NoReplay):
        async def at_once(self, settings: Settings, person: UUID, receipt: bytes) -> None:
            """Do nothing."""

    scratch.scene.erasures = Idle()
    await scratch.sees_red(
        "data.erase.complete",
        "upheld.people.id names the person",
        "the keyring holds a key",
        "a file of the person is stored",
        "the address is still in the index",
        "the session still opens",
        "there is no certificate",
    )


async def test_data_erase_complete_is_red_when_the_journal_stays_the_application_goes_on_and_no_entry_is_left(
    scratch: Scratch,
) -> None:
    await scratch.change(
        "drop policy the_journal_goes_with_the_account on upheld.access_journal",
        "create function upheld.swallow() returns trigger language plpgsql as 'begin return null; end'",
        "create trigger swallow before insert on upheld.audit_entries for each row"
        " when (new.action = 'erasure.completed') execute function upheld.swallow()",
    )
    goes_on = "update upheld.applications set stage = 'new', closed_at = null, keep_until = null where person_id = $1"
    scratch.scene.erasures = Leaving(lambda person: scratch.put(goes_on, person))
    await scratch.sees_red(
        "data.erase.complete",
        "upheld.access_journal.person_id names the person",
        "their application goes on, or has no day on which it goes",
        "the certificate says of no look that its entry went",
        "the log does not say that they left",
    )


async def test_data_erase_restore_is_red_when_nothing_is_replayed(scratch: Scratch) -> None:
    scratch.scene.erasures = NoReplay()
    await scratch.sees_red(
        "data.erase.restore",
        "the restored person was not erased again",
        "the restored keyring opens what was erased",
        "a restored file was not erased again",
        "does not serve after its erasures were replayed",
    )


async def test_store_atrest_backups_is_red_when_one_field_is_stored_plain(scratch: Scratch) -> None:
    platform = scratch.deployment.platform
    scratch.serve_with(vault=LeakyVault(platform.database, platform.keys))
    await scratch.sees_red("store.atrest.backups", "dump of the data: hex")


async def test_store_atrest_backups_is_red_when_a_dump_holds_a_session_secret(scratch: Scratch) -> None:
    cast = await scratch.scene.cast()
    await scratch.change("set role owner; create table upheld.remembered (secret bytea)")
    await scratch.put("insert into upheld.remembered values ($1)", cast.candidate.secret)
    await scratch.sees_red("store.atrest.backups", "dump of the data: a session's secret, hex")


async def test_an_operator_without_rights_proves_none_of_it(scratch: Scratch) -> None:
    scratch.scene.administrator = None
    for check in ("data.erase.complete", "data.erase.restore", "store.atrest.backups"):
        assert (await scratch.look(check)).state == "unproven"

"""data.access, green, and red under each of its sabotages."""

import pytest

from tests.promises.faults import Scratch
from upheld.features.privacy.export import archive, reading
from upheld.features.privacy.model import Record
from upheld.features.trust.probe import CheckState
from upheld.platform.acting import Acting

pytestmark = pytest.mark.anyio


async def test_everything_that_is_held_of_somebody_is_in_what_they_download(scratch: Scratch) -> None:
    (check,) = (await scratch.look("data.access.complete")).checks
    assert check.state is CheckState.PASSED, check.evidence
    assert check.evidence["planted"] >= 11
    assert check.evidence["tables"] >= 18


async def test_data_access_complete_is_red_when_a_table_is_skipped(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scratch.scene.cast()
    kept = tuple(part for part in archive.PARTS if part.table != "disclosures")
    for module in (archive, reading):
        monkeypatch.setattr(module, "PARTS", kept)
    await scratch.sees_red("data.access.complete", "upheld.disclosures is missing")


async def test_data_access_complete_is_red_when_rows_are_left_out(scratch: Scratch) -> None:
    await scratch.scene.cast()
    await scratch.change(
        "create policy old_consents_are_left_out on upheld.consents as restrictive for select to web"
        " using (purpose <> 'account')"
    )
    await scratch.sees_red("data.access.complete", "upheld.consents: 2 records, and 3 rows are theirs")


async def test_data_access_complete_is_red_when_it_holds_what_is_somebody_elses(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = (await scratch.scene.cast()).stranger
    own = archive.read_part

    async def with_a_stranger(acting: Acting, part: archive.Part) -> list[Record]:
        rows = await own(acting, part)
        return [*rows, {"id": someone.person, "email": someone.email}] if part.table == "people" else rows

    monkeypatch.setattr(archive, "read_part", with_a_stranger)
    await scratch.sees_red(
        "data.access.complete", "somebody else's address is in it", "upheld.people: 2 records, and 1 rows are theirs"
    )


async def test_data_access_complete_is_red_when_a_file_is_left_out(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: object) -> list[object]:
        return []

    await scratch.scene.cast()
    monkeypatch.setattr(archive, "read_files", none)
    await scratch.sees_red("data.access.complete", "0 files, and 2 are stored of them")

"""data.rectify, data.portable and data.clock, green, and red under each of their sabotages."""

from typing import Any

import pytest

from tests.promises.faults import Scratch
from upheld.features.privacy.duties import tidy
from upheld.features.privacy.export import archive
from upheld.features.trust.probe import CheckState

pytestmark = pytest.mark.anyio

_ASKED = (
    "insert into upheld.erasures (id, person_id, receipt_hash, requested_at, due_at, state)"
    " values (gen_random_uuid(), gen_random_uuid(), sha256($1), now() - interval '3 days', now() + $2, 'scheduled')"
)
_LATE, _FAR = "-1 day", "40 days"


async def test_people_can_correct_take_along_and_leave_in_time(scratch: Scratch) -> None:
    for check_id in ("data.rectify.own", "data.portable.listed", "data.clock.erasures"):
        (check,) = (await scratch.look(check_id)).checks
        assert check.state is CheckState.PASSED, check.evidence


async def test_data_rectify_own_is_red_when_what_was_written_first_stays(scratch: Scratch) -> None:
    await scratch.scene.cast()
    await scratch.change(
        "create function upheld.keep() returns trigger language plpgsql as 'begin return old; end'",
        "create trigger keep before update on upheld.profiles for each row execute function upheld.keep()",
    )
    await scratch.sees_red(
        "data.rectify.own", "/profile does not show what was corrected", "/profile still shows what was wrong"
    )


async def test_data_portable_listed_is_red_when_a_file_is_not_what_its_checksum_says(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = archive._manifest  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - the sabotage

    def wrong(everything: Any, contents: dict[str, bytes]) -> Any:
        said = honest(everything, contents)
        said["files"][0]["sha256"] = "00" * 32
        return {**said, "files": said["files"][:-1]}

    await scratch.scene.cast()
    monkeypatch.setattr(archive, "_manifest", wrong)
    await scratch.sees_red("data.portable.listed", "README.txt is not what the list says", "is not on the list")


async def test_data_portable_listed_is_red_when_no_program_can_read_it(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = archive._json  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - the sabotage
    await scratch.scene.cast()

    def on_paper(value: object) -> bytes:
        return honest(value) if isinstance(value, dict) else b"See page 3."  # pyright: ignore[reportUnknownArgumentType] - any dictionary

    monkeypatch.setattr(archive, "_json", on_paper)
    await scratch.sees_red("data.portable.listed", "data/profile.json is no list of records in JSON")


async def test_data_clock_erasures_is_red_when_a_late_request_alarms_nobody(scratch: Scratch) -> None:
    await scratch.put(_ASKED.replace("$2", f"interval '{_LATE}'"), b"late")
    await scratch.sees_red("data.clock.erasures", "1 requests are late, and an alarm was given of 0")
    await tidy(scratch.deployment.platform)
    (check,) = (await scratch.look("data.clock.erasures")).checks
    assert check.state is CheckState.PASSED, check.evidence
    assert check.evidence["late"] == 1


async def test_data_clock_erasures_is_red_when_a_day_is_too_far_off(scratch: Scratch) -> None:
    await scratch.put(_ASKED.replace("$2", f"interval '{_FAR}'"), b"far")
    await scratch.sees_red("data.clock.erasures", "1 requests are due more than thirty days after they were made")

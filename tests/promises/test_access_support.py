"""access.support, red under each of its sabotages."""

import pytest

from tests.promises.faults import Scratch
from upheld.features.trust.probe import CheckState

pytestmark = pytest.mark.anyio


async def test_the_role_of_staff_reaches_nothing(scratch: Scratch) -> None:
    (check,) = (await scratch.look("access.support.nothing")).checks
    assert check.state is CheckState.PASSED, check
    assert check.evidence["attempts"] > 100


async def test_access_support_nothing_is_red_when_support_is_granted_a_table(scratch: Scratch) -> None:
    await scratch.change("grant usage on schema upheld to support", "grant select on upheld.members to support")
    await scratch.sees_red("access.support.nothing", "support reads upheld.members (done)")


async def test_access_support_nothing_is_red_when_support_may_call_a_function(scratch: Scratch) -> None:
    await scratch.change(
        "grant usage on schema upheld to support", "grant execute on function upheld.current_person() to support"
    )
    await scratch.sees_red("access.support.nothing", "support may call upheld.current_person")


async def test_access_support_nothing_is_red_when_a_function_answers_support(scratch: Scratch) -> None:
    await scratch.change(
        "grant usage on schema upheld to support", "grant execute on function upheld.clock_now() to support"
    )
    await scratch.sees_red("access.support.nothing", "support calls upheld.clock_now (done)")


async def test_access_support_nothing_is_red_when_support_can_become_another(scratch: Scratch) -> None:
    # Membership is noted for the whole cluster: whatever happens, it is repaired.
    try:
        await scratch.change("grant auditor to support")
        await scratch.sees_red("access.support.nothing", "support becomes auditor (done)")
    finally:
        await scratch.change("revoke auditor from support")

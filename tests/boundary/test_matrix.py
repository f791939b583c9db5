"""Every table, every caller, every act: measured, compared with the model, and held to the golden file.

After a wanted change of a policy: change `model.py`, then
`UPHELD_GOLDEN=write pytest tests/boundary/test_matrix.py`, and read the difference aloud.
"""

import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.boundary.matrix import Matrix, deviations, differences, measured, written
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).with_name("matrix.txt")


@pytest.fixture(scope="module")
async def found(cluster: Cluster) -> AsyncGenerator[Matrix]:
    """Measure once."""
    async with deployed(cluster) as deployment:
        yield await measured(deployment)


async def test_every_caller_reaches_what_the_model_says_and_nothing_else(found: Matrix) -> None:
    assert differences(found) == []


async def test_the_matrix_is_as_written_down(found: Matrix) -> None:
    if os.environ.get("UPHELD_GOLDEN") == "write":
        GOLDEN.write_text(written(found))
    assert written(found) == GOLDEN.read_text()


async def test_measuring_leaves_everything_as_it_was(deployment: Deployment) -> None:
    before, after = await measured(deployment), await measured(deployment)
    assert written(before) == written(after)


async def test_a_new_table_deviates_until_it_is_placed(deployment: Deployment) -> None:
    administrator = await deployment.administrator()
    try:
        await administrator.execute("create table upheld.remarks (person_id uuid, remark text)")
        await administrator.execute("create view upheld.everyone as select id from upheld.people")
        await administrator.execute("grant select on upheld.everyone to web")
        await administrator.execute("create policy wide on upheld.jobs for update to web using (title <> '')")
        await administrator.execute("grant select (full_name_sealed) on upheld.application_snapshots to web")
    finally:
        await administrator.close()
    wrong = await deviations(deployment)
    assert "upheld.remarks: nobody has said who may do what to it" in wrong
    assert "upheld.everyone: nobody has said who may do what to it" in wrong
    assert "upheld.everyone, web: reads column id, and should not" in wrong
    assert "upheld.jobs, petra, owner of pier: updates edit harbour's open, and should not" in wrong
    assert "upheld.application_snapshots, web: reads column full_name_sealed, and should not" in wrong

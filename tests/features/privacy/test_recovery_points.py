"""Whatever is restored from whenever: who was erased stays erased, and nothing is lost in silence.

Ada leaves between an older and a newer moment. Data, register and keyring are each of one of
the two moments; docs/operating/backup.md shows the same table to operators.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from tests.features.privacy.test_erasure import RESUME
from tests.support.backups import Backups, opened
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed
from tests.support.hiring import ADA, applied, candidate
from tests.support.leaving import ask_to_leave, person_of, rows_about
from tests.support.server import serving
from upheld.features.privacy.duties import replay
from upheld.features.privacy.queries import check_register, mismatches
from upheld.platform.backup.errors import LossError
from upheld.platform.mail import FolderMail
from upheld.platform.register import RegisterError
from upheld.platform.vault import PLATFORM

pytestmark = pytest.mark.anyio

NEWCOMER = "grace@example.org"

# data, register, keyring: what happens.
TABLE = {
    ("old", "new", "new"): "replay",
    ("old", "new", "old"): "replay",
    ("old", "old", "new"): "refused for good",
    ("old", "old", "old"): "unknown",
    ("new", "new", "new"): "replay",
    ("new", "new", "old"): "loss",
    ("new", "old", "new"): "refused for good",
    ("new", "old", "old"): "loss",
}


@dataclass(frozen=True)
class Story:
    """A deployment before and after Ada left, in backups of each moment."""

    backups: Backups
    ada: UUID
    data: dict[str, Path]
    keyring: dict[str, Path]
    registers: dict[str, Path]

    async def restore(self, data: str, register: str, keyring: str) -> None:
        """Bring data, register and keyring back from a moment each."""
        objects = self.backups.settings.var / "objects" / "register"
        shutil.rmtree(objects, ignore_errors=True)
        shutil.copytree(self.registers[register], objects)
        await self.backups.restore_data(self.data[data])
        # A data backup brings its own register; here it is to be of the chosen moment.
        shutil.copytree(self.registers[register], objects, dirs_exist_ok=True)
        if register == "old":
            for path in objects.glob("0*.json"):
                path.unlink()
        await self.backups.restore_keyring(self.keyring[keyring])


@pytest.fixture
async def story(cluster: Cluster, tmp_path: Path) -> Story:
    """Tell the story once."""
    async with deployed(cluster) as deployment, applied(deployment, RESUME) as application:
        backups = Backups(cluster, deployment.settings, tmp_path)
        register = deployment.settings.var / "objects" / "register"
        register.mkdir(parents=True, exist_ok=True)
        ada = await person_of(deployment, application.candidate)
        registers = {"old": shutil.copytree(register, tmp_path / "register-old")}
        data, keyring = {"old": await backups.data()}, {"old": await backups.keyring()}
        await ask_to_leave(application.candidate)
        await deployment.work()
        async with candidate(deployment, NEWCOMER):
            pass
        registers["new"] = shutil.copytree(register, tmp_path / "register-new")
        data["new"], keyring["new"] = await backups.data(), await backups.keyring()
    return Story(backups, ada, data, keyring, registers)


async def test_every_combination_of_recovery_points_ends_as_the_table_says(story: Story, cluster: Cluster) -> None:
    settings = story.backups.settings
    for moments, what_happens in TABLE.items():
        if what_happens == "loss":
            with pytest.raises(LossError, match=r"upheld\.profiles\.full_name_sealed"):
                await story.restore(*moments)
            continue
        await story.restore(*moments)
        async with opened(settings, cluster) as deployment:
            await expect(deployment, story, moments, what_happens)


async def expect(deployment: Deployment, story: Story, moments: tuple[str, str, str], what_happens: str) -> None:
    """Expect that nothing is served, and of replaying what the table says."""
    with pytest.raises(RegisterError):
        await check_register(deployment.platform)
    mailer = FolderMail(deployment.settings.var / "mail")
    if what_happens == "refused for good":
        with pytest.raises(RegisterError, match="holds others, or fewer"):
            await replay(deployment.platform, mailer)
        with pytest.raises(RegisterError):
            await check_register(deployment.platform)
        # The newest copy of the register, from the newer backup, mends it.
        await story.backups.restore_register(story.data["new"])
    repeated = await replay(deployment.platform, mailer)
    await check_register(deployment.platform)
    if what_happens == "unknown":
        assert await deployment.platform.vault.key_ids(story.ada, PLATFORM), "nothing tells of what no copy knows"
        return
    assert repeated == ([1] if moments[0] == "old" else [])
    assert await mismatches(deployment.platform) == set()
    assert await deployment.platform.vault.key_ids(story.ada, PLATFORM) == []
    assert "people.id" not in await rows_about(deployment, story.ada)


async def test_old_data_reveals_nothing_of_the_erased_under_the_keyring_of_today(
    story: Story, cluster: Cluster
) -> None:
    await story.backups.restore_data(story.data["old"])
    async with opened(story.backups.settings, cluster) as deployment:
        async with deployment.browser() as browser:
            answer = await browser.post("/sign-in", data={"email": ADA, "password": "seven green lanterns"})
            profile = await browser.get("/profile")
        assert "Boat builder" not in answer.text + profile.text
        assert "people.id" in await rows_about(deployment, story.ada), "the backup did not bring the rows back"
        assert await deployment.platform.vault.key_ids(story.ada, PLATFORM) == []


async def test_a_web_process_serves_after_a_restore_only_when_the_erasures_were_replayed(
    story: Story, cluster: Cluster
) -> None:
    settings = story.backups.settings
    await story.backups.restore_data(story.data["old"])
    with pytest.raises(RuntimeError, match="upheld erasures replay"), serving(settings):
        pytest.fail("it served")
    async with opened(settings, cluster) as deployment:
        assert await replay(deployment.platform, FolderMail(settings.var / "mail")) == [1]
    with serving(settings) as server, server.client() as client:
        assert client.get("/", headers={"host": settings.host}).status_code in {200, 421}


async def test_a_keyring_older_than_the_data_is_restored_only_by_whoever_accepts_the_loss(
    story: Story, cluster: Cluster
) -> None:
    with pytest.raises(LossError, match="--accept-loss"):
        await story.backups.restore_keyring(story.keyring["old"])
    await story.backups.restore_keyring(story.keyring["old"], accepts_loss=True)
    async with opened(story.backups.settings, cluster) as deployment:
        with pytest.raises(RegisterError):
            await check_register(deployment.platform)

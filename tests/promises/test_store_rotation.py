"""store.rotation: an old key that is dropped early is noticed, wherever it is dropped."""

import datetime as dt
import re
from dataclasses import replace

import pytest

from tests.promises.faults import Scratch
from tests.support.clock import SetClock
from upheld.platform.keyfiles import Key, KeyFiles

pytestmark = pytest.mark.anyio


class Forgetful(KeyFiles):
    """Drops the generation before as soon as there is a new one of some key."""

    forgets = ""

    def add(self, name: str, *given: object, **more: object) -> Key:
        """Add a generation and destroy the others."""
        added = super().add(name, *given, **more)  # pyright: ignore[reportArgumentType] - passed on as they are
        if name == self.forgets:
            self.destroy(key for key in self.generations(name) if key.id != added.id)
        return added


class Unpublished(KeyFiles):
    """Signs with a new key and forgets what checked the old one's signatures."""

    def replace_signing_key(self) -> Key:
        """Replace the key without publishing the old one's public half."""
        old = self.generations("signing")
        new = self.add("signing")
        self.destroy(old)
        return new


class Halfway(KeyFiles):
    """Lets the next root key take over without having wrapped anything under it."""

    def replace_root(self) -> int:
        """Forget the present root key."""
        self.root.begin()
        self.root.finish()
        self._roots = self.root.read()
        self._seen = type(self._seen)({}, {}, ())
        self._is_settled = False
        return 0


def with_keys(scratch: Scratch, kind: type[KeyFiles]) -> None:
    """Let the deployment keep its keys in another way."""
    platform = scratch.deployment.platform
    keys = kind(platform.keys.folder, platform.keys.root)
    scratch.scene.platform = replace(platform, keys=keys)


async def test_store_rotation_load_is_red_when_the_key_before_is_dropped_at_once(scratch: Scratch) -> None:
    connection = await scratch.deployment.administrator()
    body: str = await connection.fetchval("select pg_get_functiondef('sealed.make_context_key'::regproc)")
    await connection.close()
    early = re.sub(r"where exists \(.*?\);", "where k.generation < made;", body, count=1, flags=re.DOTALL)
    assert early != body
    await scratch.change(early)
    await scratch.sees_red("store.rotation.load", "a transaction under way was ended")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cookie", "a session's cookie is refused"),
        ("blind", "an address is not found any longer"),
        ("limits", "a count begins anew"),
        ("device", "a browser is not known any longer"),
        ("backup", "a backup does not open any longer"),
        ("epoch", "the former epoch does not open any longer"),
    ],
)
async def test_store_rotation_rehearsal_is_red_when_an_old_key_is_dropped_early(
    scratch: Scratch, name: str, said: str
) -> None:
    kind = type(f"Forgetting{name}", (Forgetful,), {"forgets": name})
    with_keys(scratch, kind)
    await scratch.sees_red("store.rotation.rehearsal", said)


async def test_store_rotation_rehearsal_is_red_when_old_signatures_are_not_checked(scratch: Scratch) -> None:
    with_keys(scratch, Unpublished)
    await scratch.sees_red("store.rotation.rehearsal", "a signature is not checked any longer")


async def test_a_rehearsal_that_cannot_open_its_keys_proves_nothing(scratch: Scratch) -> None:
    with_keys(scratch, Halfway)
    assert (await scratch.look("store.rotation.rehearsal")).state != "upheld"


async def test_store_rotation_due_is_red_when_the_epoch_is_never_replaced(scratch: Scratch) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=scratch.deployment.settings.epoch_days, hours=3)
    scratch.scene.platform = replace(scratch.deployment.platform, clock=SetClock(later))
    await scratch.sees_red("store.rotation.due", "was not replaced")


async def test_store_rotation_due_is_red_when_an_old_epoch_is_kept(scratch: Scratch) -> None:
    scratch.deployment.platform.keys.new_epoch()
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=3)
    scratch.scene.platform = replace(scratch.deployment.platform, clock=SetClock(later))
    await scratch.sees_red("store.rotation.due", "its key is still there")


async def test_a_rehearsal_leaves_the_keys_of_the_deployment_as_they_are(scratch: Scratch) -> None:
    folder = scratch.deployment.settings.keys_folder
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for check in ("store.rotation.load", "store.rotation.rehearsal", "store.rotation.due"):
        result = await scratch.look(check)
        assert result.state == "upheld", result
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

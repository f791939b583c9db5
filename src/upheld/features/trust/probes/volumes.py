"""store.volume: what the machine says about the disks under the database, the files and the swap space."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.features.trust.search import objects_folder
from upheld.platform.volumes import Machine, Says


@probe(privilege="reads how this machine's devices are stacked", cost="a few small files of the kernel")
async def report(scene: Scene) -> Finding:
    """Ask the machine whether it encrypts the volumes under everything that is stored; a provider is not believed."""
    places = {"var": scene.settings.var, "objects": objects_folder(scene), "database": scene.database_files}
    return await asyncio.to_thread(judge, Machine(), places)


def judge(machine: Machine, places: Mapping[str, Path | None]) -> Finding:
    """Return what a machine says about the volumes under these folders; None is somewhere else.

    Raises:
        CannotLookError: something is stored elsewhere, or on a disk that another machine hands
            out and may encrypt.
    """
    elsewhere = [what for what, folder in places.items() if folder is None]
    try:
        said = {what: machine.under(folder) for what, folder in places.items() if folder is not None}
        swap = machine.swap()
        is_virtual = machine.is_virtual
    except OSError as error:
        msg = f"This machine does not tell how its disks are stacked ({error.strerror})."
        raise CannotLookError(msg) from error
    said |= {"swap": swap} if swap else {}
    plain = [what for what, says in said.items() if says is Says.PLAIN]
    if plain and not is_virtual:
        return judged([f"{what} lies on a disk that is not encrypted" for what in plain], volumes=_shown(said))
    if elsewhere or set(said.values()) != {Says.ENCRYPTED}:
        raise CannotLookError(_why(said, elsewhere))
    return judged([], volumes=_shown(said))


def _why(said: Mapping[str, Says], elsewhere: list[str]) -> str:
    unsaid = sorted({*elsewhere, *(what for what, says in said.items() if says is not Says.ENCRYPTED)})
    return f"This machine does not encrypt what lies under {', '.join(unsaid)}. Whether a provider does, it cannot see."


def _shown(said: Mapping[str, Says]) -> dict[str, str]:
    return {what: str(says) for what, says in said.items()}

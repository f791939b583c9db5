"""store.volume, against the trees in which a kernel tells how its devices are stacked."""

import os
from pathlib import Path

import pytest

from tests.promises.faults import Scratch
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import CheckState
from upheld.features.trust.probes.volumes import judge
from upheld.platform.volumes import Machine, Says

_LUKS = "CRYPT-LUKS2-6d5f0c1e-volume\n"


class Kernel:
    """A machine whose disks are stacked as a test says; the disk under `folder` is the one that counts."""

    def __init__(self, root: Path, folder: Path, *, is_virtual: bool) -> None:
        """Make the trees, without any device in them."""
        self.machine = Machine(proc=root / "proc", devices=root / "block")
        device = folder.stat().st_dev
        self.number = f"{os.major(device)}:{os.minor(device)}"
        flags = "fpu sse2 hypervisor" if is_virtual else "fpu sse2"
        self._write(root / "proc" / "cpuinfo", f"flags\t\t: {flags}\n")
        self._write(root / "proc" / "swaps", "Filename Type Size Used Priority\n")
        self._write(root / "proc" / "self" / "mountinfo", "")

    def add(self, number: str, *parts: str, kind: str | None = None) -> None:
        """Add a device that is made of others."""
        node = self.machine.devices / number
        self._write(node / "dev", f"{number}\n")
        if kind:
            self._write(node / "dm" / "uuid", kind)
        for part in parts:
            self._write(node / "slaves" / part.replace(":", "-") / "dev", f"{part}\n")

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def places(folder: Path) -> dict[str, Path | None]:
    """Return the places of a deployment that keeps everything in one folder."""
    return {"var": folder, "objects": folder, "database": folder}


def test_a_logical_volume_on_luks_is_encrypted(tmp_path: Path) -> None:
    made = Kernel(tmp_path, tmp_path, is_virtual=False)
    made.add("8:1")
    made.add("253:0", "8:1", kind=_LUKS)
    made.add(made.number, "253:0", kind="LVM-abc")
    finding = judge(made.machine, places(tmp_path))
    assert finding.state is CheckState.PASSED, finding.evidence
    assert finding.evidence["volumes"] == dict.fromkeys(("var", "objects", "database"), "encrypted with dm-crypt")


def test_one_plain_disk_in_a_mirror_is_enough_to_read_it_all(tmp_path: Path) -> None:
    made = Kernel(tmp_path, tmp_path, is_virtual=False)
    made.add("8:1")
    made.add("253:0", "8:1", kind=_LUKS)
    made.add("8:17")
    made.add(made.number, "253:0", "8:17")
    assert made.machine.under(tmp_path) is Says.PLAIN


def test_store_volume_report_is_red_when_the_disk_is_not_encrypted(tmp_path: Path) -> None:
    made = Kernel(tmp_path, tmp_path, is_virtual=False)
    made.add(made.number)
    finding = judge(made.machine, places(tmp_path))
    assert finding.state is CheckState.FAILED
    assert "database lies on a disk that is not encrypted" in finding.evidence["faults"]


def test_a_disk_that_a_provider_hands_out_is_unproven(tmp_path: Path) -> None:
    made = Kernel(tmp_path, tmp_path, is_virtual=True)
    made.add(made.number)
    with pytest.raises(CannotLookError, match="Whether a provider does, it cannot see"):
        judge(made.machine, places(tmp_path))


def test_a_file_system_without_a_device_is_unproven(tmp_path: Path) -> None:
    with pytest.raises(CannotLookError, match="database, objects, var"):
        judge(Kernel(tmp_path, tmp_path, is_virtual=False).machine, places(tmp_path))


@pytest.mark.anyio
async def test_this_machine_answers_something(scratch: Scratch) -> None:
    (check,) = (await scratch.look("store.volume.report")).checks
    assert check.evidence
    assert "probe failed" not in str(check.evidence)

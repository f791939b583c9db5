"""What this machine says about the volumes under a folder: whether dm-crypt (LUKS) encrypts them.

Linux shows how block devices are stacked under `/sys/dev/block`. What a provider does beneath
a virtual machine shows nowhere; neither does what a disk does by itself.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Says(StrEnum):
    """What is known of a volume."""

    ENCRYPTED = "encrypted with dm-crypt"
    PLAIN = "not encrypted by this machine"
    UNKNOWN = "not a device of this machine"


@dataclass(frozen=True)
class Machine:
    """Where the kernel tells about itself; a test has trees of its own."""

    proc: Path = Path("/proc")
    devices: Path = Path("/sys/dev/block")

    @property
    def is_virtual(self) -> bool:
        """Whether it runs inside another one, which may encrypt what it hands out."""
        return " hypervisor" in (self.proc / "cpuinfo").read_text()

    def under(self, folder: Path) -> Says:
        """Return what is known of the volume that holds a folder."""
        device = folder.stat().st_dev
        number = f"{os.major(device)}:{os.minor(device)}"
        return self.device(number) if (self.devices / number).exists() else self._mounted(number)

    def device(self, number: str) -> Says:
        """Return what is known of a block device, `major:minor`, and of those it is made of."""
        node = self.devices / number
        if not node.exists():
            return Says.UNKNOWN
        kind = node / "dm" / "uuid"
        if kind.exists() and kind.read_text().startswith("CRYPT-"):
            return Says.ENCRYPTED
        parts = [(part / "dev").read_text().strip() for part in sorted(node.glob("slaves/*"))]
        return _weakest([self.device(part) for part in parts]) if parts else Says.PLAIN

    def swap(self) -> Says | None:
        """Return what is known of where memory is written to, or None when it never is."""
        lines = [line.split()[0] for line in (self.proc / "swaps").read_text().splitlines()[1:]]
        on_disk = [Path(line) for line in lines if not Path(line).name.startswith("zram")]
        found = [self.device(_number(path)) if path.is_block_device() else self.under(path) for path in on_disk]
        return _weakest(found) if found else None

    def _mounted(self, number: str) -> Says:
        """Look a file system up that has no device number of its own (btrfs), by what it was mounted from."""
        for line in (self.proc / "self" / "mountinfo").read_text().splitlines():
            mount, _, source = line.partition(" - ")
            if mount.split()[2] == number:
                path = Path(source.split()[1])
                return self.device(_number(path)) if path.is_block_device() else Says.UNKNOWN
        return Says.UNKNOWN


def _number(path: Path) -> str:
    device = path.stat().st_rdev
    return f"{os.major(device)}:{os.minor(device)}"


def _weakest(found: Sequence[Says]) -> Says:
    return next((says for says in (Says.PLAIN, Says.UNKNOWN) if says in found), Says.ENCRYPTED)

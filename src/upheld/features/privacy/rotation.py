"""Replacing keys while people work: each key's overlap, and what goes when it is over.

A person's own data keys are not replaced (docs/adr/0011): they live as long as the data they
protect and are destroyed with it; what wraps them is replaced every week.
"""

import datetime as dt
from collections.abc import Awaitable, Callable
from itertools import pairwise

from upheld.features.accounts.actions import raise_indexes
from upheld.features.audit.actions import record_duty
from upheld.features.audit.model import Action
from upheld.features.providers.actions import raise_identity_indexes
from upheld.kit.deadlines import ORIGIN_LOG, months_after
from upheld.platform.context import rotate_context_key
from upheld.platform.keyfiles import Key, KeyFileError
from upheld.platform.services import Platform
from upheld.platform.web.cookies import DEVICE_LIVES

Replace = Callable[[Platform], Awaitable[int]]

REPLACEABLE = ("epoch", "blind", "cookie", "device", "limits", "signing", "backup", "context", "root")
"""Every key that `upheld keys rotate` replaces, in the order of `all`: the root, which wraps the others, last."""

ADVISED_DAYS = {"root": 365, "blind": 365, "cookie": 90, "device": 365, "limits": 90, "signing": 365, "backup": 365}
"""After how many days an operator should replace a key; the epoch's is a setting, and done by the worker."""

LIMITS_OVERLAP = dt.timedelta(days=1)
"""As long as the longest stretch of time in which anything is counted."""

MOST_BLIND_KEYS = 255
"""An index begins with the number of its key, in one byte."""


async def replace_key(platform: Platform, name: str) -> int:
    """Replace one key (`REPLACEABLE`); return how much was moved to the new one.

    Raises:
        KeyFileError: it cannot be replaced now; the message says why.
    """
    moved = await _REPLACE[name](platform)
    async with platform.database.maintenance() as tx:
        if name == "epoch":
            await record_duty(tx, Action.EPOCH_ROTATED, {"keys": moved})
        else:
            await record_duty(tx, Action.KEY_REPLACED, {"key": name, "moved": moved})
    return moved


async def drop_spent(platform: Platform) -> dict[str, int]:
    """Destroy generations whose overlap is over and log keys whose month is; finish moving indexes."""
    now = platform.clock.now()
    kept_from = months_after(now.date().replace(day=1), -ORIGIN_LOG.months)
    return {
        "indexes": await _raise_indexes(platform),
        "generations": platform.keys.destroy(
            key
            for name, overlap in (
                ("cookie", platform.settings.session_lifetime),
                ("device", DEVICE_LIVES),
                ("limits", LIMITS_OVERLAP),
            )
            for newer, key in _with_newer(platform, name)
            if newer.made_at + overlap < now
        ),
        "log_keys": await platform.vault.destroy_log_keys(f"{kept_from:%Y-%m}"),
    }


async def _epoch(platform: Platform) -> int:
    return await platform.vault.rotate_epoch()


async def _blind(platform: Platform) -> int:
    """Look-ups try two generations: nothing may be older than one when the next begins."""
    await _raise_indexes(platform)
    if len(platform.keys.generations("blind")) == MOST_BLIND_KEYS:
        msg = f"The blind key has been replaced {MOST_BLIND_KEYS - 1} times, which is as often as an index can count."
        raise KeyFileError(msg)
    platform.keys.add("blind")
    return await _raise_indexes(platform)


async def _raise_indexes(platform: Platform) -> int:
    return await raise_indexes(platform) + await raise_identity_indexes(platform)


async def _signing(platform: Platform) -> int:
    platform.keys.replace_signing_key()
    return 0


async def _context(platform: Platform) -> int:
    await rotate_context_key(platform)
    return 0


async def _root(platform: Platform) -> int:
    return platform.keys.replace_root()


def _added(name: str) -> Replace:
    async def add(platform: Platform) -> int:
        platform.keys.add(name)
        return 0

    return add


def _with_newer(platform: Platform, name: str) -> list[tuple[Key, Key]]:
    """Return each generation but the newest, after the one that took its place."""
    return list(pairwise(platform.keys.generations(name)))


_REPLACE: dict[str, Replace] = {
    "epoch": _epoch,
    "blind": _blind,
    "cookie": _added("cookie"),
    "device": _added("device"),
    "limits": _added("limits"),
    "signing": _signing,
    "backup": _added("backup"),
    "context": _context,
    "root": _root,
}

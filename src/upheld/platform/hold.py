"""The hold: what keeps a restored deployment from serving until its erasures are replayed.

It lies beside the register of erasures, in the object store, so that every node sees it, and
remembers how far back each database was taken: one that was not restored is of now.
"""

import datetime as dt

import msgspec
import obstore
from obstore.store import ObjectStore

from upheld.platform.stores import answering

PATH = "register/restored.json"


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A restore that nobody has answered for yet, and the recovery point of each database."""

    restored_at: dt.datetime
    data: dt.datetime | None = None
    keyring: dt.datetime | None = None


def held(store: ObjectStore) -> Hold | None:
    """Return the hold, when there is one; one that cannot be read holds all the same.

    Raises:
        AwayError: the store does not answer.
    """
    try:
        with answering():
            content = bytes(obstore.get(store, PATH).bytes())
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(content, type=Hold)
    except msgspec.MsgspecError:
        return Hold(restored_at=dt.datetime.now(dt.UTC))


def hold(store: ObjectStore, *, data: dt.datetime | None = None, keyring: dt.datetime | None = None) -> Hold:
    """Hold the deployment back after one of its databases was restored to a point in time."""
    before = held(store) or Hold(restored_at=dt.datetime.now(dt.UTC))
    now = Hold(
        restored_at=dt.datetime.now(dt.UTC), data=data or before.data, keyring=keyring or before.keyring
    )  # fmt: skip
    with answering():
        obstore.put(store, PATH, msgspec.json.encode(now))
    return now


def release(store: ObjectStore) -> None:
    """Let the deployment serve again."""
    if held(store) is not None:
        with answering():
            obstore.delete(store, PATH)

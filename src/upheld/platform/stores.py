"""Where encrypted files lie: a local folder, or a bucket of an S3-compatible service.

Requests to a bucket are signed with credentials of the provider's usual environment, or of
the secret `objects`, and go over verified TLS; plain HTTP is for a service on this machine.
Nothing here ever makes anything public: no access list is sent, no address of a file handed on.
"""

import asyncio
import datetime as dt
import errno
import logging
import os
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from upheld.kit.errors import AwayError, FullError
from upheld.platform import private
from upheld.platform.reach import is_plain
from upheld.platform.settings import Settings, SettingsError

log = logging.getLogger("upheld.objects")

SECRET = "objects"  # noqa: S105 - a file's name
"""The secret with the credentials of a bucket, as `AWS_…=…` lines, when the environment has none."""

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
"""The first that is set is asked. The library reads each by itself, so each has to be fit to be asked."""

_NAMES = frozenset({
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", *_ENDPOINTS,
})  # fmt: skip
_PATIENCE = dt.timedelta(seconds=20)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FULL_WORDS = (f"os error {errno.ENOSPC}", f"os error {errno.EDQUOT}")


def open_store(settings: Settings) -> ObjectStore:
    """Open the object store of a deployment; a local folder is made when missing, for its owner only.

    Raises:
        SettingsError: it is neither a folder nor a bucket, or would be reached in the clear.
    """
    parts = urlsplit(settings.objects_url)
    if parts.scheme == "file" and not parts.netloc:
        folder = Path(url2pathname(parts.path))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(folder, automatic_cleanup=True)
    if parts.scheme == "s3" and parts.netloc:
        return _bucket(settings, parts.netloc, parts.path.strip("/"))
    msg = "UPHELD_OBJECTS is neither file:///folder nor s3://bucket."
    raise SettingsError(msg)


@contextmanager
def answering() -> Generator[None]:
    """Say what the store's own errors mean for people; that a file is missing stays `FileNotFoundError`.

    Raises:
        FullError: there is no room left.
        AwayError: the store does not answer, or refuses our credentials.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        # Never its words: they quote addresses and whole answers.
        log.error("the object store failed: %s", type(error).__name__)  # noqa: TRY400 - no traceback
        full = getattr(error, "errno", None) in _FULL or any(words in str(error) for words in _FULL_WORDS)
        raise (FullError if full else AwayError) from error


async def settle(store: ObjectStore, path: str) -> None:
    """Wait until a local file has reached the disk; a bucket promises it by answering."""
    if isinstance(store, LocalStore) and store.prefix is not None:
        await asyncio.to_thread(_settle, store.prefix, path)


async def ask_as_anyone(store: ObjectStore, path: str) -> str | None:
    """Ask for a file as somebody would who has no credentials but knows where it lies.

    Returns:
        How it was given out; None when it was refused.
    """
    if isinstance(store, LocalStore) and store.prefix is not None:
        mode = store.prefix.stat().st_mode & 0o777
        return f"the folder is open to other users of this machine: {mode:o}" if mode & 0o077 else None
    assert isinstance(store, S3Store)  # noqa: S101 - `open_store` opens no other
    with answering():
        signed = await obstore.sign_async(store, "GET", path, dt.timedelta(minutes=1))
        status = await asyncio.to_thread(_status_of, urlsplit(signed)._replace(query="").geturl())
    return f"the bucket answers {status} to whoever asks" if status < HTTPStatus.BAD_REQUEST else None


def drop_unfinished(store: ObjectStore, folders: Iterable[str], older_than_seconds: float) -> int:
    """Remove what a process that was killed while writing left half written in a local folder; how many.

    Files appear under their name only when they are whole; until then they are called
    `name#number`, and listings pass them over. A bucket shows no half-written file at all.
    """
    if not isinstance(store, LocalStore) or store.prefix is None:
        return 0
    limit, dropped = time.time() - older_than_seconds, 0
    for path in (path for folder in folders for path in _unfinished(store.prefix / folder)):
        try:
            if path.stat().st_mtime < limit:
                path.unlink()
                dropped += 1
        except FileNotFoundError:
            continue  # finished just now
    return dropped


def _unfinished(folder: Path) -> Iterator[Path]:
    for at, _, names in os.walk(folder):
        for name in names:
            stem, mark, number = name.rpartition("#")
            if stem and mark and number.isdigit():
                yield Path(at) / name


def bucket_endpoints(settings: Settings) -> list[str]:
    """Return every address at which the service of a bucket may be asked."""
    chosen = _chosen(settings)
    region = chosen.get("AWS_REGION") or chosen.get("AWS_DEFAULT_REGION") or "us-east-1"
    return [chosen[name] for name in _ENDPOINTS if name in chosen] or [f"https://s3.{region}.amazonaws.com"]


def _bucket(settings: Settings, bucket: str, prefix: str) -> S3Store:
    chosen = _chosen(settings)
    endpoints = [chosen[name] for name in _ENDPOINTS if name in chosen]
    on_this_machine = True in {is_plain(endpoint) for endpoint in endpoints}
    named = {
        "access_key_id": chosen.get("AWS_ACCESS_KEY_ID"),
        "secret_access_key": chosen.get("AWS_SECRET_ACCESS_KEY"),
        "session_token": chosen.get("AWS_SESSION_TOKEN"),
        "region": chosen.get("AWS_REGION") or chosen.get("AWS_DEFAULT_REGION"),
        "aws_endpoint_url_s3": next(iter(endpoints), None),
    }
    return S3Store(
        bucket,
        prefix=prefix or None,
        client_options={"allow_http": on_this_machine, "allow_invalid_certificates": False, "timeout": _PATIENCE},
        skip_signature=False,
        retry_config={"max_retries": 2, "retry_timeout": _PATIENCE},
        **{name: value for name, value in named.items() if value is not None},  # pyright: ignore[reportArgumentType] - a TypedDict of strings
    )


def _chosen(settings: Settings) -> Mapping[str, str]:
    """Return what the environment says, else the secret; never a mixture of both's credentials."""
    if "AWS_ACCESS_KEY_ID" in os.environ or not (settings.secrets_folder / SECRET).exists():
        return os.environ
    lines = (line.split("=", 1) for line in settings.secret(SECRET).splitlines() if "=" in line)
    said = {name.strip(): value.strip() for name, value in lines}
    if unknown := sorted(said.keys() - _NAMES):
        msg = f"The secret {SECRET} has lines that mean nothing here: {', '.join(unknown)}."
        raise SettingsError(msg)
    return {**os.environ, **said}


def _status_of(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=_PATIENCE.total_seconds()) as answer:  # noqa: S310 - the store's own
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def _settle(folder: Path, path: str) -> None:
    place = folder / path
    for each in (place, *(parent for parent in place.parents if parent.is_relative_to(folder))):
        private.settle(each)

"""Failures: what the driver raises, as our own errors, without its words."""

from collections.abc import Generator
from contextlib import contextmanager

import asyncpg

from upheld.kit.errors import (
    AwayError,
    ConflictError,
    FullError,
    ProofNeededError,
    RefusedError,
    SignInNeededError,
    UpheldError,
)

_AWAY = (
    OSError,  # includes TimeoutError
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a statement on a connection that is being lost
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
    asyncpg.InFailedSQLTransactionError,
)
"""What the driver raises when the database is gone, starting, stopping, overloaded or too slow,
or when somebody else held a row for too long.

The last: after one of these inside a transaction, every further statement of it fails like that.
"""


_PROOF_NEEDED = "UH001"
"""What `upheld.demand_fresh_proof` fails with; the letters are PostgreSQL's to give away."""

_LAST_WAY_IN = "UH002"
"""What `upheld.keep_a_way_in` fails with, when a transaction would leave somebody without one."""

FAILED = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError)
"""Everything that the driver raises."""

_MEANINGS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], type[UpheldError]], ...] = (
    (asyncpg.InsufficientPrivilegeError, RefusedError),
    # The session behind this context has ended since it was opened.
    (asyncpg.InvalidPasswordError, SignInNeededError),
    (asyncpg.InvalidAuthorizationSpecificationError, RefusedError),
    ((asyncpg.UniqueViolationError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError), ConflictError),
    (asyncpg.DiskFullError, FullError),
    (_AWAY, AwayError),
)


@contextmanager
def translated() -> Generator[None]:
    """Turn what the database refuses into our own errors, without its words."""
    try:
        yield
    except FAILED as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: Exception) -> type[UpheldError] | None:
    if getattr(error, "sqlstate", None) == _PROOF_NEEDED:
        return ProofNeededError
    if getattr(error, "sqlstate", None) == _LAST_WAY_IN:
        return ConflictError
    return next((meaning for kinds, meaning in _MEANINGS if isinstance(error, kinds)), None)

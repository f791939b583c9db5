"""Counts in a Valkey or Redis, for deployments whose sign-ins are too many for their database.

One script does what the function of the table does, by the server's own clock; a script is
alone while it runs. It knows keyed hashes and times, never an address.
"""

import logging
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from upheld.kit.errors import AwayError
from upheld.platform.counters.limit import Limit, Names
from upheld.platform.database import Transaction
from upheld.platform.reach import is_here
from upheld.platform.settings import Settings, SettingsError

log = logging.getLogger("upheld.limits")

SECRET = "limits"  # noqa: S105 - a file's name
"""The secret with the password, where the service asks for one."""

_PATIENCE = 2.0
_MOST_CONNECTIONS = 16

# KEYS: the log, and by what names it was known before. ARGV: take or look, then the figures: how
# many, in how many microseconds.
_SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local log = KEYS[1]
for i = 2, #KEYS do
  if redis.call('EXISTS', log) == 0 and redis.call('EXISTS', KEYS[i]) == 1 then
    if ARGV[1] == 'take' then redis.call('RENAME', KEYS[i], log) else log = KEYS[i] end
  end
end
local wait, kept, longest = 0, 0, 0
for i = 2, #ARGV, 2 do
  local most, per = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  kept, longest = math.max(kept, most), math.max(longest, per)
  local nth = redis.call('LINDEX', log, -most)
  if nth then wait = math.max(wait, math.min(nth + per - now, per)) end
end
if wait <= 0 and ARGV[1] == 'take' then
  local last = redis.call('LINDEX', log, -1)
  if last then now = math.max(now, tonumber(last)) end
  redis.call('RPUSH', log, string.format('%.0f', now))
  redis.call('LTRIM', log, -kept, -1)
  redis.call('PEXPIRE', log, math.ceil(longest / 1000))
end
return math.ceil(wait / 1000000)
"""


class RedisCounters:
    """Logs in a service of its own. A count stands at once, whatever becomes of the transaction around it."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - an extra's client
        """Take an open client of the library; use `named`."""
        self._client = client
        self._script = client.register_script(_SCRIPT)

    @classmethod
    def named(cls, settings: Settings) -> "RedisCounters":
        """Prepare to speak to the service that the settings name; nothing is sent yet.

        Raises:
            SettingsError: it cannot be used, or would be reached in the clear.
        """
        try:
            from redis import asyncio as redis  # noqa: PLC0415 - an extra
            from redis.asyncio.retry import Retry  # noqa: PLC0415 - an extra
            from redis.backoff import NoBackoff  # noqa: PLC0415 - an extra
        except ImportError:
            msg = "UPHELD_LIMITS needs the extra `redis`: install `upheld[redis]`."
            raise SettingsError(msg) from None
        reached = _reached(settings)
        pool: Any = redis.BlockingConnectionPool(
            connection_class=redis.SSLConnection if reached.pop("tls", False) else redis.Connection,
            max_connections=_MOST_CONNECTIONS, timeout=_PATIENCE,
            socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE,
            # Once more, for a connection that was closed since it was last used.
            retry=Retry(NoBackoff(), 1),
            **reached,
        )  # fmt: skip
        return cls(redis.Redis.from_pool(pool))

    async def take(self, tx: Transaction, names: Names, limit: Limit) -> int:
        """Count a try, unless a figure is spent; return the seconds to wait."""
        del tx
        return await self._asked("take", names, limit)

    async def look(self, tx: Transaction, names: Names, limit: Limit) -> int:
        """Look whether a figure is spent; return the seconds to wait."""
        del tx
        return await self._asked("look", names, limit)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _asked(self, what: str, names: Names, limit: Limit) -> int:
        """Run the script.

        Raises:
            AwayError: the service does not answer, and this limit keeps guesses away: nothing is tried meanwhile.
        """
        from redis.exceptions import RedisError  # noqa: PLC0415 - an extra

        keys = [f"upheld:limit:{name.hex()}" for name in (names.now, *names.before)]
        figures = [part for many, per in limit.figures for part in (many, round(per.total_seconds() * 1_000_000))]
        try:
            return int(await self._script(keys=keys, args=[what, *figures]))
        except (RedisError, OSError) as error:
            log.error("the store of limits does not answer: %s", type(error).__name__)  # noqa: TRY400 - a trace says no more
            if limit.is_against_guessing:
                raise AwayError from error
            return 0


def _reached(settings: Settings) -> dict[str, Any]:
    """Return how the service is reached: on this machine, or over verified TLS, or not at all."""
    parts, asked = urlsplit(settings.limits), parse_qs(urlsplit(settings.limits).query)
    if parts.scheme not in {"redis", "rediss"} or set(asked) - {"ssl_ca_certs"} or parts.password:
        msg = "UPHELD_LIMITS is written like this: `rediss://host:6379/0`, `?ssl_ca_certs=` with your own authority."
        raise SettingsError(msg)
    if parts.scheme == "redis" and not is_here(f"redis://{parts.netloc}"):
        msg = "UPHELD_LIMITS must begin with rediss://; only a service on this machine may be reached in the clear."
        raise SettingsError(msg)
    who: dict[str, Any] = {"username": unquote(parts.username) if parts.username else None}
    if (settings.secrets_folder / SECRET).exists():
        who["password"] = settings.secret(SECRET)
    number = parts.path.strip("/") or "0"
    place = {"host": parts.hostname or "127.0.0.1", "port": parts.port or 6379, "db": int(number)}
    if parts.scheme == "redis":
        return {**place, **who}
    authority = asked.get("ssl_ca_certs", [None])[-1]
    verified = {"ssl_cert_reqs": "required", "ssl_check_hostname": True, "ssl_ca_certs": authority}
    return {"tls": True, **place, **who, **verified}

"""A cache that may be away: a lost server is a miss, never a failed page.

Limits on tries are another matter: an attacker must not get more of them by
pulling a plug. While Redis is away they are counted in PostgreSQL.
"""

import time
from typing import Any

import structlog
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.db import connection, transaction
from redis.exceptions import RedisError

from commerce.kernel.confinement import unconfined

log = structlog.get_logger(__name__)

COUNTED = ("api:", "allauth", "limit:")
"""How the keys begin that hold tries and used codes."""
TABLE = "limits_without_redis"
PAUSE_SECONDS = 2


class CountingDatabaseCache(DatabaseCache):
    """Django's database cache, in which two tries at once count as two."""

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [self.make_key(key)])
            return super().incr(key, delta, version)


class KeptRedisClient(RedisCacheClient):
    """Django's client of one server, made once instead of at every call."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: Any = None

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        if self._kept is None:
            self._kept = super().get_client(key, write=write)
        return self._kept


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, which answers as if empty while Redis is down.

    After a failure it is left alone for two seconds, so that a server which
    does not answer costs its time-out once and not at every call.
    """

    _asked_again_at = 0.0

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptRedisClient
        options = {**params, "OPTIONS": {"MAX_ENTRIES": 100_000}}
        self._counted = CountingDatabaseCache(TABLE, options)

    def _forgive(self, name: str, fallback: Any, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= ForgivingRedisCache._asked_again_at:
            try:
                return getattr(super(), name)(*args, **kwargs)
            except (RedisError, OSError) as error:
                ForgivingRedisCache._asked_again_at = time.monotonic() + PAUSE_SECONDS
                log.warning("cache.away", operation=name, error=repr(error))
        if args and isinstance(args[0], str) and args[0].startswith(COUNTED):
            with unconfined():
                return getattr(self._counted, name)(*args, **kwargs)
        return fallback

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._forgive("get", default, key, default, version=version)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        return self._forgive("set", None, key, value, *args, **kwargs)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        return self._forgive("add", True, key, value, *args, **kwargs)

    def touch(self, key: Any, *args: Any, **kwargs: Any) -> Any:
        return self._forgive("touch", False, key, *args, **kwargs)

    def delete(self, key: Any, version: int | None = None) -> Any:
        return self._forgive("delete", False, key, version=version)

    def get_many(self, keys: Any, version: int | None = None) -> Any:
        return self._forgive("get_many", {}, keys, version=version)

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return self._forgive("set_many", [], data, *args, **kwargs)

    def delete_many(self, keys: Any, version: int | None = None) -> Any:
        return self._forgive("delete_many", None, keys, version=version)

    def has_key(self, key: Any, version: int | None = None) -> Any:
        return self._forgive("has_key", False, key, version=version)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        return self._forgive("incr", delta, key, delta, version=version)

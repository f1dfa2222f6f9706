"""A cache that may be away: a lost server is a miss, never a failed page."""

from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, which answers as if empty while Redis is down."""

    def _forgive(self, name: str, fallback: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(super(), name)(*args, **kwargs)
        except (RedisError, OSError) as error:
            log.warning("cache.away", operation=name, error=repr(error))
            return fallback

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._forgive("get", default, key, default, version=version)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        return self._forgive("set", None, key, value, *args, **kwargs)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        return self._forgive("add", True, key, value, *args, **kwargs)

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

"""Where nudges wait: a file of this machine, or the Redis that several machines share.

A queue is asked for little and kept short: it holds nothing but "look now" (core.jobs).
"""

import logging
import time
from typing import Any

from huey import SqliteHuey
from huey.api import Huey
from huey.serializer import SignedSerializer
from huey.storage import RedisStorage
from redis import ConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from fieldapp.core.secret import secret_key
from fieldapp.settings import Settings

log = logging.getLogger("fieldapp.jobs")
NAME = "fieldapp"
MOST = 1_000  # nudges that wait: one would do, so the oldest go
LONGEST_PAUSE = 1.0  # seconds between two looks of an idle worker at its queue


def queue(settings: Settings, waits: float) -> Huey:
    """Redis where there are several machines, else a file of its own: the domain's file must not wait for nudges."""
    if settings.redis_url:
        # A nudge is unpickled: one that is not signed by us is thrown away.
        signed = SignedSerializer(secret_key(settings), salt="fieldapp.jobs")
        pool = shared_pool(settings.redis_url, waits)
        return Huey(NAME, results=False, serializer=signed, storage_class=Shared, connection_pool=pool)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(NAME, filename=str(settings.data_dir / "jobs.db"), results=False, fsync=False, timeout=waits)


def patience(waits: float) -> dict[str, Any]:
    """What a connection to Redis is told: how long to wait, and to try once more if a kept one was lost meanwhile."""
    return {"socket_timeout": waits, "socket_connect_timeout": waits, "retry": Retry(NoBackoff(), 1)}


def shared_pool(url: str, waits: float) -> ConnectionPool:
    return ConnectionPool.from_url(url, **patience(waits))


def answers(url: str, within: float) -> str:
    """Nothing where Redis answers, else why not."""
    try:
        with Redis.from_url(url, **patience(within)) as asked:
            asked.ping()
    except (RedisError, OSError, ValueError) as error:
        return str(error) or type(error).__name__
    return ""


def waiting(settings: Settings, within: float) -> int | None:
    """How many nudges wait; none: nobody can say."""
    try:
        return int(queue(settings, within).storage.queue_size())
    except Exception:
        return None


class Shared(RedisStorage):  # type: ignore[misc]  # huey has no types
    """A list in Redis. That it is away is told once, and again when it is back."""

    _away = False

    def enqueue(self, data: bytes, priority: int | None = None) -> None:
        with self.conn.pipeline(transaction=False) as asked:
            asked.lpush(self.queue_key, data).ltrim(self.queue_key, 0, MOST - 1).execute()

    def dequeue(self) -> bytes | None:
        try:
            data: bytes | None = super().dequeue()
        except RedisError as error:
            if not self._away:
                log.warning("the queue is away: jobs wait for the sweep", extra={"facts": {"why": str(error)}})
            self._away = True
            time.sleep(LONGEST_PAUSE)
            return None
        if self._away:
            log.warning("the queue is back")
            self._away = False
        return data

    def read_schedule(self, ts: object) -> list[bytes]:
        """Nothing is ever put off; the consumer would ask each second."""
        return []

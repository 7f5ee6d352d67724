"""Errors that say something of the moment, not of what was asked: a lock, a lost connection, a full disk."""

import errno

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoConnection

# SQLite's busy, locked, out of memory, interrupted, disk error, full, cannot open, protocol.
PASSING = {5, 6, 7, 9, 10, 13, 14, 15}
FULL = 13
# PostgreSQL: connection, transaction rolled back, resources, operator's intervention, its system.
CLASSES = {"08", "40", "53", "55", "57", "58"}
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class Away(OSError):
    """A server that keeps something for us does not answer, or not as it should. Nothing is known to be kept."""


def passes(error: BaseException) -> bool:
    """Whether the same request may go through later."""
    if isinstance(error, NoConnection | PendingRollbackError):  # the latter: the connection was lost before
        return True
    if isinstance(error, DBAPIError) and (error.connection_invalidated or getattr(error.orig, "sqlstate", None)):
        state = str(getattr(error.orig, "sqlstate", None) or "08")
        return state[:2] in CLASSES
    if isinstance(error, OperationalError):
        code = getattr(error.orig, "sqlite_errorcode", None)
        return code is None or code & 0xFF in PASSING
    return isinstance(error, InterfaceError | Away) or no_room(error)


def no_room(error: BaseException) -> bool:
    """Whether it was for want of room on a disk."""
    if isinstance(error, DBAPIError):
        code = getattr(error.orig, "sqlite_errorcode", None)
        return code == FULL or getattr(error.orig, "sqlstate", None) == "53100"
    return isinstance(error, OSError) and error.errno in NO_ROOM

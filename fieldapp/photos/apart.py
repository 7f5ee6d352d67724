"""Copies made in a process of their own: for the photo over which a worker has died.

Perhaps it was the photo (a decoder that crashes, a picture that eats the memory), perhaps the machine was switched off
at that moment. Only where a process that did nothing else dies as well is it the photo.
"""

import multiprocessing
from io import BytesIO
from multiprocessing.connection import Connection

from fieldapp.photos import copies

TOO_LONG = 120  # seconds: less than a worker's lease on the photo
DIED = "stopped-the-worker"


def make(data: bytes) -> copies.Copies:
    """As `copies.make`; raises Unreadable also where the process dies or does not come to an end."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    child = spawn.Process(target=_draw, args=(theirs, data), daemon=True)
    child.start()
    theirs.close()
    try:
        if not ours.poll(TOO_LONG):
            raise copies.Unreadable(DIED)
        made: copies.Copies | str = ours.recv()
    except EOFError as error:
        raise copies.Unreadable(DIED) from error
    finally:
        child.kill()
        child.join()
        ours.close()
    if isinstance(made, str):
        raise copies.Unreadable(made)
    return made


def _draw(answer: Connection, data: bytes) -> None:
    try:
        made: copies.Copies | str = copies.make(BytesIO(data))
    except copies.Unreadable as error:
        made = str(error)
    answer.send(made)

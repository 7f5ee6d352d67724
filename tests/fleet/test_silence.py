"""Phones that fall silent, in small: who is given up, and that everybody else is served."""

import socket
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from fieldapp import connections
from fieldapp.connections import Patience, Patient
from fieldapp.core.db import Database
from tests.cast import Cast
from tests.conftest import LiveServer
from tests.fleet.silence import SIZE, Others, Silent, cookie_of, fallen_silent
from tests.processes import until
from tests.sync.bringing import listed


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Patient]]:
    theirs, ours = socket.socketpair()
    with theirs, Patient(ours, Patience(threads=4)) as patient:
        yield theirs, patient


def test_what_comes_is_read_and_what_does_not_come_is_the_end(pair: tuple[socket.socket, Patient]) -> None:
    theirs, patient = pair
    theirs.sendall(b"half a re")
    assert patient.recv(100) == b"half a re"
    patient.settimeout(0.01)
    assert patient.recv(100) == b""
    theirs.sendall(b"cord, much later")  # it would be taken for the next request
    assert patient.recv(100) == b""
    assert patient.over


def test_a_connection_that_ends_is_no_silence(pair: tuple[socket.socket, Patient]) -> None:
    theirs, patient = pair
    theirs.close()
    assert patient.recv(100) == b""
    assert not patient.over


def test_the_longest_silent_are_given_up_and_only_where_others_need_the_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "AT_LEAST", 0.0)
    patience = Patience(threads=4)
    pairs = [socket.socketpair() for _ in range(4)]
    patients = [Patient(ours, patience) for _theirs, ours in pairs]
    given_up: list[int] = []

    def listen(number: int) -> None:
        if not patients[number].recv(1):
            given_up.append(number)

    threads = [Thread(target=listen, args=(number,)) for number in range(4)]
    for number, thread in enumerate(threads[:3]):  # three of four wait: a phone may be silent for long
        thread.start()
        until("it waits", lambda number=number: len(patience._silent) == number + 1)  # type: ignore[misc]
    assert not any(patience._given_up(number, since) for number, since in list(patience._silent.items()))
    threads[3].start()
    for thread in threads[:2]:
        thread.join()
    assert sorted(given_up) == [0, 1]
    for theirs, _ours in pairs:
        theirs.sendall(b"!")
    for thread in threads[2:]:
        thread.join()
    assert sorted(given_up) == [0, 1]
    for theirs, patient in zip((theirs for theirs, _ours in pairs), patients, strict=True):
        theirs.close()
        patient.close()


def test_everybody_else_is_served_while_more_phones_are_silent_than_there_are_threads(
    serve: Callable[..., LiveServer], db: Database, cast: Cast
) -> None:
    server = serve(threads=4)
    cookie = cookie_of(server.url, "ana")
    kinds = ["idle", "headers", "form", "record", "record", "record", "patched"]
    photos = listed(db, cast.ana, *(bytes([n]) * SIZE for n in range(len(kinds))))
    phones = [Silent(cast.ana, cookie, photo) for photo in photos]
    others = Others(server.url, cast, cookie_of(server.url, "bo"))
    with fallen_silent(server.url, phones, kinds):
        others.look()
    assert others.wrong == []

"""A phone's export is handed in by a desk, but nobody knows who wrote it: however it is shaped, it takes no memory."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.settings import Settings
from fieldapp.sync import imports
from fieldapp.sync.uploads import Uploads
from tests.cast import NOON, Cast
from tests.sync.phone import Phone, photo
from tests.sync.test_imports import exported, hand_in

A_FEW_MB = 4 * 1024 * 1024
HEAD = b'{"format": "fieldapp-export/1", "records": ['


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


class Endless:
    """A file that goes on for as long as it is read."""

    def __init__(self, head: bytes, again: bytes) -> None:
        self._head, self._again = head, again
        self.seek(0)

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size:
            self._rest += self._again * (1 + size // len(self._again))
        part, self._rest = self._rest[:size], self._rest[size:]
        self.given += len(part)
        return part

    def seek(self, _at: int) -> None:
        self._rest, self.given = self._head, 0


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b'{"raw_b64": "', b"A" * 4096),
        (b'{"photos": [0', b",0" * 2048),
        (b'{"photos": [{}', b",{}" * 2048),
        (b"{}", b",{}" * 2048),
        (b"{}", b" " * 4096),
    ],
    ids=["a text", "numbers", "photos", "records", "nothing at all"],
)
def test_what_never_ends_is_cut(
    db: Database, settings: Settings, begins: bytes, goes_on: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "LONGEST", A_FEW_MB)  # as for a photo, only sooner
    file = Endless(HEAD + begins, goes_on)
    with pytest.raises(imports.CutShort):
        for _ in imports.take(db, settings, Uploads(settings, db, Files(settings.files)), file, new_id()):  # type: ignore[arg-type]
            pass
    assert file.given <= A_FEW_MB + 2 * imports.BUFFER


def test_long_texts_of_an_honest_one_arrive(client_of: Callable[..., FlaskClient], cast: Cast) -> None:
    picture = bytes(range(256)) * 1000
    ana = Phone(cast.ana)
    two = [ana.visit(cast.sail, {"content": "吊" * 60_000}, photos=[photo(picture), photo(picture)]) for _ in range(2)]
    *lines, end = hand_in(client_of("dee"), exported(*two, bytes_of_photos=picture))
    assert end["done"] and [line["receipt"]["complete"] for line in lines] == [True, True]

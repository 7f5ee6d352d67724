"""A phone and a desk, on a really served application with the cast in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from fieldapp.core.db import Database
from fieldapp.settings import Settings
from tests.browser.faults import Wire
from tests.browser.house import House
from tests.browser.screens import PATIENCE, Desk, Phone
from tests.cast import Cast, settle
from tests.conftest import LiveServer

HERE = Path(__file__).parent
expect.set_options(timeout=PATIENCE)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def house(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One server for all the tests of this process: starting one and having it pack its pages takes seconds."""
    stands = House(sqlite_template, tmp_path_factory.mktemp("house"))
    yield stands
    stands.close()


@pytest.fixture
def db_url(house: House) -> str:
    """Browsers do not care which database it is; the other tests do. As empty as a new one."""
    house.clear()
    return house.settings.database_url


@pytest.fixture
def cast(db: Database) -> Cast:
    """The house's database is cleared, not copied: they come into it anew."""
    with db.writing() as session:
        return settle(session)


@pytest.fixture
def settings(house: House) -> Settings:
    return house.settings


@pytest.fixture
def served(house: House, cast: Cast) -> LiveServer:
    """`fieldapp serve` with the cast; `served.kill()` and `serve(port)` make it fall over and come back."""
    return house.open()


@pytest.fixture
def phone(playwright: Playwright, served: LiveServer, tmp_path: Path) -> Iterator[Phone]:
    """Chromium at a phone's size, with its own profile. Every complaint of its pages fails the test at the end."""
    screen = Phone(playwright, tmp_path / "profile", served.url)
    yield screen
    screen.close()
    assert screen.complaints() == []


@pytest.fixture
def desk(chromium_of_all: Browser, served: LiveServer) -> Iterator[Desk]:
    """A wide window, apart from the phone. Every complaint of its pages fails the test at the end."""
    screen = Desk(chromium_of_all, served.url)
    yield screen
    screen.close()
    assert screen.complaints() == []


@pytest.fixture
def wire(served: LiveServer) -> Iterator[Wire]:
    """A wire to the served application that can be broken in every way."""
    fragile = Wire(int(served.url.rpartition(":")[2]))
    yield fragile
    fragile.close()


@pytest.fixture
def far_phone(playwright: Playwright, wire: Wire, tmp_path: Path) -> Iterator[Phone]:
    """A phone whose every request goes along the wire that can break."""
    screen = Phone(playwright, tmp_path / "far-profile", wire.url)
    yield screen
    wire.mends()
    screen.close()
    assert screen.complaints() == []

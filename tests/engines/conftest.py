"""One device and one server an engine; each journey has an origin of its own, and so a phone that holds nothing yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import cast, db_url, house, settings
from tests.browser.faults import Wire
from tests.browser.house import House
from tests.cast import Cast
from tests.engines.device import Device
from tests.engines.installed import EVERY, STARTS, WEBKITS

__all__ = ["cast", "db_url", "house", "settings"]
HERE = Path(__file__).parent
collect_ignore = [*([] if EVERY else ["test_journeys.py"]), *([] if WEBKITS else ["test_webkit.py"])]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("engines")


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    """The browser of this engine."""
    started = STARTS[request.param](tmp_path_factory.mktemp(request.param) / "profile", "http://127.0.0.1:9")
    yield started
    started.close()


@pytest.fixture
def wire(house: House, cast: Cast) -> Iterator[Wire]:
    """A wire to the served application that can be broken in every way."""
    fragile = Wire(int(house.open().url.rpartition(":")[2]))
    yield fragile
    fragile.close()


@pytest.fixture
def phone(device: Device, wire: Wire) -> Iterator[Device]:
    """The device at the wire's own address. Every complaint of its pages fails the test at the end."""
    device.url = wire.url
    device.online()
    device.tab(0)
    device.forget_cookies()
    yield device
    wire.mends()
    device.online()
    device.tab(0)
    assert device.errors() == []

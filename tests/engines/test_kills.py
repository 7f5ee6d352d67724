"""The short form of kills.py, in each engine that is here; the long one is part of `make fleet`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.browser.house import House
from tests.cast import Cast
from tests.engines.chromium import Chromium
from tests.engines.device import Device
from tests.engines.installed import LASTING, STARTS
from tests.engines.kills import Ear, kill_again_and_again

TIMES, SEED = 5, 7


@pytest.fixture
def ear(house: House, cast: Cast) -> Iterator[Ear]:
    hears = Ear(int(house.open().url.rpartition(":")[2]))
    yield hears
    hears.close()


def all_is_there(device: Device, ear: Ear, folder: Path) -> None:
    try:
        killing = kill_again_and_again(device, ear, TIMES, SEED, folder, form=False)
    finally:
        device.kill()
    assert (killing.kills, killing.lost) == (TIMES, [])
    assert killing.visits > TIMES
    assert killing.photos > TIMES


def test_chromium_killed_at_random_moments_has_all_that_was_said_to_be_saved(
    playwright: Playwright, ear: Ear, tmp_path: Path
) -> None:
    all_is_there(Chromium(tmp_path / "profile", ear.url, playwright), ear, tmp_path)


if LASTING:  # nothing is skipped: what is not installed is no test

    @pytest.mark.parametrize("engine", [one.values[0] for one in LASTING])  # a browser of its own: in any process
    def test_a_browser_killed_at_random_moments_has_all_that_was_said_to_be_saved(
        engine: str, ear: Ear, tmp_path: Path
    ) -> None:
        all_is_there(STARTS[engine](tmp_path / "profile", ear.url), ear, tmp_path)

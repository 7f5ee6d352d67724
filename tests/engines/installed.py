"""The engines of this machine, each by its name; a Chromium is always there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines import firefox, webkit
from tests.engines.device import Device

Start = Callable[[Path, str], Device]


def engines() -> dict[str, Start]:
    """How each that is here is started, but for Chromium."""
    found: dict[str, Start] = {}
    if firefox.find():
        found["firefox"] = firefox.Firefox
    if webkit.find():
        found["webkit"] = webkit.WebKit
        found["webkit-ephemeral"] = webkit.EphemeralWebKit
    return found


STARTS = engines()
# One process of the test run has all the tests of one engine, so that each browser is started once.
EVERY = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in STARTS]
LASTING = [one for one in EVERY if "ephemeral" not in str(one.values[0])]
WEBKITS = [one for one in EVERY if str(one.values[0]).startswith("webkit")]
# A long one: without a profile on the disk it says little more, and runs in `make fleet` only.
SELDOM = [one if one in LASTING else pytest.param(*one.values, marks=[*one.marks, pytest.mark.wide]) for one in EVERY]

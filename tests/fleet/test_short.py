"""The short form of the fleet: every story once, in bad weather, and the server killed in the middle.

The long form is `make fleet`. Whatever goes wrong here is told again by `python -m tests.fleet` with the same seed.
"""

from pathlib import Path

from tests.fleet.run import Fleet, Plan
from tests.fleet.server import Server
from tests.fleet.story import STORIES

SEED = 11


def test_nothing_is_lost_doubled_or_foreign_whatever_the_weather(db_url: str, tmp_path: Path) -> None:
    server = Server(tmp_path / "fleet", db_url)
    fleet = Fleet(server, Plan(visits=64, photos=128, seed=SEED, hands=8, at_once=8, kills=1))
    try:
        result = fleet.run()
    finally:
        server.kill()
    assert not result.findings.faults, f"{result.line()}\n{result.findings.tell()}"
    assert result.ok, result.line()
    assert {name for hand in fleet.hands for name in hand.told} == set(STORIES)
    assert (server.kills, result.kills) == (1, 1)
    assert result.faults > 50 and {"drop", "cut", "refuse"} <= set(result.met)

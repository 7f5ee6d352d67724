"""The table of states: the code and the protocol's page show the same, and it holds together."""

import re
from pathlib import Path

import pytest

from fieldapp.issues.states import ENDED, FROM_A_PHONE, GOING, NEXT, OPEN, STATES, after

PAGE = Path(__file__).parents[2] / "docs" / "sync-protocol.md"
ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| ([^|]+) \| (\w[\w ]*) \|$", re.MULTILINE)


def documented() -> dict[str, tuple[frozenset[str], str]]:
    page = PAGE.read_text(encoding="utf-8").split("## 9.")[1].split("## 10.")[0]
    table: dict[str, tuple[frozenset[str], str]] = {}
    for events, sources, target in ROW.findall(page):
        plain = sources.strip()
        known = {"(none)": frozenset[str](), "any that is not ended": GOING}
        froms = known[plain] if plain in known else frozenset(plain.split(", "))
        for event in re.findall(r"`(\w+)`", events):
            table[event] = (froms, "" if target == "unchanged" else target)
    return table


def test_the_page_and_the_code_show_the_same_table() -> None:
    assert documented() == NEXT


def test_every_state_can_be_reached_and_left_unless_it_has_ended() -> None:
    reached, before = {OPEN}, set[str]()
    while reached != before:
        before = set(reached)
        reached |= {to for state in before for event in NEXT if (to := after(state, event)) is not None}
    assert reached == STATES
    for state in GOING:
        assert any(after(state, event) in ENDED for event in NEXT)


@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_has_ended_takes_nothing_more_from_a_phone(state: str) -> None:
    assert [event for event in FROM_A_PHONE if after(state, event) is not None] == []

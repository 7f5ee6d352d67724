"""The set on which the demo year is played, and how its ids are made."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from fieldapp.accounts.models import User
from fieldapp.demo.zone import DemoProject

FIRST_TEAM, SECOND_TEAM = "项目服务一队", "项目服务二队"


@dataclass
class Stage:
    """The set on which the year is played: ids by the names that the words use."""

    today: date
    users: dict[str, User] = field(default_factory=dict)
    units: dict[str, UUID] = field(default_factory=dict)
    projects: dict[str, UUID] = field(default_factory=dict)  # DemoProject.key -> id
    enterprises: dict[str, UUID] = field(default_factory=dict)  # name -> id
    team_of: dict[str, str] = field(default_factory=dict)  # DemoProject.key -> team
    plays: list[DemoProject] = field(default_factory=list)


def make_id(at: datetime, rng: random.Random) -> UUID:
    """A UUIDv7 of that moment, the same at each load of the same day."""
    value = int(at.timestamp() * 1000) << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62)
    return UUID(int=value)

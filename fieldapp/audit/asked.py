"""What the auditor asked for, out of an address or a form."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from fieldapp.audit.queries import Asked
from fieldapp.core import clock

PRESETS = {"": None, "1": 1, "7": 7, "30": 30, "180": 180}  # days, today included
DAYS = {
    "": _l("All days"), "1": _l("Today"), "7": _l("Last 7 days"), "30": _l("Last 30 days"), "180": _l("Last 180 days"),
}  # fmt: skip
FIELDS = ("who", "act", "kind", "thing", "days")
LONGEST = 80


def said(values: Mapping[str, str]) -> dict[str, str]:
    """The filters that are set, as they were typed."""
    found = {name: values.get(name, "").replace("\x00", "").strip()[:LONGEST] for name in FIELDS}
    return {name: value for name, value in found.items() if value and (name != "days" or value in PRESETS)}


def read(filters: Mapping[str, str], zone: str) -> Asked:
    days = PRESETS.get(filters.get("days", ""))
    return Asked(
        who=filters.get("who", ""),
        act=filters.get("act", ""),
        kind=filters.get("kind", ""),
        thing=filters.get("thing", ""),
        since=None if days is None else _midnight(days - 1, zone),
    )


def _midnight(days_ago: int, zone: str) -> datetime:
    day = clock.today(zone) - timedelta(days=days_ago)
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)

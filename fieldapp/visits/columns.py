"""A visit's columns, from what its body says."""

from typing import Any

from fieldapp.accounts.policy import Person
from fieldapp.core.payload import Arrival, Position
from fieldapp.projects.coordinates import MIX_FROM_M, MIX_TO_M, distance_m, likely_datum_mix, to_wgs84
from fieldapp.visits.body import VisitBody
from fieldapp.visits.links import Linked, Links

SITE_RADIUS_M = 200.0  # within which a point counts as on the site, where no fence says so
# Fields of the body that are columns of the same name.
SAME = ("content", "progress", "needs", "problems", "answers", "stage", "progress_percent", "programmes",
        "policy_items", "ended_at", "typed_project", "position_absent", "photos_absent", "sensitive")  # fmt: skip
# Fields of the body that are lists of small things: columns of the same name, in JSON.
LISTS = ("met", "outside", "milestones", "asked")
STOOD = ("lat", "lng", "accuracy_m", "altitude_m", "position_age_ms", "position_source", "position_crs",
         "position_raw", "distance_m")  # fmt: skip
# The columns that `sealed_columns` gives.
SEALED = (
    "owner_id", "team_id", "state", "occurred_at", "occurred_said", "said_when", "recorded_at", "clock_offset_ms",
    "received_at", "later_entry", "late_upload", "clock_doubtful", "schema", "rev", "device_id", "seq",
    "payload_sha256", "kind", *SAME, *LISTS, "next_step", "next_step_on", "next_step_by", *STOOD,
    "datum_doubtful",
)  # fmt: skip
# What no correction changes: `move` does, or nothing.
FIXED = {"project", "projects", "enterprises", "participants", "issue_events", "said_when"}


def sealed_columns(author: Person, arrival: Arrival, body: VisitBody, links: Links) -> dict[str, Any]:
    """The visit's row as its author sealed it."""
    times = arrival.times
    occurred_at = times.occurred(body.said_when)
    later = times.later_entry(occurred_at)
    return {
        "owner_id": author.id,
        "team_id": min(author.team_ids, default=None),
        "state": links.state,
        "occurred_at": occurred_at,
        "occurred_said": times.occurred_said,
        "said_when": body.said_when,
        "recorded_at": times.recorded_at,
        "clock_offset_ms": times.clock_offset_ms,
        "received_at": times.received_at,
        "later_entry": later,
        "late_upload": times.late_upload(occurred_at),
        "clock_doubtful": times.clock_doubtful,
        "schema": arrival.schema,
        "rev": arrival.rev,
        "device_id": arrival.device_id,
        "seq": arrival.seq,
        "payload_sha256": arrival.payload_sha256,
        **said_columns(body),
        **stood(body.position, links.main, later=later),
    }


def said_columns(body: VisitBody) -> dict[str, Any]:
    """The columns that say what the body says."""
    step = body.next_step
    return {
        "kind": body.kind,
        **{name: getattr(body, name) for name in SAME},
        **{name: [one.model_dump(mode="json", exclude_defaults=True) for one in getattr(body, name)] for name in LISTS},
        "next_step": step.text if step else "",
        "next_step_on": step.on if step else None,
        "next_step_by": step.by_name[:60] if step else "",
    }


def stood(position: Position | None, main: Linked | None, *, later: bool) -> dict[str, Any]:
    """Where the officer stood, in WGS-84, the raw fix beside it. A later entry keeps no fix of its own."""
    if position is None or (later and position.source != "manual"):
        return {**dict.fromkeys(STOOD), "datum_doubtful": False}
    here = to_wgs84(position.lat, position.lng, position.crs)
    raw = {"lat": position.lat, "lng": position.lng, **({"fix": position.raw} if position.raw else {})}
    values = (here.lat, here.lng, position.accuracy_m, position.altitude_m, position.age_ms, position.source,
              position.crs, raw)  # fmt: skip
    return {**dict(zip(STOOD, values, strict=False)), **off_site(here, main, suspect=position.crs == "wgs84")}


def off_site(here: tuple[float, float], main: Linked | None, *, suspect: bool) -> dict[str, Any]:
    """Metres from the main project, and whether the point looks like another datum\'s."""
    if main is None or main.lat is None or main.lng is None:
        return {"distance_m": None, "datum_doubtful": False}
    site = (main.lat, main.lng)
    off = distance_m(here, site)
    mixed = suspect and MIX_FROM_M <= off <= MIX_TO_M and likely_datum_mix(here, site, SITE_RADIUS_M)
    return {"distance_m": off, "datum_doubtful": mixed}

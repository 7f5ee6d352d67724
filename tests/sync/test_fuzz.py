"""Whatever JSON object arrives: it is stored, answered 2xx with a receipt of its bytes, and nothing breaks."""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.sync.models import Raw
from tests.cast import NOON, Cast
from tests.sync.phone import Phone, opened, photo

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def ana(client_of: Callable[..., FlaskClient], cast: Cast) -> Phone:
    return Phone(cast.ana, client_of("ana"))


def check(db: Database, ana: Phone, id: UUID, door: str, said: dict[str, Any]) -> None:
    """Send it twice: stored once as it is, and receipted alike."""
    raw = json.dumps(said).encode()
    assert ana.client is not None
    first = ana.client.put(f"/api/v1/{door}/{id}", data=raw, content_type="application/json")
    again = ana.client.put(f"/api/v1/{door}/{id}", data=raw, content_type="application/json")
    assert first.status_code in (201, 202, 409)
    assert again.status_code in (200, 202, 409)
    receipt = first.get_json()
    assert (receipt["id"], receipt["payload_sha256"]) == (str(id), hashlib.sha256(raw).hexdigest())
    assert receipt == again.get_json()
    with db.reading() as session:
        assert session.scalar(select(Raw.payload).where(Raw.record_id == id)) == raw


@FEW
@given(said=st.dictionaries(st.text(max_size=8), ANYTHING, max_size=6), door=st.sampled_from(["visits", "events"]))
def test_any_object_at_all(db: Database, ana: Phone, said: dict[str, Any], door: str) -> None:
    check(db, ana, new_id(), door, {key: value for key, value in said.items() if key != "owner"})


ENVELOPE = ("id", "type", "schema", "rev", "replaces", "device", "seq", "occurred_at", "recorded_at",
            "clock_offset_ms", "clock_measured_at", "app_version", "photos", "body")  # fmt: skip
BODY = ("kind", "project", "projects", "enterprises", "typed_project", "said_when", "ended_at", "content", "stage",
        "progress_percent", "met", "participants", "programmes", "next_step", "position", "sensitive",
        "issue_events")  # fmt: skip
EVENT = ("id", "issue", "type", "base", "occurred_at", "photos", "text", "title", "nature", "category", "urgency",
         "enterprise_deadline", "lead_unit", "projects", "enterprises", "pin", "sensitive")  # fmt: skip
LINE = ("id", "sha256", "size", "type", "taken_at", "role", "caption", "exif_claimed", "position", "width")


@FEW
@given(
    outer=st.dictionaries(st.sampled_from(ENVELOPE), ANYTHING, max_size=2),
    inner=st.dictionaries(st.sampled_from(BODY), ANYTHING, max_size=3),
    event=st.dictionaries(st.sampled_from(EVENT), ANYTHING, max_size=2),
    line=st.dictionaries(st.sampled_from(LINE), ANYTHING, max_size=2),
)
def test_a_visit_with_anything_in_any_of_its_fields(
    db: Database, ana: Phone, cast: Cast, outer: dict[str, Any], inner: dict[str, Any], event: dict[str, Any],
    line: dict[str, Any],
) -> None:  # fmt: skip
    plain = {"project": str(cast.sail), "kind": "site_inspection", "position": {"lat": 1, "lng": 2}}
    body = {**plain, "issue_events": [{**opened(), **event}], **inner}
    sealed = ana.seal("visit", body, photos=[{**photo(), **line}])
    check(db, ana, sealed.id, "visits", {**sealed.said, **outer})


@FEW
@given(
    type=st.sampled_from(["addition", "correction", "move", "withdrawal", "void", "photo_withdrawn"]),
    fields=st.dictionaries(st.sampled_from([*BODY, "occurred_at"]), ANYTHING, max_size=3),
    more=st.dictionaries(st.sampled_from(["text", "reason", "project", "photo", "photos"]), ANYTHING, max_size=2),
)
def test_a_supplement_with_anything_in_it(
    db: Database, ana: Phone, cast: Cast, type: str, fields: dict[str, Any], more: dict[str, Any]
) -> None:
    visit = ana.visit(cast.sail)
    ana.send(visit)
    sealed = ana.supplement(visit.id, type, {"fields": fields, **more})
    check(db, ana, sealed.id, "events", sealed.said)


@FEW
@given(value=st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-02T00:00:00Z",
                              "2026-02-30T00:00:00Z", 0, 1e18, -1e12, "", "now"]))  # fmt: skip
def test_times_at_the_ends_of_the_calendar(db: Database, ana: Phone, cast: Cast, value: Any) -> None:
    for name in ("occurred_at", "recorded_at", "clock_measured_at"):
        sealed = ana.visit(cast.sail, {"ended_at": value}, clock_offset_ms=2**31 - 1)
        check(db, ana, sealed.id, "visits", {**sealed.said, name: value})

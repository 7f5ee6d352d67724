"""Every schema ever shipped stays readable. Its fixtures never change; a new schema brings its own folder."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import BaseModel

from fieldapp.issues.body import IssueEvent
from fieldapp.photos.body import PhotoClaim
from fieldapp.sync import envelope
from fieldapp.sync.payloads import SCHEMA, Envelope, SentVisit
from fieldapp.visits.body import Asked, FollowUpAct, Met, Milestone, NextStep, Outside, Position, SupplementBody

FIXTURES = Path(__file__).parent / "fixtures"
SHIPPED = sorted(FIXTURES.glob("schema-*/*.json"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_it_is_read_whole_and_loses_nothing_that_it_says(path: Path) -> None:
    raw = path.read_bytes()
    said = json.loads(raw)
    reading = envelope.read(raw, UUID(said["id"]))
    assert (reading.reason, reading.detail) == ("", "")
    assert reading.record is not None and reading.claims is not None
    assert (reading.type, reading.rev, reading.seq) == (said["type"], said.get("rev", 1), said.get("seq"))
    if said["schema"] == SCHEMA:
        assert not unread(said, reading.record)


def unread(said: dict[str, object], model: BaseModel) -> set[str]:
    """Fields of the fixture that the model does not know: a name that changed without an upcaster."""
    names = {field.alias or name for name, field in type(model).model_fields.items()}
    missing = set(said) - names
    for name, value in said.items():
        inner = getattr(model, name, None)
        if isinstance(inner, BaseModel) and isinstance(value, dict):
            missing |= {f"{name}.{one}" for one in unread(value, inner)}
    return missing


def test_there_are_fixtures_for_each_schema_and_upcasters_up_to_the_present() -> None:
    shipped = {int(path.parent.name.removeprefix("schema-")) for path in SHIPPED}
    assert shipped == set(range(1, SCHEMA + 1))
    assert set(envelope.UPCASTERS) == set(range(1, SCHEMA))


def test_the_full_fixtures_leave_no_field_out() -> None:
    visit = json.loads((FIXTURES / f"schema-{SCHEMA}" / "visit-site.json").read_text(encoding="utf-8"))
    addition = json.loads((FIXTURES / f"schema-{SCHEMA}" / "supplement-joint-step.json").read_text(encoding="utf-8"))
    put_off = json.loads((FIXTURES / f"schema-{SCHEMA}" / "follow_up-put_off.json").read_text(encoding="utf-8"))
    body = visit["body"]
    for model, said in (
        (Envelope, visit), (SentVisit, body), (PhotoClaim, visit["photos"][0]), (IssueEvent, body["issue_events"][0]),
        (Position, body["position"]), (NextStep, body["next_step"]), (Met, body["met"][0]),
        (Outside, body["outside"][0]), (Milestone, body["milestones"][0]), (Asked, body["asked"][0]),
        (SupplementBody, addition["body"]), (FollowUpAct, put_off["body"]),
    ):  # fmt: skip
        assert {field.alias or name for name, field in model.model_fields.items()} <= set(said), model.__name__

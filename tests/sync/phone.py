"""A phone as the server sees it: it makes envelopes, seals them, and sends the same bytes as often as it likes."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldapp.core.db import new_id
from tests.cast import NOON

KIND = "site_inspection"


@dataclass
class Sealed:
    """A record as it lies on the phone: bytes that never change."""

    id: UUID
    door: str
    raw: bytes
    said: dict[str, Any]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def url(self) -> str:
        return f"/api/v1/{self.door}/{self.id}"


@dataclass
class Phone:
    """One person's phone. `at` is what its clock shows."""

    owner: UUID
    client: FlaskClient | None = None
    at: datetime = NOON
    device: UUID = field(default_factory=new_id)
    seq: int = 0

    def seal(self, kind: str, body: dict[str, Any], *, id: UUID | None = None, **over: Any) -> Sealed:
        self.seq += 1
        id = id or new_id()
        said = {
            "id": str(id), "type": kind, "schema": 1, "rev": 1, "replaces": None, "owner": str(self.owner),
            "device": str(self.device), "seq": self.seq, "occurred_at": self.at.isoformat(),
            "recorded_at": self.at.isoformat(), "photos": [], "body": body, **over,
        }  # fmt: skip
        raw = json.dumps(said, ensure_ascii=False).encode(errors="surrogatepass")  # what is odd is the door's to judge
        return Sealed(id, "visits" if kind == "visit" else "events", raw, said)

    def visit(self, project: UUID | None, body: dict[str, Any] | None = None, **over: Any) -> Sealed:
        said = {"kind": KIND, **({"project": str(project)} if project else {}), **(body or {})}
        return self.seal("visit", said, **over)

    def supplement(self, visit: UUID, type: str, body: dict[str, Any] | None = None, **over: Any) -> Sealed:
        return self.seal("supplement", {"visit": str(visit), "type": type, **(body or {})}, **over)

    def event(self, issue: UUID, type: str, body: dict[str, Any] | None = None, **over: Any) -> Sealed:
        id = new_id()
        return self.seal(
            "issue_event", {"id": str(id), "issue": str(issue), "type": type, **(body or {})}, id=id, **over
        )

    def act(self, follow_up: UUID, type: str, body: dict[str, Any] | None = None, **over: Any) -> Sealed:
        """Their own 待跟进, done by hand or put off."""
        return self.seal("follow_up", {"follow_up": str(follow_up), "type": type, **(body or {})}, **over)

    def revise(self, sealed: Sealed, body: dict[str, Any] | None = None, **over: Any) -> Sealed:
        """Edited before any 2xx: the same id and seq, the next rev."""
        said = {
            **sealed.said, "rev": sealed.said["rev"] + 1, "replaces": sealed.sha256,
            "body": {**sealed.said["body"], **(body or {})}, **over,
        }  # fmt: skip
        return Sealed(sealed.id, sealed.door, json.dumps(said, ensure_ascii=False).encode(errors="surrogatepass"), said)

    def send(self, sealed: Sealed) -> TestResponse:
        assert self.client is not None
        return self.client.put(sealed.url, data=sealed.raw, content_type="application/json")


def opened(issue: UUID | None = None, **said: Any) -> dict[str, Any]:
    """An issue opened inside a visit."""
    return {"id": str(new_id()), "issue": str(issue or new_id()), "type": "opened", "title": "临时用电容量不足", **said}


def photo(content: bytes = b"a picture", **said: Any) -> dict[str, Any]:
    """A line of the manifest."""
    return {
        "id": str(new_id()), "sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "type": "image/jpeg",
        **said,
    }  # fmt: skip

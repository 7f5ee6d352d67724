"""A phone that remembers what it sent, as docs/sync-protocol.md 12 asks: it can heal a server that was restored."""

import hashlib
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fieldapp.core.db import new_id
from tests.sync import phone as sealing
from tests.sync.bringing import TYPE, Brought
from tests.sync.phone import Sealed


@dataclass
class Sent:
    """A record that has had a 2xx, and what the server said of it."""

    sealed: Sealed
    receipt: dict[str, Any]
    bytes: dict[str, bytes]  # photo id -> bytes, as far as they are still here
    number: str | None = None
    issue_numbers: dict[str, str] = field(default_factory=dict)


@dataclass
class Phone(sealing.Phone):
    sent: dict[UUID, Sent] = field(default_factory=dict)

    def hand_in(self, sealed: Sealed, *pictures: bytes) -> Sent:
        """Send a record and its photos, until its receipt says that it is complete."""
        named = {line["id"]: data for line, data in zip(sealed.said["photos"], pictures, strict=True)}
        answer = self.send(sealed)
        assert answer.status_code in (200, 201, 202), answer.text
        sent = self.sent.setdefault(sealed.id, Sent(sealed, answer.json, named))
        sent.number, sent.issue_numbers = sent.number or answer.json["number"], answer.json["issue_numbers"]
        self._bring(sent)
        return sent

    def _bring(self, sent: Sent) -> None:
        if sent.receipt["complete"]:
            return
        for line in sent.receipt["photos"]:
            if line["state"] in ("wanted", "partial"):
                self._bring_one(sent, line["id"])
        sent.receipt = self.send(sent.sealed).json
        assert sent.receipt["complete"], sent.receipt

    def _bring_one(self, sent: Sent, photo: str) -> None:
        data = sent.bytes.get(photo)
        if data is None:
            gone = self.supplement(sent.sealed.id, "photo_withdrawn", {"photo": photo, "reason": "lost"})
            self.hand_in(gone)
            return
        brought = Brought(sent.sealed.id, UUID(photo), data)
        assert self.client is not None
        answer = self.client.post("/api/v1/uploads", data=data, content_type=TYPE, headers=brought.creation)
        assert answer.status_code == 201, answer.text

    def forget_bytes(self, sent: Sent) -> None:
        """A week has passed: the record stays, its photos' bytes do not."""
        sent.bytes.clear()

    def heal(self) -> list[str]:
        """Tell a restored server what this phone once handed in, and hand in again what it lacks: the ids."""
        assert self.client is not None
        remembered = [
            {
                "id": str(sent.sealed.id), "sha256": sent.sealed.sha256, "issue_numbers": sent.issue_numbers,
                "visit_number": sent.number if sent.sealed.door == "visits" else None,
            }
            for sent in self.sent.values()
        ]  # fmt: skip
        lacking: list[str] = []
        for at in range(0, len(remembered), 100):
            page = {"records": remembered[at : at + 100]}
            answer = self.client.post(f"/api/v1/devices/{self.device}/history", json=page)
            assert answer.status_code == 200, answer.text
            lacking += answer.json["lacking"]
        for sent in list(self.sent.values()):
            if str(sent.sealed.id) in lacking or sent.bytes:
                answer = self.send(sent.sealed)
                assert answer.status_code in (200, 201, 202), answer.text
                sent.receipt = answer.json
                self._bring(sent)
        return lacking


def picture(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest() * 8


def opened_outside(phone: Phone, project: UUID, **said: Any) -> Sealed:
    """An issue opened from the project's page, outside any visit."""
    issue = new_id()
    body = {"title": "北门积水", "projects": [str(project)], **said}
    return phone.event(issue, "opened", body)

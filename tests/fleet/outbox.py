"""What lies on a phone: records, their photos, and the envelope they are sealed in (docs/sync-protocol.md 2 and 4)."""

import hashlib
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from tests.fleet.pictures import Picture

OFFICE = timezone(timedelta(hours=8))
SETTLED = ("stored", "unreadable", "refused", "withdrawn")


@dataclass
class Someone:
    """A person with an account. Whoever changes the password changes it here as well."""

    id: str
    username: str
    password: str
    sees_hidden: bool = False  # the project before signing


@dataclass
class Shot:
    """A photo on the phone."""

    id: str
    picture: Picture
    sha256: str
    size: int
    state: str = "kept"  # kept, wanted, then as the receipt says
    reason: str | None = None
    url: str | None = None
    offset: int | None = None
    piece: int | None = None
    piece_limit: int | None = None
    tries: int = 0
    next_at: int = 0
    bad_hash: int = 0
    gone: bool = False  # the phone has lost its bytes
    spoilt: bool = False  # what lies on the phone is no longer what was sealed
    arrived: bool = False  # the server has said that all bytes are there
    becomes: str = "stored"  # what the server must say of it at the end

    def bytes(self) -> bytes:
        data = self.picture.bytes()
        return data[:-1] + bytes([data[-1] ^ 1]) if self.spoilt else data

    def line(self) -> dict[str, Any]:
        """Of the manifest."""
        return {"id": self.id, "sha256": self.sha256, "size": self.size, "type": self.picture.type}


@dataclass
class Version:
    """One sealing of a record. `told` once a receipt for exactly these bytes has come."""

    rev: int
    sha256: str
    raw: bytes
    told: bool = False
    sent: bool = False  # some byte of it may have left the phone
    exported: bool = False


@dataclass
class Item:
    """A record on the phone."""

    id: str
    type: str
    owner: str
    device: str
    seq: int | None
    body: dict[str, Any]
    shots: list[Shot]
    times: dict[str, Any]
    over: dict[str, Any] = field(default_factory=dict)  # fields of the envelope that this story says otherwise
    versions: list[Version] = field(default_factory=list)
    rev: int = 1
    sealed: bool = False
    receipt: dict[str, Any] | None = None
    issue_numbers: dict[str, str] = field(default_factory=dict)  # as the receipts told them
    ever_2xx: bool = False
    recheck: bool = False
    state: str = "saved"  # saved, sealed, sent, needs_you; lost: the phone no longer has it
    tries: int = 0
    next_at: int = 0
    problem: str | None = None
    story: str = ""
    becomes: str = "placed"  # the state that the server must give it in the end
    reviews: set[str] = field(default_factory=set)  # kinds of items that must be open for it on /review
    former: list[Shot] = field(default_factory=list)  # photos that a revision no longer lists
    former_events: list[dict[str, Any]] = field(default_factory=list)  # and issue events
    not_applied: set[str] = field(default_factory=set)  # events inside it that do not fit
    matched: str | None = None  # a desk has said whose it is: its owner was unknown here
    handed_in: bool = False  # in an export that a desk has handed in
    twin: bool = False  # another phone holds the same record and may have changed it differently

    @property
    def version(self) -> Version:
        return self.versions[-1]

    @property
    def author(self) -> str:
        return self.matched or self.owner

    @property
    def path(self) -> str:
        return f"/api/v1/{'visits' if self.type == 'visit' else 'events'}/{self.id}"

    def subjects(self) -> set[str]:
        """The visit or issues that it is about: what is about one thing keeps its order."""
        if self.type == "issue_event":
            return {self.body["issue"]}
        if self.type == "supplement":
            return {self.body["visit"]}
        return {self.id, *(event["issue"] for event in self.body.get("issue_events", ()))}

    def seal(self) -> None:
        """From here on these very bytes are sent, for ever."""
        if self.sealed:
            return
        said = {
            "id": self.id, "type": self.type, "schema": 1, "rev": self.rev,
            "replaces": self.versions[-1].sha256 if self.versions else None, "owner": self.owner,
            "device": self.device, "seq": self.seq, **self.times, "app_version": "fleet",
            "photos": [shot.line() for shot in self.shots], "body": self.body, **self.over,
        }  # fmt: skip
        raw = json.dumps(said, ensure_ascii=False).encode()
        self.versions.append(Version(self.rev, hashlib.sha256(raw).hexdigest(), raw))
        self.sealed, self.state = True, "sealed"

    def edit(self, body: dict[str, Any], shots: list[Shot] | None = None) -> bool:
        """Change it. Before any 2xx that is a revision; after it this is no longer possible: False."""
        if self.ever_2xx:
            return False
        listed = {event["id"] for event in body.get("issue_events", self.body.get("issue_events", ()))}
        self.former_events += [e for e in self.body.get("issue_events", ()) if self.versions and e["id"] not in listed]
        self.body = {**self.body, **body}
        if shots is not None:
            self.former += [shot for shot in self.shots if self.versions and shot not in shots]
            self.shots = shots
        if self.sealed:
            self.rev, self.sealed, self.receipt, self.state = self.rev + 1, False, None, "saved"
        self.next_at = self.tries = 0
        return True

    def needs_put(self) -> bool:
        if self.receipt is None or self.recheck or self.state == "needs_you":
            return True
        return not any(self.may_upload(shot) for shot in self.shots)

    def may_upload(self, shot: Shot) -> bool:
        return self.receipt is not None and self.state != "needs_you" and shot.state == "wanted"


class Ids:
    """UUIDv7 from a seed: the same run makes the same ids."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def new(self, at_ms: int) -> str:
        value = (at_ms & (2**48 - 1)) << 80 | 7 << 76 | self._rng.getrandbits(12) << 64
        return str(UUID(int=value | 2 << 62 | self._rng.getrandbits(62)))


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(OFFICE).isoformat(timespec="milliseconds")

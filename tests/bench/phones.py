"""Phones that have records to send: envelopes and photos of the real size, each visit another one."""

import hashlib
import io
import json
import random
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

from PIL import Image

from fieldapp.core.db import new_id
from tests.bench.wire import END, Wire

TEXT = "现场查看主厂房二层钢构吊装，进度较上次推进一跨。" + "企业反映临时用电容量不足，希望协调增容；雨水管线尚未接通。"
JSON_TYPE = "Content-Type: application/json\r\n"


@cache
def picture(size: int) -> tuple[bytes, Any]:
    """A JPEG of exactly `size` bytes but for what `Photo` adds, and its hash so far."""
    width, height = (2048, 1536) if size < 1_000_000 else (4000, 3000)
    noise = random.Random(size).randbytes(width // 8 * (height // 8) * 3)
    scene = Image.frombytes("RGB", (width // 8, height // 8), noise).resize((width, height))
    for quality in range(90, 0, -10):
        made = io.BytesIO()
        scene.save(made, "JPEG", quality=quality)
        if made.tell() <= size:
            break
    data = made.getvalue().ljust(size, b"\0")
    return data, hashlib.sha256(data)


@dataclass
class Photo:
    """The same picture each time with other bytes behind its end, so that hashing it anew costs the client nothing."""

    size: int
    id: UUID = field(default_factory=new_id)

    def __post_init__(self) -> None:
        self.body, begun = picture(self.size - 16)
        digest = begun.copy()
        digest.update(self.id.bytes)
        self.sha256 = digest.hexdigest()

    def claim(self) -> dict[str, Any]:
        return {"id": str(self.id), "sha256": self.sha256, "size": self.size, "type": "image/jpeg", "role": "progress"}

    def send(self, wire: Wire, record: UUID) -> None:
        said = {"record": str(record), "photo": str(self.id), "sha256": self.sha256}
        metadata = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in said.items())
        headers = (
            f"Tus-Resumable: 1.0.0\r\nUpload-Length: {self.size}\r\nUpload-Metadata: {metadata}\r\n"
            "Content-Type: application/offset+octet-stream\r\n"
        )
        answer = wire.ask("POST", "/api/v1/uploads", 201, (self.body, self.id.bytes), headers)
        if b"\r\nfieldapp-receipt:" not in answer.lower():
            raise ValueError("a photo came without a receipt")


@dataclass
class Phone:
    """One officer's phone on its own connection."""

    wire: Wire
    owner: str
    projects: list[str]
    sizes: tuple[int, ...]
    device: UUID = field(default_factory=new_id)
    seq: int = 0

    def send_one(self) -> None:
        """A visit, then its photos, until the last answer says that everything is stored."""
        self.seq += 1
        id, photos = new_id(), [Photo(size) for size in self.sizes]
        now = datetime.now(UTC).isoformat()
        said = {
            "id": str(id), "type": "visit", "schema": 1, "rev": 1, "replaces": None, "owner": self.owner,
            "device": str(self.device), "seq": self.seq, "occurred_at": now, "recorded_at": now,
            "clock_offset_ms": 120, "clock_measured_at": now, "app_version": "0.1.0",
            "photos": [photo.claim() for photo in photos],
            "body": {
                "kind": "site_inspection", "project": self.projects[self.seq % len(self.projects)], "content": TEXT,
                "progress": TEXT[:40], "needs": TEXT[40:], "met": [{"name": "沈工", "title": "项目经理"}],
                "position": {"lat": 37.1005, "lng": 119.9004, "accuracy_m": 8, "age_ms": 900, "source": "gps"},
            },
        }  # fmt: skip
        raw = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        self.wire.ask("PUT", f"/api/v1/visits/{id}", 201, (raw,), JSON_TYPE)
        for photo in photos:
            photo.send(self.wire, id)


def phones(port: int, count: int, sizes: tuple[int, ...]) -> list[Phone]:
    """Signed in, each as another officer."""
    made = []
    for number in range(1, count + 1):
        wire = Wire(port)
        wire.until_ready()
        wire.sign_in(f"synth{number}")
        me = json.loads(wire.ask("GET", "/api/v1/me", 200).partition(END)[2])
        made.append(Phone(wire, me["id"], _projects(wire), sizes))
    return made


def _projects(wire: Wire) -> list[str]:
    """Ids of projects that this officer may log against, as a phone learns them."""
    return [row["id"] for page in reference(wire) for row in page["changes"].get("projects", [])][:50]


def reference(wire: Wire) -> list[dict[str, Any]]:
    """The pages of a first load of the reference data; the last one has the cursor."""
    pages = [_page(wire, "")]
    while pages[-1].get("next"):
        pages.append(_page(wire, f"?part={quote(pages[-1]['next'])}"))
    return pages


def _page(wire: Wire, query: str) -> dict[str, Any]:
    page: dict[str, Any] = json.loads(wire.ask("GET", f"/api/v1/reference{query}", 200).partition(END)[2])
    return page

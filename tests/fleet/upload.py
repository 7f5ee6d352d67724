"""One photo goes up: tus 1.0 by the table of docs/sync-protocol.md 7, as fieldapp/static/js/outbox/tus.js does it."""

import hashlib
import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from tests.fleet.outbox import Item, Shot
from tests.fleet.wire import Answer

if TYPE_CHECKING:
    from tests.fleet.phone import Phone

SMALLEST, CHECKSUM_MOST = 64 * 1024, 256 * 1024
STEPS, CONFLICTS, BAD_HASHES = 2_000, 3, 3
UPLOADS = "/api/v1/uploads"
Result = tuple[str, dict[str, Any] | None]


class _Run:
    """One run at one photo."""

    def __init__(self, phone: "Phone", item: Item, shot: Shot) -> None:
        self.phone, self.item, self.shot = phone, item, shot
        self.data = shot.bytes()
        self.offset: int | None = None
        self.conflicts = self.recreated = 0

    def go(self) -> Result:
        for _ in range(STEPS):
            if not self.shot.url:
                result = self.create()
            elif self.offset is None:
                result = self.locate()
            else:
                result = self.append(self.offset)
            if result is not None:
                return result
        return self.later(None)

    def ask(self, method: str, path: str, headers: dict[str, str], piece: bytes | None) -> Answer:
        said = {"Tus-Resumable": "1.0.0", **headers}
        if piece is not None:
            said["Content-Type"] = "application/offset+octet-stream"
            if 0 < len(piece) < len(self.data) and len(piece) <= CHECKSUM_MOST:
                said["Upload-Checksum"] = "sha256 " + b64encode(hashlib.sha256(piece).digest()).decode()
        return self.phone.ask(method, path, said, piece or b"")

    def cut(self, at: int) -> bytes:
        size = len(self.data)
        return self.data[at : at + min(self.shot.piece or size, self.shot.piece_limit or size)]

    def create(self) -> Result | None:
        piece = self.cut(0)
        fields = {"record": self.item.id, "photo": self.shot.id, "sha256": self.shot.sha256}
        metadata = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in fields.items())
        headers = {"Upload-Length": str(len(self.data)), "Upload-Metadata": metadata}
        answer = self.ask("POST", UPLOADS, headers, piece)
        location = answer.headers.get("location")
        if answer.status == 201 and location:
            self.shot.url = location
            return self.accepted(answer, len(piece))
        if answer.status == 409 and answer.code == "photo-differs":
            return self.stuck(answer)
        if answer.status == 404 and answer.code == "record-unknown":
            self.shot.url = None
            return "record-unknown", None
        return self.common(answer, len(piece))

    def locate(self) -> Result | None:
        answer = self.ask("HEAD", self.shot.url or "", {}, None)
        offset = _offset(answer)
        if answer.status in (200, 204) and offset is not None and offset <= len(self.data):
            self.offset = offset
            return None
        if answer.status in (404, 410):
            return self.again(answer)
        return self.common(answer, 0)

    def append(self, at: int) -> Result | None:
        piece = self.cut(at)
        answer = self.ask("PATCH", self.shot.url or "", {"Upload-Offset": str(at)}, piece)
        if answer.status in (200, 204):
            return self.accepted(answer, len(piece))
        if answer.status in (404, 410):
            return self.again(answer)
        if answer.status == 409:
            self.conflicts += 1
            self.offset = None
            return self.later(answer) if self.conflicts > CONFLICTS else None
        return self.common(answer, len(piece))

    def accepted(self, answer: Answer, sent: int) -> Result | None:
        offset, size, before = _offset(answer), len(self.data), self.offset or 0
        if offset is None and answer.status == 201:
            return None
        if offset is None or offset > size:
            return self.later(answer)
        self.offset = offset
        if offset < size and offset <= before and sent > 0:
            return self.later(answer)
        self.grow(sent)
        self.shot.tries = 0
        if offset < size:
            return None
        self.shot.arrived, self.shot.bad_hash = True, 0
        self.shot.tries += 1
        self.shot.next_at = self.phone.back_off(self.shot.tries)
        return "done", self.receipt_in(answer)

    def grow(self, sent: int) -> None:
        shot = self.shot
        if shot.piece is not None and sent >= shot.piece:
            twice = min(shot.piece * 2, shot.piece_limit or 2**60)
            shot.piece = None if twice >= len(self.data) else twice

    def common(self, answer: Answer, sent: int) -> Result | None:
        if answer.status == 401:
            return "signed-out", None
        if answer.status == 403 and answer.code == "not-owner":
            return "not-owner", None
        if answer.status == 413:
            return self.too_large(answer, sent)
        if answer.status == 460:
            return self.bad_hash(answer)
        if answer.status == 423 or answer.passes or answer.status < 400:
            return self.later(answer)
        return self.stuck(answer)

    def again(self, answer: Answer) -> Result | None:
        self.shot.url, self.offset = None, None
        self.recreated += 1
        if answer.code == "record-unknown":
            return "record-unknown", None
        return self.later(answer) if self.recreated > CONFLICTS else None

    def too_large(self, answer: Answer, sent: int) -> Result | None:
        if answer.code == "photo-too-large":
            self.shot.state, self.shot.reason, self.shot.url = "refused", answer.code, None
            return "done", None
        if sent <= SMALLEST:
            return self.stuck(answer)
        self.shot.piece = self.shot.piece_limit = max(SMALLEST, sent // 2)
        if self.shot.url:
            self.offset = None
        return None

    def bad_hash(self, answer: Answer) -> Result | None:
        if hashlib.sha256(self.data).hexdigest() != self.shot.sha256:
            self.phone.withdraw_photo(self.item, self.shot, "changed")
            return "done", None
        self.offset = None
        self.shot.bad_hash += 1
        return self.later(answer) if self.shot.bad_hash >= BAD_HASHES else None

    def later(self, answer: Answer | None) -> Result:
        shot = self.shot
        shot.tries += 1
        shot.next_at = self.phone.back_off(shot.tries, answer)
        shot.piece = SMALLEST if len(self.data) > SMALLEST else None
        shot.bad_hash = 0 if shot.bad_hash >= BAD_HASHES else shot.bad_hash
        return ("offline" if answer is None or answer.status < 400 else "later"), None

    def stuck(self, answer: Answer) -> Result:
        if answer.code:
            self.phone.refusals.append(f"photo {self.shot.id} ({self.item.story}): {answer.status} {answer.code}")
        self.shot.tries += 1
        self.shot.next_at = self.phone.back_off(self.shot.tries, answer)
        return "stuck", None

    def receipt_in(self, answer: Answer) -> dict[str, Any] | None:
        from tests.fleet.phone import is_receipt

        header = answer.headers.get("fieldapp-receipt")
        try:
            said = json.loads(b64decode(header)) if header else None
        except ValueError:
            return None
        return said if is_receipt(said, self.item) else None


def bring(phone: "Phone", item: Item, shot: Shot) -> Result:
    """(how it ended, the receipt that the last answer carried)."""
    if shot.gone:
        phone.withdraw_photo(item, shot, "lost")
        return "done", None
    return _Run(phone, item, shot).go()


def _offset(answer: Answer) -> int | None:
    text = answer.headers.get("upload-offset", "")
    return int(text) if text.isdigit() else None

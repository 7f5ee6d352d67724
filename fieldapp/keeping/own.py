"""What is kept of one person: counted for the page, and whole as a zip that is written while it is sent."""

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldapp.accounts.device_models import SignedIn
from fieldapp.accounts.factor_models import CodeApp, Passkey
from fieldapp.accounts.models import Membership, Proposal, User
from fieldapp.compliance.models import Feedback, NoticeSeen
from fieldapp.core import clock
from fieldapp.core.db import Base, Database, table_of
from fieldapp.core.files import Files
from fieldapp.core.models import Audit
from fieldapp.feed.models import Link
from fieldapp.issues.models import Issue, IssueEvent
from fieldapp.keeping.rows import every
from fieldapp.photos.models import Photo
from fieldapp.sync.models import Device
from fieldapp.visits.models import FollowUp, Participant, Supplement, Visit, VisitProject

MOST_COUNTED = 10_000
SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "HEIF": "heic", "AVIF": "avif"}
README = """本人数据 My own data

本压缩包含系统保存的与本人有关的数据，*.json 为文字记录，photos/ 为本人上传的照片原样。
密码摘要、链接口令等可用于登录或打开页面的内容不在其中。时间为 UTC。
匿名的投诉建议不在其中：系统不知道是谁提的。

This archive holds what the system keeps of its owner: records as JSON, and under photos/ the photos as they were
uploaded. What could be used to sign in or to open a page is left out. Times are UTC.
Anonymous feedback is not in it: the system does not know whose it is.
"""


@dataclass(frozen=True)
class Owned:
    """A kind of thing that is kept of a person."""

    name: str  # of the file
    table: type[Base]
    owner: Any  # the column that says whose it is

    def of(self, user_id: UUID) -> Any:
        return self.owner == user_id


OWNED = (
    Owned("account", User, User.id),
    Owned("memberships", Membership, Membership.user_id),
    Owned("proposed_memberships", Proposal, Proposal.user_id),
    Owned("visits", Visit, Visit.owner_id),
    Owned("visits_taken_part_in", Participant, Participant.user_id),
    Owned("supplements", Supplement, Supplement.owner_id),
    Owned("issues", Issue, Issue.opened_by),
    Owned("issue_events", IssueEvent, IssueEvent.actor_id),
    Owned("photos", Photo, Photo.owner_id),
    Owned("follow_ups", FollowUp, FollowUp.owner_id),
    Owned("devices", Device, Device.user_id),
    Owned("links", Link, Link.maker_id),
    Owned("feedback", Feedback, Feedback.user_id),
    Owned("notices", NoticeSeen, NoticeSeen.user_id),
    Owned("signed_in", SignedIn, SignedIn.user_id),
    Owned("code_app", CodeApp, CodeApp.user_id),
    Owned("passkeys", Passkey, Passkey.user_id),
    Owned("audit", Audit, Audit.actor_id),
)
COUNTED = ("visits", "supplements", "issue_events", "photos", "devices", "links", "feedback")


def counts(session: Session, user_id: UUID) -> dict[str, int]:
    """How much there is of each kind; capped."""
    found = {}
    for kept in OWNED:
        if kept.name in COUNTED:
            some = select(kept.owner).where(kept.of(user_id)).limit(MOST_COUNTED).subquery()
            found[kept.name] = session.scalar(select(func.count()).select_from(some)) or 0
    return found


def archive(db: Database, files: Files, user_id: UUID) -> Iterator[bytes]:
    """The zip, piece by piece."""
    out = _Pieces()
    with ZipFile(out, "w") as made:
        for name, pieces, packed in _files(db, files, user_id):
            info = ZipInfo(name, clock.now().timetuple()[:6])
            info.compress_type = ZIP_DEFLATED if packed else ZIP_STORED
            with made.open(info, "w", force_zip64=True) as entry:
                for piece in pieces:
                    entry.write(piece)
                    yield from out.taken()
            yield from out.taken()
    yield from out.taken()


def _files(db: Database, files: Files, user_id: UUID) -> Iterator[tuple[str, Iterable[bytes], bool]]:
    yield "README.txt", [README.encode()], True
    for kept in OWNED:
        yield f"{kept.name}.json", _json(db, kept, user_id), True
    yield "visit_projects.json", _projects(db, user_id), True
    for id, key, suffix in _photos(db, user_id):
        pieces = _bytes(files, key)
        if pieces is not None:
            yield f"photos/{id}.{suffix}", pieces, False


def _json(db: Database, kept: Owned, user_id: UUID) -> Iterator[bytes]:
    table = table_of(kept.table)
    with db.reading() as session:
        yield from _array(every(session, table, kept.of(user_id)))


def _projects(db: Database, user_id: UUID) -> Iterator[bytes]:
    """Which projects one's visits are linked to."""
    table = table_of(VisitProject)
    own = select(Visit.id).where(Visit.owner_id == user_id)
    with db.reading() as session:
        yield from _array(every(session, table, VisitProject.visit_id.in_(own)))


def _array(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    begin = "[\n"
    for row in rows:
        yield (begin + json.dumps(row, ensure_ascii=False)).encode()
        begin = ",\n"
    yield b"[]\n" if begin == "[\n" else b"\n]\n"


def _photos(db: Database, user_id: UUID) -> list[tuple[UUID, str, str]]:
    """The photos whose bytes are here, withdrawn ones too: id, key, how the file's name ends."""
    query = select(Photo).where(Photo.owner_id == user_id, Photo.stored_at.is_not(None), Photo.purged_at.is_(None))
    with db.reading() as session:
        found = session.scalars(query.order_by(Photo.id))
        return [(one.id, one.evidence_key, SUFFIXES.get(one.detected or "", "bin")) for one in found]


def _bytes(files: Files, key: str) -> Iterable[bytes] | None:
    """The bytes of a key; None where it holds nothing (purged since)."""
    return files.pieces(key) if files.size(key) is not None else None


class _Pieces(io.RawIOBase):
    """What a zip writes into, and what is taken from it to be sent. It cannot go back, so nothing is kept."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def taken(self) -> Iterator[bytes]:
        waiting, self._waiting = self._waiting, []
        if waiting:
            yield b"".join(waiting)

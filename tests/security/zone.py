"""A zone in which everything stands once near ana and once far from her, and everybody who may ask for it."""

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from uuid import UUID

from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts import device_actions
from fieldapp.accounts.factor_models import Passkey
from fieldapp.accounts.models import Membership, Proposal, User
from fieldapp.accounts.policy import person_on
from fieldapp.compliance.models import Feedback, NoticeSeen
from fieldapp.core import login, tokens
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.models import Audit
from fieldapp.feed import link_actions
from fieldapp.issues.models import Issue
from fieldapp.photos.models import Photo, Upload, evidence_key
from fieldapp.projects.models import Contact, Enterprise, Project
from fieldapp.sheets.models import CHECKED, Workbook
from fieldapp.sync.models import Raw, Record, ReviewItem
from fieldapp.visits.models import FollowUp, StageSeen
from tests.cast import NOON, NOTICE, PASSWORD_HASH, Cast
from tests.conftest import SECRET
from tests.feed.story import Story, stood

NEAR, FAR = "near", "far"
# The letters: nobody, the owner, a team mate, an officer of another team, lead, desk, unit, the three powers.
# Three more ask: whose account has ended, who must first change the password, whose second factor is missing.
WHO = {
    "?": None,
    "o": "ana",
    "m": "bo",
    "f": "dan",
    "l": "lin",
    "d": "dee",
    "u": "uma",
    "a": "zoe",
    "s": "sia",
    "t": "abe",
}
ENDED, MUST, WEAK = "ended", "must", "weak"
Ids = dict[str, dict[str, object]]  # what an address names → near and far


def peopled(db: Database, cast: Cast) -> dict[str, UUID]:
    """Three more: somebody of ana's team who left yesterday, one with a given password, a second administrator."""
    with db.writing() as session:
        eve = _somebody(session, "eve", "officer", cast.first_team)
        eve.disabled_at = NOON - timedelta(days=1)
        max_ = _somebody(session, "max", "officer", cast.first_team)
        max_.must_change_password = True
        wei = _somebody(session, "wei", "admin", None)
        return {ENDED: eve.id, MUST: max_.id, WEAK: wei.id}


def _somebody(session: Session, username: str, role: str, team: UUID | None) -> User:
    user = User(id=new_id(), username=username, name=username, password_hash=PASSWORD_HASH, created_at=NOON)
    session.add(user)
    session.flush()
    session.add(Membership(user_id=user.id, role=role, team_id=team, starts_on=NOON.date() - timedelta(days=300)))
    session.add(NoticeSeen(user_id=user.id, version=NOTICE, at=NOON))
    return user


def furnished(db: Database, cast: Cast, files: Files) -> Ids:
    """Near: ana's visit, open to the whole zone, of a project of her team. Far: dan's sensitive one of his own."""
    story, ids = Story(db, cast), dict[str, dict[str, object]]()
    for place, name, more in ((NEAR, "ana", {}), (FAR, "dan", {"project": cast.reef, "sensitive": True})):
        hidden = bool(more)
        visit = story.logs(
            name, photos=1, issues=[{"sensitive": hidden}], position=stood(), stage="S09",
            next_step={"text": "回访", "on": "2026-11-27"}, **more,
        )  # fmt: skip
        for kind, id in _of_visit(db, files, story, visit, hidden=hidden).items():
            ids.setdefault(kind, {})[place] = id
        for kind, id in _of_person(db, cast, name, visit).items():
            ids.setdefault(kind, {})[place] = id
    for kind, both in _of_the_zone(db, cast).items():
        ids[kind] = dict(zip((NEAR, FAR), both, strict=False))
    return ids


def _of_visit(db: Database, files: Files, story: Story, visit: UUID, *, hidden: bool) -> dict[str, object]:
    picture = BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 90)).save(picture, "JPEG")
    with db.writing() as session:
        photo = session.get_one(Photo, story.photos[0])
        photo.sensitive, photo.detected = hidden, "JPEG"
        for key in (evidence_key(photo.sha256), photo.thumb_key, photo.display_key):
            files.put_bytes(key, picture.getvalue())
        return {
            "visit": visit, "photo": photo.id,
            "issue": session.scalars(select(Issue.id).where(Issue.visit_id == visit)).one(),
            "follow-up": session.scalars(select(FollowUp.id).where(FollowUp.visit_id == visit)).one(),
            "stage": session.scalars(select(StageSeen.id).where(StageSeen.visit_id == visit)).one(),
        }  # fmt: skip


def _of_person(db: Database, cast: Cast, name: str, visit: UUID) -> dict[str, object]:
    who, team = getattr(cast, name), cast.first_team if name == "ana" else cast.second_team
    with db.writing() as session:
        link, said = new_id(), Feedback(id=new_id(), kind="problem", text="打不开", user_id=who, said_at=NOON)
        link_actions.make(
            session, cast.person(session, name), link, tokens.token(SECRET, "link", link), "visit", visit, 7
        )
        key = Passkey(user_id=who, name="手机", credential_id=name.encode(), public_key=b"-", added_at=NOON)
        raw = Raw(
            record_id=visit, payload_sha256="ab" * 32, payload=b"{}", owner_id=who, sender_id=who, received_at=NOON
        )
        record = Record(id=visit, type="visit", owner_id=who, state="projected", received_at=NOON, changed_at=NOON)
        item = ReviewItem(kind="failed", key=name, record_id=visit, user_id=who, team_id=team, opened_at=NOON)
        part = Upload(
            owner_id=who, record_id=visit, photo_id=new_id(), sha256="cd" * 32, size=9, created_at=NOON,
            expires_at=NOON + timedelta(days=1),
        )  # fmt: skip
        session.add_all([said, key, raw, record, item, part])
        device = device_actions.open_one(session, who, how="password", browser="Firefox", own_device=True)
        session.flush()
        return {
            "link": link, "token": tokens.token(SECRET, "link", link), "feedback": said.id, "passkey": key.id,
            "record": visit, "review": item.id, "upload": part.id, "signed-in": device,
        }  # fmt: skip


def _of_the_zone(db: Database, cast: Cast) -> dict[str, tuple[object, ...]]:
    """Rows of registers and of people. Far: of a project in talks, or of a power."""
    with db.writing() as session:
        talks = Enterprise(id=new_id(), zone_id=cast.zone, name="远山食品有限公司")
        session.add(talks)
        session.flush()
        session.get_one(Project, cast.talk).enterprise_id = talks.id
        contacts = [
            Contact(enterprise_id=one, name="王经理", phone="13900000000") for one in (cast.enterprise, talks.id)
        ]
        session.add_all(contacts)
        proposals = [
            Proposal(
                user_id=who, role=role, team_id=team, starts_on=NOON.date(), proposed_by=cast.zoe, proposed_at=NOON
            )
            for who, role, team in ((cast.bo, "lead", cast.first_team), (cast.sia, "officer", cast.first_team))
        ]
        book = Workbook(name="园区.xlsx", sha256="ef" * 32, brought_by=cast.zoe, at=NOON, content=b"-", state=CHECKED)
        session.add_all([*proposals, book])
        session.flush()
        held = {one.user_id: one.id for one in session.scalars(select(Membership))}
        return {
            "project": (cast.sail, cast.talk), "enterprise": (cast.enterprise, talks.id),
            "contact": (contacts[0].id, contacts[1].id), "proposal": (proposals[0].id, proposals[1].id),
            "workbook": (book.id,), "user": (cast.ana, cast.sia), "membership": (held[cast.ana], held[cast.sia]),
            "audit": (session.scalars(select(Audit.id).limit(1)).one(),), "team": (cast.first_team,),
        }  # fmt: skip


@dataclass(frozen=True)
class Asker:
    """Somebody with a browser whose cookie never changes, whatever is answered."""

    letter: str
    cookie: str


def cookie_of(app: Flask, db: Database, id: UUID, *, strong: bool) -> str:
    """A session as the sign-in makes it, for the header."""
    with db.reading() as session:
        user = session.get_one(User, id)
        person, epoch = person_on(user, NOON.date()), user.session_epoch
    with app.test_request_context():
        login.begin(person, epoch, own_device=True, strong=strong)
        from flask import session as cookie

        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(dict(cookie))}"


def askers(app: Flask, db: Database, cast: Cast, more: dict[str, UUID]) -> list[Asker]:
    known = {letter: getattr(cast, name) if name else None for letter, name in WHO.items()} | dict(more)
    return [Asker(letter, cookie_of(app, db, id, strong=letter != WEAK) if id else "") for letter, id in known.items()]

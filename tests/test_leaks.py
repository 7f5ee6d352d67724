"""A marker is planted in everything that is not for everybody, and looked for in all that a stranger can fetch.

The URL map is walked as it is, with every id there is: a route that is added later is looked at by itself. Whoever may
read a marker must find it somewhere by the same walk, so that the looking is known to see.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import AnyConverter, Rule, UUIDConverter
from werkzeug.test import TestResponse

from fieldapp.compliance.models import Feedback
from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.limits import limiter
from fieldapp.issues.models import Issue
from fieldapp.photos.models import Photo, evidence_key
from fieldapp.projects.models import Contact, Enterprise, Project
from fieldapp.settings import Settings
from fieldapp.upkeep import doctor  # noqa: F401  (all models are known)
from fieldapp.visits.models import FollowUp, StageSeen, Visit
from tests.cast import NOON, Cast
from tests.feed.story import Story, stood
from tests.test_routes import mark

ClientOf = Callable[..., FlaskClient]
HEAD = "暗记"  # of every planted text: what a stranger types into a search; only the tail betrays
# What a walk must not do to itself, and what belongs to nobody.
LEFT_OUT = {"/logout", "/login", "/setup", "/s/<version>/<path:path>", "/settings/language", "/sw.js"}
# Queries that make an answer more than empty; without one a route is asked plainly.
QUERIES = {
    "/map/cells.json": ["bbox=30,110,45,125&z=5&period=30d", "bbox=36,119,38,121&z=16&period=30d"],
    "/map/projects.json": ["bbox=30,110,45,125&z=12"],
    "/today/text": ["", "days=7", "days=7&team=1"],
    "/api/v1/projects/<uuid:id>/together": [f"at={NOON:%Y-%m-%dT%H:%M}%2B00:00"],
}
EVERYWHERE = ["", f"q={HEAD}&find={HEAD}", "q=7788&find=7788"]


@dataclass
class Planted:
    """What stands where, and for whom it is not."""

    markers: dict[str, str] = field(default_factory=dict)  # name -> the tail that betrays it
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def text(self, name: str) -> str:
        self.markers[name] = f"zq{next(self.numbers):02d}xj"
        return HEAD + self.markers[name]

    def bytes(self, name: str) -> bytes:
        return self.text(name).encode()


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON + timedelta(hours=2)):
        yield


@pytest.fixture
def planted(db: Database, cast: Cast, settings: Settings) -> Planted:
    """Everything that somebody may not read, in every field that takes a word."""
    marks, story = Planted(), Story(db, cast)
    _plant_talk(db, cast, marks)
    _plant_visits(db, cast, story, marks, Files(settings.files))
    _plant_issues(db, cast, story, marks)
    _plant_feedback(db, cast, marks)
    return marks


def _plant_talk(db: Database, cast: Cast, marks: Planted) -> None:
    """The project in talks, with an enterprise of its own; and a telephone number that is not for everybody."""
    with db.writing() as session:
        other = Enterprise(id=new_id(), zone_id=cast.zone, name=marks.text("talk enterprise"), initials="zzqy")
        session.add(other)
        session.flush()
        talk = session.get_one(Project, cast.talk)
        talk.enterprise_id, talk.name, talk.initials = other.id, marks.text("talk project"), "zzxm"
        marks.markers["phone"], marks.markers["talk phone"] = "13912347788", "13912357788"
        served = Enterprise(id=new_id(), zone_id=cast.zone, name="只有一队挂点的企业")
        session.add(served)
        session.flush()
        session.get_one(Project, cast.sail).enterprise_id = served.id
        session.add(Contact(enterprise_id=served.id, name="王经理", phone="13912347788"))
        session.add(Contact(enterprise_id=other.id, name=marks.text("talk contact"), phone="13912357788"))


def _plant_visits(db: Database, cast: Cast, story: Story, marks: Planted, files: Files) -> None:
    whole = {
        name: marks.text(f"sensitive {name}")
        for name in ("content", "progress", "needs", "problems", "answers")
    }  # fmt: skip
    secret = story.logs(
        "ana", sensitive=True, photos=1, position=stood(), **whole, met=[{"name": marks.text("sensitive met")}],
        outside=[{"unit": marks.text("sensitive outside")}], policy_items=[marks.text("sensitive policy")],
        next_step={"text": marks.text("sensitive next step")}, stage="S09", milestones=[{"node": "topping_out"}],
        asked=[{"text": marks.text("sensitive question"), "answer": marks.text("sensitive answer")}],
        typed_project=marks.text("sensitive typed project"),
    )  # fmt: skip
    _bytes(db, files, story.photos[0], marks, "photo of a sensitive visit")
    story.says("ana", secret, "addition", text=marks.text("sensitive addition"))
    became = story.logs("ana", content=marks.text("what became sensitive, before"))
    story.says("ana", became, "correction", fields={"content": marks.text("what became sensitive"), "sensitive": True})
    plain = story.logs("ana", photos=1, content="人人可见")
    _bytes(db, files, story.photos[0], marks, "sensitive photo")
    with db.writing() as session:
        photo = session.get_one(Photo, story.photos[0])
        photo.sensitive, photo.caption, photo.viewpoint = True, marks.text("sensitive caption"), marks.text("viewpoint")
    gone = story.logs("ana", photos=1, content=marks.text("withdrawn"), position=stood())
    _bytes(db, files, story.photos[0], marks, "photo of a withdrawn visit")
    story.says("ana", gone, "withdrawal", reason=marks.text("withdrawal's reason"))
    back = story.logs("ana", photos=1, content="一张撤下的照片")
    _bytes(db, files, story.photos[0], marks, "photo taken back")
    story.says("ana", back, "photo_withdrawn", photo=story.photos[0], reason="拍错了")
    story.logs("ana", project=cast.talk, content=marks.text("visit to the talk"), photos=1, position=stood())
    _bytes(db, files, story.photos[0], marks, "photo of the talk")
    # What dan is asked to do he reads; of which project in talks it comes he does not.
    story.logs("ana", project=cast.talk, content="谈", next_step={"text": "请丹青转告", "by": cast.dan})
    moved = story.logs("ana", content=marks.text("moved to the talk"), issues=[{"title": marks.text("moved issue")}])
    story.says("ana", moved, "move", project=cast.talk)
    away = story.logs("ana", project=cast.talk, content="原为洽谈项目")
    story.says("ana", away, "move", project=cast.sail)  # whose original names the talk
    story.logs("ana", project=None, typed_project=marks.text("unfiled typed"), content=marks.text("unfiled"),
               issues=[{"title": marks.text("unfiled issue")}])  # fmt: skip
    with db.reading() as session:
        at_talk = session.get_one(Project, cast.talk).enterprise_id
    story.logs("ana", project=None, enterprises=[at_talk], content=marks.text("at the talk's enterprise"))
    story.says("bo", plain, "addition", text="人人可见")


def _bytes(db: Database, files: Files, photo: UUID, marks: Planted, name: str) -> None:
    """Its files hold the marker itself; the evidence is named by what it is."""
    data = marks.bytes(name)
    with db.writing() as session:
        row = session.get_one(Photo, photo)
        row.sha256, row.size, row.detected = sha256(data).hexdigest(), len(data), "JPEG"
    for key in (evidence_key(sha256(data).hexdigest()), f"thumb/{photo}.jpg", f"display/{photo}.jpg"):
        files.put_bytes(key, data)


def _plant_feedback(db: Database, cast: Cast, marks: Planted) -> None:
    with db.writing() as session:
        for name, by in (("feedback", cast.ana), ("anonymous feedback", None)):
            session.add(
                Feedback(id=new_id(), kind="complaint", text=marks.text(name), user_id=by, said_at=NOON,
                         number=name[:20], answer=marks.text(f"{name}'s answer"), answered_at=NOON,
                         answered_by=cast.zoe, code_sha256=None if by else "0" * 64)
            )  # fmt: skip


def _plant_issues(db: Database, cast: Cast, story: Story, marks: Planted) -> None:
    said = {"title": marks.text("issue title"), "text": marks.text("issue text"), "place": marks.text("issue place"),
            "raised_by": marks.text("issue raised by")}  # fmt: skip
    visit = story.logs("ana", content="人人可见的走访", issues=[{"sensitive": True, **said}])
    story.event("ana", story.issue_of(visit), "progress", text=marks.text("issue progress"))
    beside = story.logs("ana", content="人人可见的走访", issues=[{"title": marks.text("withdrawn issue")}])
    story.event("ana", story.issue_of(beside), "withdrawn", reason=marks.text("why withdrawn"))


# -- the walk ------------------------------------------------------------------------------------------------------


MEANT = (
    Visit,
    Issue,
    Photo,
    Project,
    Enterprise,
    Contact,
    FollowUp,
    StageSeen,
    Feedback,
)  # what an address can name; the rest is beneath


def every_id(db: Database) -> list[list[UUID]]:
    """By what they are ids of."""
    with db.reading() as session:
        return [list(session.scalars(select(model.id).order_by(model.id))) for model in MEANT]


Sorts = tuple[int, ...]  # of the ids in an address


def addresses(
    app: Flask, rule: Rule, ids: list[list[UUID]], answered: set[tuple[str, Sorts]] | None = None
) -> Iterator[tuple[str, Sorts]]:
    """With every id, and of which sorts they are. Of a sort that has never `answered` there two are enough; of an
    address that takes several ids as well, and of sorts that have never answered there together one."""
    several = sum(isinstance(one, UUIDConverter) for one in rule._converters.values()) > 1
    choices: list[list[tuple[object, int]]] = []
    for name in sorted(rule.arguments):
        converter = rule._converters[name]
        if isinstance(converter, UUIDConverter):
            all_of = [answered is None or (rule.rule, (sort,)) in answered for sort in range(len(ids))]
            choices.append([(id, sort) for sort, some in enumerate(ids)
                            for id in (some if all_of[sort] and not several else some[:2])])  # fmt: skip
        else:
            choices.append(
                [(one, -1) for one in (sorted(converter.items) if isinstance(converter, AnyConverter) else "x")]
            )
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        tried: set[Sorts] = set()
        for chosen in itertools.product(*choices):
            sorts = tuple(sort for _value, sort in chosen if sort >= 0)
            if several and answered is not None and (rule.rule, sorts) not in answered and sorts in tried:
                continue
            tried.add(sorts)
            values = dict(zip(sorted(rule.arguments), (value for value, _sort in chosen), strict=True))
            yield adapter.build(rule.endpoint, values), sorts


def queries_of(rule: Rule) -> list[str]:
    return QUERIES.get(rule.rule, [""] if rule.arguments and "places" not in rule.rule else EVERYWHERE)


@dataclass
class Walk:
    """One person looks everywhere."""

    app: Flask
    ids: list[list[UUID]]
    marks: Planted
    client: FlaskClient
    found: dict[str, str] = field(default_factory=dict)  # each marker, and where first
    answered: set[tuple[str, Sorts]] = field(default_factory=set)  # (route, sorts of ids) that is not just not found

    def go(self, like: "Walk | None" = None, *, posts: bool = False) -> "Walk":
        """`like`: of what never answered that one, who may see the most, two ids are tried."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda one: one.rule):
            if rule.rule in LEFT_OUT or mark(self.app, rule) is None:
                continue
            methods = rule.methods or set()
            for address, sorts in addresses(self.app, rule, self.ids, like.answered if like else None):
                if "GET" in methods:
                    self._read(rule, address, sorts)
                elif posts and "POST" in methods:
                    self._look(f"POST {address}", self.client.post(address, data={"id": str(new_id())}))
            if rule.rule == "/api/v1/reference":
                self._load()
        return self

    def _read(self, rule: Rule, address: str, sorts: Sorts) -> None:
        for query in queries_of(rule):
            answer = self.client.get(f"{address}?{query}")
            self._look(f"GET {address}?{query}", answer)
            if answer.status_code != 404:
                self.answered.add((rule.rule, sorts))

    def _load(self) -> None:
        """All that a phone loads, page after page."""
        part = "first"
        while part:
            answer = self.client.get(f"/api/v1/reference?part={part}" if part != "first" else "/api/v1/reference")
            self._look("GET /api/v1/reference", answer)
            part = (answer.get_json(silent=True) or {}).get("next") or ""

    def _look(self, where: str, answer: TestResponse) -> None:
        body = answer.data + repr(list(answer.headers)).encode()
        for name, tail in self.marks.markers.items():
            if name not in self.found and tail.encode() in body:
                self.found[name] = where


TO_TEAM = {"talk enterprise", "talk project", "talk phone", "talk contact", "visit to the talk", "photo of the talk",
           "moved to the talk", "moved issue", "unfiled typed", "unfiled", "unfiled issue", "at the talk's enterprise",
           "phone"}  # fmt: skip
DESK_TOO = TO_TEAM - {"talk phone", "phone"}
FEEDBACK = {"feedback", "feedback's answer", "anonymous feedback", "anonymous feedback's answer"}
ISSUES_OF_THE_DESK = {"issue title", "issue text", "issue place", "issue raised by", "issue progress"}


KEEPS = {"talk enterprise", "talk project", "talk contact"}  # what the administrator's registers are made of


MAY: dict[str | None, set[str]] = {
    "dan": set(), "bo": TO_TEAM, "uma": set(),
    "zoe": KEEPS | {"photo taken back"} | FEEDBACK, "dee": DESK_TOO | ISSUES_OF_THE_DESK,
    "sia": set(), "abe": {"withdrawal's reason"}, None: set(),
}  # fmt: skip


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)  # half a minute of CPU; each rule is tested on both
def test_what_is_not_for_everybody_is_found_by_those_it_is_for_and_by_nobody_else(
    app: Flask, db: Database, planted: Planted, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "enabled", False)  # whoever is told to come later has seen nothing
    ids = every_id(db)
    ana = Walk(app, ids, planted, client_of("ana")).go()
    unseen = set(planted.markers) - set(ana.found)  # some words stand on no page, not even for their author
    anonymous = {name for name in FEEDBACK if name.startswith("anonymous")}
    assert unseen <= {"viewpoint", "why withdrawn", "sensitive typed project"} | anonymous, sorted(unseen)
    leaks = {}
    for name, may in MAY.items():
        walk = Walk(app, ids, planted, client_of(name)).go(like=ana, posts=name == "dan")
        leaks |= {(name, marker): where for marker, where in walk.found.items() if marker not in may}
    assert leaks == {}

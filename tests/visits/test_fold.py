"""The fold of supplements: those that say nothing of the same come to the same record, whichever was first; a newer
revision laid under them changes nothing of that; and what ends a visit ends it for good."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from fieldapp.core.db import Database, new_id
from fieldapp.core.payload import Arrival, Times
from fieldapp.feed.actions import log_visit, supplement_visit
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import Photo, PhotoUse
from fieldapp.visits import queries
from fieldapp.visits.body import SupplementBody, VisitBody
from fieldapp.visits.columns import SEALED
from fieldapp.visits.models import FollowUp, Supplement, Visit
from tests.cast import NOON, Cast
from tests.visits.conftest import Log, Say

Load = Callable[[UUID], Visit]
WORDS = st.sampled_from(["一层", "二层封顶", "三层", ""])
# Each of these says something of its own; several at once are independent.
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "content": WORDS,
    "progress": WORDS,
    "progress_percent": st.none() | st.integers(0, 100),
    "kind": st.sampled_from(["site_inspection", "phone_follow_up"]),
    "met": st.lists(st.fixed_dictionaries({"name": st.sampled_from(["周明", "陈一"])}), max_size=2),
    "next_step": st.none() | st.fixed_dictionaries({"text": st.sampled_from(["复看", "送政策"])}),
    "sensitive": st.booleans(),
    "occurred_at": st.integers(1, 90).map(lambda hours: (NOON - timedelta(hours=hours)).isoformat()),
    "position": st.fixed_dictionaries({"lat": st.floats(36, 38), "lng": st.floats(119, 121), "source": st.just("gps")}),
}
WIDE = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@st.composite
def said_later(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Independent supplements, in some order: the fields of a visit are parted among corrections, at most one move and
    one photo taken back, additions, withdrawals."""
    names = draw(st.lists(st.sampled_from(sorted(PARTS)), unique=True, max_size=5))
    said: list[tuple[str, dict[str, Any]]] = [("correction", {"fields": {n: draw(PARTS[n])}}) for n in names]
    if draw(st.booleans()):
        said.append(("move", {"to": draw(st.sampled_from(["reef", "talk", "sail"]))}))
    if draw(st.booleans()):
        said.append(("photo_withdrawn", {"reason": "twice"}))
    said += [("addition", {"text": "x"})] * draw(st.integers(0, 2))
    said += [("withdrawal", {"reason": "y"})] * draw(st.integers(0, 2))
    return draw(st.permutations(said))


def tell(db: Database, cast: Cast, visit: UUID, photo: UUID, said: list[tuple[str, dict[str, Any]]]) -> None:
    for type, body in said:
        body = dict(body)
        if type == "move":
            body["project"] = getattr(cast, body.pop("to"))
        if type == "photo_withdrawn":
            body["photo"] = photo
        with db.writing() as session:
            supplement_visit(
                session, cast.person(session, "ana"), Arrival(new_id(), Times(NOON, NOON, NOON)),
                SupplementBody.model_validate({"visit": visit, "type": type, **body}), zone_readable=True,
            )  # fmt: skip


def begin(db: Database, cast: Cast, id: UUID, claim: PhotoClaim, *, rev: int = 1) -> None:
    body = VisitBody.model_validate(
        {"kind": "site_inspection", "project": cast.sail, "content": "看了", "next_step": {"text": "再来"},
         "position": {"lat": 37.1, "lng": 119.9, "source": "gps"}}
    )  # fmt: skip
    with db.writing() as session:
        log_visit(
            session, cast.person(session, "ana"), Arrival(id, Times(NOON, NOON, NOON), rev=rev), body, claims=[claim],
            zone_readable=True, fresh=rev == 1,
        )  # fmt: skip


def record(db: Database, id: UUID) -> dict[str, Any]:
    """All that anyone reads of a visit, its ids and the moment of its withdrawal left out."""
    columns = [name for name in SEALED if name not in ("rev", "payload_sha256")]
    with db.reading() as session:
        visit = session.scalars(select(Visit).where(Visit.id == id).options(*queries.LINKS)).one()
        todo = session.scalars(select(FollowUp).where(FollowUp.visit_id == id)).all()
        shown = session.execute(
            select(Photo.state, PhotoUse.sensitive).join(PhotoUse, PhotoUse.photo_id == Photo.id)
            .where(PhotoUse.user_id == id)
        ).all()  # fmt: skip
        return {
            **{name: getattr(visit, name) for name in columns},
            "withdrawn": visit.withdrawn_at is not None,
            "projects": [link.project_id for link in visit.projects],
            "follow_ups": [(one.text, one.due_on, one.project_id, one.owner_id) for one in todo],
            "photos": [tuple(row) for row in shown],
        }


@WIDE
@given(said=said_later(), random=st.randoms(use_true_random=False))
def test_any_order_of_independent_supplements_gives_the_same_record(
    db: Database, cast: Cast, said: list[tuple[str, dict[str, Any]]], random: Any
) -> None:
    records = []
    for turn in (said, random.sample(said, len(said))):
        id, claim = new_id(), PhotoClaim(id=new_id(), sha256=f"{new_id().int:064x}", size=5)
        begin(db, cast, id, claim)
        tell(db, cast, id, claim.id, turn)
        records.append(record(db, id))
    assert records[0] == records[1]


@WIDE
@given(said=said_later())
def test_a_newer_revision_lies_under_what_was_said_later(
    db: Database, cast: Cast, said: list[tuple[str, dict[str, Any]]]
) -> None:
    id, claim = new_id(), PhotoClaim(id=new_id(), sha256=f"{new_id().int:064x}", size=5)
    begin(db, cast, id, claim)
    tell(db, cast, id, claim.id, said)
    before = record(db, id)
    begin(db, cast, id, claim, rev=2)
    assert record(db, id) == before


def test_a_revision_passes_over_a_correction_of_which_nothing_is_left(db: Database, cast: Cast, say: Say) -> None:
    id, claim = new_id(), PhotoClaim(id=new_id(), sha256=f"{new_id().int:064x}", size=5)
    begin(db, cast, id, claim)
    say(id, "correction", fields={"position": {"lat": 37.2, "lng": 119.8}})
    with db.writing() as session:  # as keeping.jobs lets positions go
        one = session.scalars(select(Supplement).where(Supplement.visit_id == id)).one()
        one.body = {**one.body, "fields": {}}
    begin(db, cast, id, claim, rev=2)
    with db.reading() as session:
        assert session.get_one(Visit, id).rev == 2


def todo(db: Database, visit: UUID) -> list[tuple[str, date | None]]:
    with db.reading() as session:
        return [(one.text, one.due_on) for one in session.scalars(select(FollowUp).where(FollowUp.visit_id == visit))]


def test_what_comes_after_a_withdrawal_is_read_by_two_and_brings_nothing_back(
    db: Database, cast: Cast, log: Log, say: Say, load: Load
) -> None:
    id = log(cast.sail, content="一层", next_step={"text": "复看"})
    assert todo(db, id) == [("复看", None)]
    say(id, "withdrawal", reason="登记重复")
    say(id, "correction", fields={"content": "二层", "next_step": {"text": "再看"}})
    say(id, "move", project=cast.reef)
    say(id, "void", by="lin", reason="重复")
    visit = load(id)
    assert (visit.content, visit.withdrawn_at) == ("二层", NOON), "the first withdrawal is the one that counts"
    assert todo(db, id) == []
    assert say(id, "addition", by="bo", text="x") is None, "for others it is not there"
    assert say(id, "addition", text="x") is not None
    assert load(id).withdrawn_at == NOON
    with db.reading() as session:
        from fieldapp.projects.models import Project

        assert {session.get_one(Project, one).last_contact_at for one in (cast.sail, cast.reef)} == {None}


def test_a_follow_up_goes_where_its_next_step_goes(db: Database, cast: Cast, log: Log, say: Say) -> None:
    id = log(cast.sail, next_step={"text": "复看", "on": "2026-12-01"})
    say(id, "correction", fields={"next_step": {"text": "复看", "on": "2026-12-03"}})
    assert todo(db, id) == [("复看", date(2026, 12, 3))]
    say(id, "correction", fields={"next_step": None})
    assert todo(db, id) == []
    say(id, "correction", fields={"next_step": {"text": "送政策"}})
    assert todo(db, id) == [("送政策", None)]


def test_of_two_that_say_the_same_field_the_later_accepted_counts_also_after_a_revision(
    db: Database, cast: Cast, load: Load, say: Say
) -> None:
    id, claim = new_id(), PhotoClaim(id=new_id(), sha256="0" * 64, size=5)
    begin(db, cast, id, claim)
    for word in ("一", "二", "三"):  # all of one moment: what came in one bundle over a bad network
        say(id, "correction", fields={"content": word})
    begin(db, cast, id, claim, rev=2)
    assert load(id).content == "三"


def test_what_a_visit_is_linked_to_already_it_may_keep_when_it_moves(
    db: Database, cast: Cast, log: Log, say: Say
) -> None:
    """The further project is before signing by now, and its author's no more: it does not hold up the main one."""
    id = log(cast.sail, projects=[cast.reef])
    with db.writing() as session:
        from fieldapp.projects.models import Project

        session.get_one(Project, cast.reef).stage = "S00"
    say(id, "move", project=cast.talk, projects=[cast.reef])
    with db.reading() as session:
        visit = session.scalars(select(Visit).where(Visit.id == id).options(*queries.LINKS)).one()
        assert [link.project_id for link in visit.projects] == [cast.talk, cast.reef]

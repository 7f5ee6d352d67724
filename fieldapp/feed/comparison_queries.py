"""Photos of a project that belong side by side: the same viewpoint again and again, and before and after a fix."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.issues import policy as issues_policy
from fieldapp.issues.models import Issue, IssueProject
from fieldapp.photos import policy as photos_policy
from fieldapp.photos.models import STORED, Photo, PhotoUse
from fieldapp.timeline.models import Entry

VISITS_LOOKED_THROUGH = 400  # the newest; older pictures are on their visits' pages
MOST = 12  # comparisons on a page
PICTURES = 24  # of one viewpoint
BEFORE, AFTER = "before", "after"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Comparison:
    """Two or more photos that show one thing at different times, oldest first."""

    kind: str  # viewpoint, fix
    name: str  # of the viewpoint, or of the issue
    photos: Sequence[Photo]
    issue_id: UUID | None = None


@dataclass(frozen=True)
class _Shown:
    """A photo where it is shown: in a visit, or in an issue."""

    where: str
    id: UUID
    photo: Photo


def comparisons(session: Session, person: Person, project_id: UUID, *, zone_readable: bool) -> list[Comparison]:
    """What this person may see of it, the newest on top; a fixed number of statements."""
    issues = _issues(session, person, project_id, zone_readable)
    shown = _photos(session, person, project_id, issues)
    found = [*_fixes(shown, issues), *_viewpoints(one.photo for one in shown)]
    return sorted(found, key=lambda one: _when(one.photos[-1]), reverse=True)[:MOST]


def viewpoints(session: Session, person: Person, project_id: UUID) -> dict[str, Photo]:
    """The last picture of each viewpoint that this person may see: what the camera lays over its view."""
    found = sorted((one.photo for one in _photos(session, person, project_id, ()) if one.photo.viewpoint), key=_when)
    return {photo.viewpoint: photo for photo in found}


def _issues(session: Session, person: Person, project_id: UUID, zone_readable: bool) -> dict[UUID, str]:
    query = select(Issue.id, Issue.title).join(IssueProject, IssueProject.issue_id == Issue.id)
    query = query.where(IssueProject.project_id == project_id)
    return dict(session.execute(query.where(issues_policy.readable(person, zone_readable=zone_readable))).all())


def _photos(session: Session, person: Person, project_id: UUID, issues: Iterable[UUID]) -> list[_Shown]:
    newest = (
        select(Entry.ref)
        .where(Entry.project_id == project_id, Entry.kind == "visit", Entry.left_at.is_(None))
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
        .limit(VISITS_LOOKED_THROUGH)
    )
    used = or_(
        and_(PhotoUse.user_type == "visit", PhotoUse.user_id.in_(newest)),
        and_(PhotoUse.user_type == "issue", PhotoUse.user_id.in_(list(issues))),
    )
    query = (
        select(PhotoUse.user_type, PhotoUse.user_id, Photo)
        .join(Photo, Photo.id == PhotoUse.photo_id)
        .where(used, Photo.state == STORED, Photo.derivative == "made")
        .where(or_(Photo.viewpoint != "", Photo.role.in_((BEFORE, AFTER))))
    )
    found = [_Shown(*row) for row in session.execute(query)]
    seen = photos_policy.visible(session, person, {one.photo.id: one.photo for one in found}.values())
    return [one for one in found if one.photo.id in seen]


def _when(photo: Photo) -> datetime:
    return photo.taken_at or photo.stored_at or LONG_AGO


def _fixes(shown: Sequence[_Shown], issues: dict[UUID, str]) -> Iterator[Comparison]:
    """Before and after of an issue; of a visit, where the pictures belong to no issue."""
    told: set[UUID] = set()
    for where in ("issue", "visit"):
        places: dict[UUID, list[Photo]] = defaultdict(list)
        for one in shown:
            if one.where == where and one.photo.role in (BEFORE, AFTER) and one.photo.id not in told:
                places[one.id].append(one.photo)
        for id, photos in places.items():
            before = sorted((photo for photo in photos if photo.role == BEFORE), key=_when)
            after = sorted((photo for photo in photos if photo.role == AFTER), key=_when)
            if before and after:
                told |= {photo.id for photo in photos}
                of_issue = id if where == "issue" else None
                yield Comparison("fix", issues.get(id, ""), [before[0], after[-1]], of_issue)


def _viewpoints(photos: Iterable[Photo]) -> Iterator[Comparison]:
    named: dict[str, dict[UUID, Photo]] = defaultdict(dict)
    for photo in photos:
        if photo.viewpoint:
            named[photo.viewpoint][photo.id] = photo
    for name, some in named.items():
        if len(some) > 1:
            yield Comparison("viewpoint", name, sorted(some.values(), key=_when)[-PICTURES:])

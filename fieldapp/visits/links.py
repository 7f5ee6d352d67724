"""What a visit is linked to, and on whose timelines it shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core.db import table_of
from fieldapp.core.fixed import Fixed
from fieldapp.core.payload import CannotPlace
from fieldapp.projects import enterprise_queries
from fieldapp.projects import policy as projects_policy
from fieldapp.projects.models import Project
from fieldapp.timeline import actions as timeline
from fieldapp.visits.models import Visit, VisitEnterprise, VisitProject

PLACED, UNFILED = "placed", "unfiled"

_INSERT_LINK = Fixed(insert(table_of(VisitProject)), columns=("visit_id", "project_id", "main", "order"))


@dataclass(frozen=True)
class Linked:
    """A project, as far as a visit to it needs to know."""

    id: UUID
    enterprise_id: UUID
    stage: str
    lat: float | None
    lng: float | None


_LINKED = Fixed(
    select(Project.id, Project.enterprise_id, Project.stage, Project.lat, Project.lng).where(
        Project.id == bindparam("project")
    )
)


@dataclass(frozen=True)
class Links:
    """What a visit is linked to: the main project first. The enterprises are those apart from the projects'."""

    projects: tuple[Linked, ...] = ()
    enterprises: tuple[UUID, ...] = ()

    @property
    def main(self) -> Linked | None:
        return self.projects[0] if self.projects else None

    @property
    def state(self) -> str:
        return PLACED if self.projects or self.enterprises else UNFILED

    @property
    def project_ids(self) -> list[UUID]:
        return [project.id for project in self.projects]

    @property
    def all_enterprises(self) -> list[UUID]:
        """On whose timelines the visit shows."""
        return list(dict.fromkeys([*(project.enterprise_id for project in self.projects), *self.enterprises]))


def links_of(
    session: Session, person: Person, projects: Sequence[UUID], enterprises: Sequence[UUID], *, zone_readable: bool
) -> Links:
    """These links, if the person may log against each project. Raises CannotPlace: unknown and forbidden read alike."""
    wanted = list(dict.fromkeys(projects))
    found = linked(session, wanted)
    if wanted:
        if not all(id in found for id in wanted):
            raise CannotPlace("no-such-project")
        asked = [id for id in wanted if not projects_policy.plainly_visible(person, found[id], zone_readable)]
        seen = _visible_among(session, person, asked, zone_readable) if asked else set()
        for id in wanted:
            if not projects_policy.may_log(person, found[id], is_visible=id in seen or id not in asked):
                raise CannotPlace("no-such-project")
    known = enterprise_queries.standing(session, enterprises)
    stand = dict.fromkeys(known[id] for id in enterprises if id in known)
    return Links(tuple(found[id] for id in wanted), tuple(stand))


def linked(session: Session, ids: Sequence[UUID]) -> dict[UUID, Linked]:
    """Those of these projects that are here."""
    rows = (_LINKED.first(session, project=id) for id in ids)
    return {row.id: Linked(*row) for row in rows if row is not None}


def _visible_among(session: Session, person: Person, ids: Sequence[UUID], zone_readable: bool) -> set[UUID]:
    seen = projects_policy.visible(person, zone_readable=zone_readable)
    return set(session.scalars(select(Project.id).where(Project.id.in_(ids), seen)))


def link(session: Session, id: UUID, links: Links) -> None:
    """Write the rows of these links."""
    _INSERT_LINK.run_each(
        session,
        (
            {"visit_id": id, "project_id": project_id, "main": order == 0, "order": order}
            for order, project_id in enumerate(links.project_ids)
        ),
    )
    if links.enterprises:
        rows = [{"visit_id": id, "enterprise_id": enterprise} for enterprise in links.enterprises]
        session.connection().execute(insert(table_of(VisitEnterprise)), rows)


def linked_projects(visit: Visit) -> list[UUID]:
    """Ids of the projects that a visit is linked to at present, the main one first."""
    return [link.project_id for link in visit.projects]


def now_linked(session: Session, visit: Visit) -> Links:
    """The links that a visit has at present, after its supplements."""
    found = linked(session, linked_projects(visit))
    return Links(
        tuple(found[link.project_id] for link in visit.projects),
        tuple(link.enterprise_id for link in visit.enterprises),
    )


def show(
    session: Session, id: UUID, actor: UUID, occurred_at: datetime, received_at: datetime, kind: str, links: Links
) -> None:
    """Put a visit on the timelines of its links; where it stands already nothing happens."""
    timeline.append(
        session,
        projects=links.project_ids,
        enterprises=links.all_enterprises,
        occurred_at=occurred_at,
        received_at=received_at,
        kind="visit",
        subkind=kind,
        actor_id=actor,
        ref=id,
    )

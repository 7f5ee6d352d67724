"""Projects that were archived while phones held records for them: archived they are, and what came later is there."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fleet.check import Findings


def check_archived(found: "Findings", rows: Callable[..., Iterable[Any]], archived: Iterable[str]) -> None:
    """That each visit stands on its timelines is looked at for all projects alike (check.py)."""
    closed = {row.id: row.archived_at for row in rows("project", "id", "archived_at")}
    received = {row.id: row.received_at for row in rows("visit", "id", "received_at")}
    late = {
        link.project_id
        for link in rows("visit_project", "visit_id", "project_id")
        if closed.get(link.project_id) is not None and received[link.visit_id] > closed[link.project_id]
    }
    archived = set(archived)
    for id in archived:
        found.must("wrong", closed.get(id) is not None, f"project {id} is not archived")
        found.must("lost", id in late, f"nothing that came for the archived project {id} is here")
    for id, at in closed.items():
        found.must("foreign", at is None or id in archived, f"project {id} was archived by nobody")
    found.figures["archived projects"] = len(archived)

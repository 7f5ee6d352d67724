"""What the phones of a fleet say that the server must hold: drawn from their outboxes alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fleet.outbox import Item, Shot, Version
from tests.fleet.phone import Phone

LOGGED = ("placed", "unfiled")


@dataclass
class Links:
    """On which timelines something shows."""

    projects: list[str]
    enterprises: list[str]

    def lines(self) -> set[tuple[str, str]]:
        return {("project", id) for id in self.projects} | {("enterprise", id) for id in self.enterprises}


@dataclass
class Event:
    id: str
    issue: str
    type: str
    author: str
    carrier: Item
    applied: bool


@dataclass
class Told:
    items: dict[str, list[Item]] = field(default_factory=dict)  # by record id; twins are two
    versions: dict[tuple[str, str], tuple[Item, Version]] = field(default_factory=dict)
    shots: dict[str, tuple[Item, Shot]] = field(default_factory=dict)  # of what each record says last
    former_shots: dict[str, Item] = field(default_factory=dict)  # that only earlier revisions list
    visits: dict[str, Item] = field(default_factory=dict)
    supplements: dict[str, Item] = field(default_factory=dict)
    links: dict[str, Links] = field(default_factory=dict)  # of visits, after what was said later
    issues: dict[str, Event] = field(default_factory=dict)  # by issue id: the event that opened it
    events: dict[str, Event] = field(default_factory=dict)
    former_events: dict[str, dict[str, Any]] = field(default_factory=dict)
    reviews: set[tuple[str, str]] = field(default_factory=set)  # (kind, id of the record, photo or device)
    gaps: set[tuple[str, str, int]] = field(default_factory=set)  # device, user, seq

    @property
    def handed_in(self) -> set[str]:
        return {id for id, items in self.items.items() if any(item.handed_in for item in items)}


def told_by(phones: Iterable[Phone], enterprise_of: Mapping[str, str]) -> Told:
    told = Told()
    for phone in phones:
        told.gaps |= {(phone.device, phone.owner.id, seq) for seq in phone.lost_seqs}
        for item in phone.items:
            _take(told, item)
    for id, items in told.items.items():
        item = items[0]
        if item.type == "visit" and item.becomes in LOGGED:
            told.visits[id] = item
            told.links[id] = _links(item.body, enterprise_of)
    for id, items in told.items.items():
        item = items[0]
        if item.type == "supplement" and item.becomes == "placed" and item.body["visit"] in told.visits:
            told.supplements[id] = item
    for item in told.supplements.values():
        if item.body["type"] == "move":
            told.links[item.body["visit"]] = _links(item.body, enterprise_of)
    for items in told.items.values():
        _take_events(told, items[0])
    for phone in phones:
        if phone.replaced:
            told.reviews.add(("replaced_device", phone.device))
        if phone.lost_seqs:
            told.reviews.add(("device_gap", phone.device))
    return told


def _take(told: Told, item: Item) -> None:
    told.items.setdefault(item.id, []).append(item)
    for version in item.versions:
        told.versions[item.id, version.sha256] = (item, version)
    told.reviews |= {(kind, item.id) for kind in item.reviews}
    for shot in item.shots:
        told.shots[shot.id] = (item, shot)
        if shot.becomes == "unreadable":
            told.reviews.add(("unreadable_photo", shot.id))
        elif shot.becomes == "refused":
            told.reviews.add(("refused_photo", shot.id))
        elif shot.becomes == "withdrawn":
            told.reviews.add(("lost_photo" if shot.reason == "lost" else "withdrawn_photo", shot.id))
    for shot in item.former:
        told.former_shots[shot.id] = item
    for event in item.former_events:
        told.former_events[event["id"]] = event


def _links(body: Mapping[str, Any], enterprise_of: Mapping[str, str]) -> Links:
    projects = list(dict.fromkeys([*([body["project"]] if body.get("project") else []), *body.get("projects", ())]))
    enterprises = [*(enterprise_of[id] for id in projects), *body.get("enterprises", ())]
    return Links(projects, list(dict.fromkeys(enterprises)))


def _take_events(told: Told, item: Item) -> None:
    if item.type == "visit" and item.becomes in LOGGED:
        said = [(event, event["id"] not in item.not_applied) for event in item.body.get("issue_events", ())]
    elif item.type == "issue_event" and item.becomes in ("placed", "not_applied"):
        said = [(item.body, item.becomes == "placed")]
    else:
        return
    for event, applied in said:
        one = Event(event["id"], event["issue"], event["type"], item.author, item, applied)
        told.events[event["id"]] = one
        if event["type"] == "opened" and one.applied:
            told.issues[event["issue"]] = one


def issue_links(told: Told, issue: str) -> Links:
    """An issue opened in a visit belongs where the visit belongs; another where it says."""
    opening = told.issues[issue]
    if opening.carrier.type != "visit":
        body = opening.carrier.body
        return Links(list(body.get("projects", ())), list(body.get("enterprises", ())))
    of_visit = told.links[opening.carrier.id]
    if of_visit.projects:
        return Links(of_visit.projects[:1], of_visit.enterprises[:1])
    return Links([], of_visit.enterprises)

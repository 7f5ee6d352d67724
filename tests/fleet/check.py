"""The end of every scenario: what the phones handed in is on the server exactly once, byte for byte, and nothing else.

    found = check(server.settings, phones, zone.enterprise_of)
    assert not found.faults, found.tell()

The phones' outboxes are all that it believes (told.py). It looks at tables and files themselves, never through the
application, whose mistakes it is to find. `waits` allows what only time sweeps away: unfinished uploads.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from fieldapp.core import audit_chain
from fieldapp.core.db import Base, Database
from fieldapp.settings import Settings
from tests.fleet import check_files, told
from tests.fleet.check_archived import check_archived
from tests.fleet.check_review import check_review
from tests.fleet.phone import Phone
from tests.fleet.told import Told, told_by

SHOWN = 20


@dataclass
class Findings:
    """What was counted, and what is wrong. `lost`, `doubled` and `foreign` break the promise; `wrong` is the rest."""

    figures: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def fault(self, kind: str, what: str) -> None:
        self.kinds[kind] += 1
        self.faults.append(f"{kind}: {what}")

    def must(self, kind: str, holds: bool, what: str) -> None:
        if not holds:
            self.fault(kind, what)

    def sets(self, what: str, expected: Iterable[Any], found: Iterable[Any], *, may: Iterable[Any] = ()) -> None:
        """Each of the one is in the other; what only `may` be there is no fault either way."""
        expected, found, may = set(expected), set(found), set(may)
        for one in expected - found - may:
            self.fault("lost", f"{what} {one}")
        for one in found - expected - may:
            self.fault("foreign", f"{what} {one}")

    def once(self, what: str, rows: Iterable[Any]) -> None:
        for one, times in Counter(rows).items():
            self.must("doubled", times == 1, f"{what} {one} is there {times} times")

    def tell(self) -> str:
        rest = f"\n… and {len(self.faults) - SHOWN} more" if len(self.faults) > SHOWN else ""
        return "\n".join(self.faults[:SHOWN]) + rest


Rows = Sequence[Any]


@dataclass
class Held:
    """The tables as they are."""

    session: Session

    def rows(self, table: str, *columns: str) -> Rows:
        source: Table = Base.metadata.tables[table]
        wanted = [source.c[name] for name in columns] if columns else [source]
        return [_as_text(row) for row in self.session.execute(select(*wanted)).mappings()]


class _Row(dict[str, Any]):
    __getattr__ = dict.__getitem__


def _as_text(row: Any) -> _Row:
    return _Row({name: str(value) if isinstance(value, UUID) else value for name, value in row.items()})


def check(
    settings: Settings, phones: Sequence[Phone], enterprise_of: Mapping[str, str], *, waits: bool = False,
    files: bool = True, archived: Iterable[str] = (),
) -> Findings:  # fmt: skip
    """Compare all that the phones hold with all that the server holds."""
    found, said = Findings(), told_by(phones, enterprise_of)
    for phone in phones:
        for item in phone.waiting():
            found.fault(
                "lost", f"{item.type} {item.id} ({item.story}) is still on phone {phone.number}: {item.problem}"
            )
        for refusal in phone.refusals:
            found.fault("wrong", f"refused for good: {refusal}")
    db = Database(settings.database)
    try:
        with db.reading() as session:
            held = Held(session)
            _check_raws(found, said, held)
            _check_heads(found, said, held)
            _check_visits(found, said, held)
            _check_supplements(found, said, held)
            _check_issues(found, said, held)
            _check_events(found, said, held)
            _check_photos(found, said, held)
            _check_timelines(found, said, held)
            check_review(found, said, held.rows)
            check_archived(found, held.rows, archived)
            _check_audit(found, session)
            if files:
                check_files.check_files(found, settings, held.rows("photo"), held.rows("upload"), waits=waits)
    finally:
        db.close()
    return found


def _check_raws(found: Findings, said: Told, held: Held) -> None:
    rows = held.rows("raw")
    found.once("raw", ((row.record_id, row.payload_sha256) for row in rows))
    here = {(row.record_id, row.payload_sha256): row for row in rows}
    must = {key for key, (item, version) in said.versions.items() if version.told or key in _handed(said)}
    may = {key for key, (item, version) in said.versions.items() if version.sent or version.exported}
    found.sets("raw", must, here, may=may - must)
    for key, row in here.items():
        if key not in said.versions:
            continue
        item, version = said.versions[key]
        found.must("lost", bytes(row.payload) == version.raw, f"raw {key}: other bytes")
        found.must("foreign", row.owner_id == item.author, f"raw {key} is {row.owner_id}'s, not {item.author}'s")
        own = row.sender_id == item.owner if row.imported_by is None else item.handed_in
        found.must("foreign", own, f"raw {key} was sent by {row.sender_id}")
    found.figures["records"] = len({row.record_id for row in rows})
    found.figures["revisions"] = len(rows)


def _handed(said: Told) -> set[tuple[str, str]]:
    return {key for key, (item, version) in said.versions.items() if item.handed_in and version.exported}


def _check_heads(found: Findings, said: Told, held: Held) -> None:
    heads = {row.id: row for row in held.rows("record")}
    inside = {event.id for event in said.events.values() if event.carrier.type == "visit"}
    found.sets("record", said.items, heads, may=inside | set(said.former_events))
    newest: dict[str, int] = defaultdict(int)
    for row in held.rows("raw", "record_id", "rev", "state"):
        newest[row.record_id] = max(newest[row.record_id], row.rev)
    for id, items in said.items.items():
        if (row := heads.get(id)) is None:
            continue
        item = items[0]
        what = f"record {id} ({item.story})"
        found.must("wrong", row.state == item.becomes, f"{what} is {row.state} {row.reason}, not {item.becomes}")
        found.must("foreign", row.owner_id == item.author, f"{what} is {row.owner_id}'s")
        if not item.twin:
            found.must("wrong", row.seq == item.seq and row.device_id == item.device, f"{what}: device or seq")
            found.must("wrong", row.rev == newest[id], f"{what}: rev {row.rev}, {newest[id]} is here")


def _check_visits(found: Findings, said: Told, held: Held) -> None:
    rows = held.rows("visit", "id", "number", "owner_id", "state", "payload_sha256")
    found.sets("visit", said.visits, (row.id for row in rows))
    found.once("visit number", (row.number for row in rows))
    for row in rows:
        found.must("wrong", row.number is not None, f"visit {row.id} has no number")
        if item := said.visits.get(row.id):
            found.must("foreign", row.owner_id == item.author, f"visit {row.id} is {row.owner_id}'s")
            key = (row.id, row.payload_sha256)
            found.must("wrong", key in said.versions, f"visit {row.id} is made of bytes that no phone has")
            if not item.twin:
                newest = max(v.rev for _i, v in [said.versions[k] for k in said.versions if k == key])
                found.must("wrong", newest == item.version.rev, f"visit {row.id} shows rev {newest}")
    links: dict[str, set[str]] = defaultdict(set)
    for row in held.rows("visit_project"):
        links[row.visit_id].add(row.project_id)
    for id, expected in said.links.items():
        found.sets(f"link of visit {id} to project", expected.projects, links[id])
    found.once("follow-up of visit", (row.visit_id for row in held.rows("follow_up") if row.visit_id))
    withdrawn = {item.body["visit"] for item in said.supplements.values() if item.body["type"] == "withdrawal"}
    steps = {id for id, item in said.visits.items() if (item.body.get("next_step") or {}).get("text")} - withdrawn
    found.sets("follow-up of visit", steps, (row.visit_id for row in held.rows("follow_up")))
    found.figures["visits"] = len(rows)


def _check_supplements(found: Findings, said: Told, held: Held) -> None:
    rows = held.rows("supplement", "id", "visit_id", "type", "owner_id")
    found.sets("supplement", said.supplements, (row.id for row in rows))
    for row in rows:
        if item := said.supplements.get(row.id):
            right = (row.visit_id, row.type, row.owner_id) == (item.body["visit"], item.body["type"], item.author)
            found.must("wrong", right, f"supplement {row.id}: visit, type or owner")
    found.figures["supplements"] = len(rows)


def _check_issues(found: Findings, said: Told, held: Held) -> None:
    rows = held.rows("issue", "id", "number", "opened_by", "visit_id", "state")
    former = {event["issue"] for event in said.former_events.values()} - set(said.issues)
    found.sets("issue", said.issues, (row.id for row in rows), may=former)
    found.once("issue number", (row.number for row in rows))
    for row in rows:
        found.must("wrong", row.number is not None, f"issue {row.id} has no number")
        if event := said.issues.get(row.id):
            found.must("foreign", row.opened_by == event.author, f"issue {row.id} is {row.opened_by}'s")
        elif row.id in former:
            found.must("wrong", row.state == "withdrawn", f"issue {row.id} was dropped and is {row.state}")
    found.figures["issues"] = len(rows)


def _check_events(found: Findings, said: Told, held: Held) -> None:
    rows = held.rows("issue_event", "id", "issue_id", "order", "type", "actor_id", "applied", "reason", "body")
    own = [row for row in rows if row.body.get("by") != "revision"]  # of the server's own making
    found.sets("issue event", said.events, (row.id for row in own), may=said.former_events)
    found.once("place in an issue's order", ((row.issue_id, row.order) for row in rows))
    for row in own:
        if (event := said.events.get(row.id)) is None:
            continue
        right = (row.issue_id, row.type, row.actor_id) == (event.issue, event.type, event.author)
        found.must("wrong", right, f"event {row.id}: issue, type or author")
        found.must("wrong", row.applied == event.applied, f"event {row.id} ({event.type}): {row.reason or 'applied'}")
    found.figures["events"] = len(own)


def _check_photos(found: Findings, said: Told, held: Held) -> None:
    rows = {row.id: row for row in held.rows("photo")}
    found.sets("photo", said.shots, rows, may=said.former_shots)
    for id, (item, shot) in said.shots.items():
        if (row := rows.get(id)) is None:
            continue
        what = f"photo {id} ({item.story})"
        found.must("foreign", row.owner_id == item.author, f"{what} is {row.owner_id}'s")
        found.must("wrong", row.record_id == item.id and row.sha256 == shot.sha256, f"{what}: record or hash")
        lost = shot.becomes in ("stored", "unreadable") and row.stored_at is None
        found.must("lost", not lost, f"{what} is {row.state}: its bytes have not come")
        found.must("wrong", row.state == shot.becomes, f"{what} is {row.state} {row.reason}, not {shot.becomes}")
        done = row.derivative == {"stored": "made", "unreadable": "failed"}.get(shot.becomes, row.derivative)
        found.must("wrong", done, f"{what}: its copies are {row.derivative}")
    uses = held.rows("photo_use", "photo_id", "user_type", "user_id")
    shown = {(shot.id, "visit", item.id) for item in said.visits.values() if not item.twin for shot in item.shots}
    twins = {item.id for item in said.visits.values() if item.twin}
    of_visits = {
        (r.photo_id, r.user_type, r.user_id) for r in uses if r.user_type == "visit" and r.user_id not in twins
    }
    found.sets("photo shown by a visit", shown, of_visits)
    found.figures["photos"] = sum(row.stored_at is not None for row in rows.values())
    found.figures["megabytes"] = sum(row.size for row in rows.values() if row.stored_at is not None) // 1_000_000


def _check_timelines(found: Findings, said: Told, held: Held) -> None:
    rows = held.rows("entry", "project_id", "enterprise_id", "ref", "kind", "actor_id", "left_at")
    line = [("project", row.project_id) if row.project_id else ("enterprise", row.enterprise_id) for row in rows]
    found.once("timeline entry", ((where, row.ref) for where, row in zip(line, rows, strict=True)))
    here = {(where, row.ref) for where, row in zip(line, rows, strict=True) if row.left_at is None}
    expected = {(where, id) for id, links in said.links.items() for where in links.lines()}
    for id, item in said.supplements.items():
        expected |= {(where, id) for where in said.links[item.body["visit"]].lines()}
    for event in said.events.values():
        if event.applied:
            expected |= {(where, event.id) for where in told.issue_links(said, event.issue).lines()}
    by_server = {row.id for row in held.rows("issue_event", "id", "body") if row.body.get("by") == "revision"}
    former = {(where, ref) for where, ref in here if ref in said.former_events or ref in by_server}
    found.sets("timeline entry", expected, here, may=former)
    authors = {
        **{id: item.author for id, item in said.visits.items()},
        **{e.id: e.author for e in said.events.values()},
    }
    for row in rows:
        found.must("foreign", authors.get(row.ref, row.actor_id) == row.actor_id, f"entry of {row.ref}: {row.actor_id}")
    found.figures["entries"] = len(rows)


def _check_audit(found: Findings, session: Session) -> None:
    verdict = audit_chain.verify(session)
    found.must("wrong", verdict.broken_at is None, f"the audit chain breaks at {verdict.broken_at}")
    found.must("wrong", verdict.unsealed == 0, f"{verdict.unsealed} audit rows are not sealed")
    found.figures["audit rows"] = verdict.sealed

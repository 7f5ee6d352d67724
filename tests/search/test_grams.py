"""The index itself: any two characters, whatever they are, on both databases."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, true

from fieldapp.core.db import Database, new_id
from fieldapp.search import actions, grams, queries
from fieldapp.search.models import SearchRow
from tests.cast import NOON


def said(db: Database, *texts: str, kind: str = "visit") -> list[UUID]:
    """The first is the newest."""
    ids = [new_id() for _one in texts]
    with db.writing() as session:
        for n, (id, words) in enumerate(zip(ids, texts, strict=True)):
            actions.say(session, kind, id, NOON - timedelta(minutes=n), [words])
    return ids


def find(db: Database, query: str, kind: str = "visit", **more: Any) -> queries.Found:
    with db.reading() as session:
        return queries.find(session, kind, query, where=true(), limit=more.pop("limit", 20), **more)


def test_any_two_characters_find_it_newest_first(db: Database) -> None:
    a, b, c = said(db, "北门临时用电容量不足", "临时用水水压不足", "ＰＬＣ 控制柜 ABC-123 到货")
    assert find(db, "临时").refs == [a, b]
    assert find(db, "用电").refs == [a]
    assert find(db, "不足 用水").refs == [b]
    assert find(db, "plc").refs == find(db, "ｐlC").refs == find(db, "abc-12").refs == find(db, "23").refs == [c]
    assert find(db, "电容量不").refs == [a] and find(db, "量不够").refs == []


def test_what_only_the_pairs_say_is_not_found(db: Database) -> None:
    [_id] = said(db, "用水电力水电")
    assert find(db, "用水电").refs != [] and find(db, "水电用水").refs == []
    assert find(db, "力水电力").refs == []


def test_one_character_finds_no_text_and_narrows_with_another_word(db: Database) -> None:
    a, _b = said(db, "三号楼封顶", "四号楼封顶")
    assert find(db, "三").refs == [] and find(db, "，").refs == []
    assert find(db, "封顶 三").refs == [a]


ODD = ['"', '用"电', "a OR b", "NEAR(用电 1)", "*", "用电*", "-用电", "grams:用电", "%_\\", "(", "'; DROP TABLE x;--",
       "\u3000", "𠮷𠮷", "😀😀"]  # fmt: skip


@pytest.mark.parametrize("query", ODD)
def test_what_is_typed_is_never_a_query_of_its_own(db: Database, query: str) -> None:
    said(db, "用电容量")
    assert find(db, query).refs == []


def test_words_said_anew_are_the_only_ones_that_find_it(db: Database) -> None:
    [id] = said(db, "原来的说法")
    with db.writing() as session:
        actions.say(session, "visit", id, NOON, ["改过之后", "另有一段"])
    assert (find(db, "说法").refs, find(db, "之后 一段").refs) == ([], [id])
    with db.writing() as session:
        actions.leave(session, id)
        actions.leave(session, id)
    assert find(db, "之后").refs == []
    with db.writing() as session:
        actions.say(session, "visit", id, NOON, ["  "])
        assert session.scalars(select(SearchRow)).all() == []


def test_kinds_are_apart_and_a_hundred_of_one_moment_are_all_there(db: Database) -> None:
    with db.writing() as session:
        for n in range(100):
            actions.say(session, "visit", UUID(int=(n << 64) | 7), NOON, [f"同一时刻{n}"])
        actions.say(session, "issue", new_id(), NOON, ["同一时刻"])
    seen: list[UUID] = []
    page = find(db, "同一时刻", limit=30)
    while True:
        seen += page.refs
        if page.next is None:
            break
        page = find(db, "同一时刻", limit=30, after=page.next)
    assert len(seen) == len(set(seen)) == 100
    assert len(find(db, "同一时刻", kind="issue").refs) == 1


def test_a_thousand_candidates_are_looked_at_and_the_search_goes_on_behind_them(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST", 10)
    ids = said(db, *["甲乙，乙丙"] * 25, "甲乙丙")
    seen, page = [], find(db, "甲乙丙", limit=5)
    while page.next is not None:
        seen.append(page.refs)
        page = find(db, "甲乙丙", limit=5, after=page.next)
    assert [*seen, page.refs] == [[], [], [ids[-1]]]


def test_it_is_found_by_an_index(db: Database) -> None:
    said(db, "用电容量")
    explain = "EXPLAIN QUERY PLAN " if db.dialect == "sqlite" else "EXPLAIN "
    with db.reading() as session:
        if db.dialect == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
            session.execute(text("SET LOCAL enable_indexscan = off"))
        given = {"pairs": '"用电"' if db.dialect == "sqlite" else ["用电"], "before": queries.NEWEST, "most": 9}
        plan = " ".join(str(tuple(row)) for row in session.execute(text(explain + grams._FIND[db.dialect]), given))
    assert (
        ("VIRTUAL TABLE INDEX" in plan and "TEMP B-TREE" not in plan)
        if db.dialect == "sqlite"
        else "ix_search_gram" in plan
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=60), at=st.integers(0, 58), size=st.integers(2, 6))
def test_whatever_was_written_is_found_by_any_piece_of_it(sqlite_url: str, text: str, at: int, size: int) -> None:
    database = Database(sqlite_url)
    clean = text.replace("\x00", "").encode("utf-8", "ignore").decode()
    piece = grams.fold(clean)[at : at + size].strip()
    id = new_id()
    with database.writing() as session:
        actions.say(session, "visit", id, NOON, [clean])
    findable = any(grams.pairs(word) for word in grams.words(piece))
    assert (id in find(database, piece, limit=500).refs) == findable
    with database.writing() as session:
        actions.leave(session, id)
    database.close()

"""Every act that the code can write into the log is told in words, in both languages."""

from fieldapp.audit import things, words
from fieldapp.issues.states import NEXT
from fieldapp.visits.body import SupplementBody
from tests.audit_acts import acts, kinds, matches, registers

# What stands where a verb is only known at run time: `issue.*` is each event of the table, and so on.
AT_RUN_TIME = {
    "issue.*": {f"issue.{event}" for event in NEXT},
    "visit.*": {f"visit.{type}" for type in SupplementBody.model_fields["type"].annotation.__args__},  # type: ignore[union-attr]
    "*.failed": {"sign-in.failed", "password-again.failed"},
    # of core/kept.py: each of its verbs with each noun
    "*.added": {f"{noun}.added" for noun in words.REGISTERS},
    "*.changed": {f"{noun}.changed" for noun in words.REGISTERS},
    "*.ended": {"assignment.ended"},
    "*.*": {f"{noun}.{verb}" for noun in words.REGISTERS for verb in ("archived", "restored")},
}
KNOWN = {verb for _title, said in words.ACTS.values() for verb in said}


def test_every_act_has_words() -> None:
    written = acts()
    without = {
        verb: place
        for verb, place in written.items()
        if any(words.act(one) == one for one in AT_RUN_TIME.get(verb, {verb}))
    }
    assert without == {}, "give each of these words in fieldapp/audit/words.py, and the Chinese of it in a part"


def test_every_register_has_a_word() -> None:
    assert set(registers()) == set(words.REGISTERS), "name it in fieldapp/audit/words.py REGISTERS and KINDS"
    assert set(words.REGISTERS) <= set(words.KINDS)


def test_no_act_has_words_that_nobody_does() -> None:
    written = acts()
    assert {known for known in KNOWN if not any(matches(known, verb) for verb in written)} == set()


def test_every_kind_of_thing_has_words_and_can_be_looked_for() -> None:
    assert {kind: place for kind, place in kinds().items() if kind not in words.KINDS} == {}
    assert set(words.KINDS) == set(things.KINDS)


def test_an_act_without_words_is_told_by_its_code() -> None:
    assert words.act("issue.sung") == "issue.sung"
    assert words.kind("song") == "song"

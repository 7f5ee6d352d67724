"""What happens to phones: each story is lived through by one hand, from its first record to nothing left to send.

Most of them are told in the order in which they go wrong for real. `DECK` says how often each is told; every one is
told at least once in a fleet that is large enough.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from tests.fleet import hello
from tests.fleet.desk import archive, export
from tests.fleet.hand import Hand
from tests.fleet.outbox import Item, Shot
from tests.fleet.phone import Phone

Story = Callable[[Hand], None]
STORIES: dict[str, Story] = {}
DECK: dict[str, int] = {}


def story(weight: int) -> Callable[[Story], Story]:
    def named(tell: Story) -> Story:
        STORIES[tell.__name__], DECK[tell.__name__] = tell, weight
        return tell

    return named


# -- the day's work ------------------------------------------------------------------------------------------------


@story(300)
def plain(hand: Hand) -> None:
    """Some visits are saved; then there is a network for a while."""
    for _ in range(max(1, min(hand.rng.randint(1, 4), hand.quota.visits - hand.quota.logged))):
        hand.visit(hand.main, story="plain")
    hand.main.flush(hand.rng.choice([None, 2, 5]))


@story(40)
def issues(hand: Hand) -> None:
    """An issue opened in a visit, gone on with outside it and in a later visit, and solved."""
    phone = hand.main
    shots = hand.shots(phone, least=1)
    line = hand.opened(phone, photos=[shots[0].id])
    hand.visit(phone, hand.body(issue_events=[line]), shots, story="issue")
    phone.event(line["issue"], "progress", {"text": "已联系", "base": line["id"]}, story="issue-progress")
    phone.flush(hand.rng.choice([None, 1]))
    if hand.rng.random() < 0.5:
        later = {"id": phone.ids.new(phone.now), "issue": line["issue"], "type": "no_change"}
        phone.save("visit", hand.body(issue_events=[later]), [], story="issue-again")
        hand.quota.logged += 1
    phone.event(line["issue"], "solved", {"text": "已解决"}, story="issue-solved")


@story(8)
def issue_outside_a_visit(hand: Hand) -> None:
    phone = hand.main
    said = {"title": "门前道路积水", "projects": [hand.zone.projects[0]], "enterprises": [hand.zone.enterprises[0]]}
    shots = [phone.shot("tiny")]
    opening = phone.event(
        phone.ids.new(phone.now), "opened", {**said, "photos": [shots[0].id]}, shots, story="issue-out"
    )
    phone.event(opening.body["issue"], "progress", {"text": "已派人"}, story="issue-out")


@story(6)
def not_from_a_phone(hand: Hand) -> None:
    """A type that phones may not send is kept as not applied."""
    phone = hand.main
    line = hand.opened(phone)
    hand.visit(phone, hand.body(issue_events=[line]), story="issue")
    phone.event(line["issue"], "dispatched", story="not-from-a-phone", becomes="not_applied")


@story(20)
def unfiled(hand: Hand) -> None:
    """No project chosen; sometimes its author links it later."""
    phone = hand.main
    filed = hand.rng.random() < 0.5
    body = {"kind": "site_inspection", "typed_project": "云帆二期", "content": "路过"}
    visit = hand.visit(phone, body, story="unfiled", becomes="placed" if filed else "unfiled")
    if filed:
        phone.flush(hand.rng.choice([None, 1]))
        phone.supplement(visit.id, "move", {"project": hand.rng.choice(hand.zone.projects)}, story="move")


@story(30)
def said_later(hand: Hand) -> None:
    phone = hand.main
    visit = hand.visit(phone, story="said-later")
    phone.flush(hand.rng.choice([None, 1, 3]))
    shot = phone.shot("small")
    phone.supplement(visit.id, "addition", {"text": "又见到项目经理", "photos": [shot.id]}, [shot], story="addition")
    if hand.rng.random() < 0.5:
        phone.supplement(visit.id, "correction", {"fields": {"progress": "更正"}}, story="correction")
    if hand.rng.random() < 0.3:
        phone.supplement(visit.id, "withdrawal", {"reason": "记错了"}, story="withdrawal")


# -- revisions and variants ----------------------------------------------------------------------------------------


@story(30)
def revised(hand: Hand) -> None:
    """Edited while nobody knows whether the first version has arrived; an issue or a photo may be dropped."""
    phone = hand.main
    phone.finish()
    shots = hand.shots(phone, least=1)
    line = hand.opened(phone)
    visit = hand.visit(phone, hand.body(issue_events=[line]), [*shots, phone.shot("tiny")], story="revised")
    for _ in range(hand.rng.randint(1, 3)):
        hand.unanswered(phone, visit)
        keeps = hand.rng.random() < 0.5
        lines = visit.body["issue_events"] if keeps else []
        body = {"project": hand.rng.choice(hand.zone.projects), "content": "改过", "issue_events": lines}
        assert visit.edit(body, shots), "nothing was to be known of it yet"
    phone.flush(hand.rng.choice([None, 1]))


@story(10)
def revised_addition(hand: Hand) -> None:
    phone = hand.main
    visit = hand.visit(phone, story="revised-addition")
    phone.finish()
    addition = phone.supplement(visit.id, "addition", {"text": "一"}, story="revised-addition")
    hand.unanswered(phone, addition, 2)
    assert addition.edit({"text": "二"})


@story(12)
def variants(hand: Hand) -> None:
    """A copy of the phone's store came back on a second device: both change the same record and send it."""
    phone = hand.second
    phone.finish()
    text = "原话"
    visit = hand.visit(phone, hand.body(content=text), story="variant", reviews={"variant"})
    twin = hand.phone(hand.other, device=phone.device)
    twin.contacted_at, twin.ended = 2**62, True  # one device: it is the first phone that speaks for it
    copy = Item(
        visit.id, "visit", visit.owner, visit.device, visit.seq, {**visit.body, "content": "另一说法"},
        [twin.shot("small")], dict(visit.times), story="variant", reviews={"variant"}, twin=True,
    )  # fmt: skip
    visit.twin = True
    twin.items.append(copy)
    twin.queue.append(copy)
    for one in hand.rng.sample([phone, twin], 2):
        one.flush(1)
    twin.finish()
    phone.finish()


# -- what waits for another ----------------------------------------------------------------------------------------


@story(15)
def held(hand: Hand) -> None:
    """A colleague's progress on an issue arrives before the visit that opened it."""
    phone, colleague = hand.main, hand.second
    line = hand.opened(phone)
    visit = hand.visit(phone, hand.body(issue_events=[line]), story="held-for")
    colleague.event(line["issue"], "progress", {"text": "我也看到了"}, story="held")
    inside = {"id": colleague.ids.new(colleague.now), "issue": line["issue"], "type": "progress", "text": "一并"}
    hand.visit(colleague, hand.body(issue_events=[inside]), story="held-inside")
    colleague.flush(hand.rng.choice([None, 3]))
    assert visit.versions == []
    phone.finish()


@story(10)
def supplement_first(hand: Hand) -> None:
    """One officer, two phones: the supplement comes by the one before the visit by the other."""
    tablet = next((one for one in hand.phones if one.owner is hand.other and one.device != hand.second.device), None)
    if tablet is None:
        hand.second.finish()
        hand.greet(hand.second)
        tablet = hand.phone(hand.other)
        hand.greet(tablet)
    visit = hand.visit(hand.second, story="supplement-first")
    tablet.supplement(visit.id, "addition", {"text": "平板上补的"}, story="supplement-first")
    tablet.flush(2)
    hand.second.finish()
    tablet.finish()


# -- photos that are not as they should be -------------------------------------------------------------------------


@story(8)
def photo_lost(hand: Hand) -> None:
    """The browser has thrown a photo's bytes away."""
    shot = hand.main.shot("small", gone=True)
    hand.visit(hand.main, shots=[*hand.shots(hand.main), shot], story="photo-lost")


@story(8)
def photo_changed(hand: Hand) -> None:
    shot = hand.main.shot("middle", spoilt=True)
    hand.visit(hand.main, shots=[*hand.shots(hand.main), shot], story="photo-changed")


@story(8)
def photo_too_large(hand: Hand) -> None:
    """The manifest says 70 MB: refused at once, never tried."""
    shot = hand.main.shot("tiny", size=70_000_000, becomes="refused")
    hand.visit(hand.main, shots=[*hand.shots(hand.main), shot], story="photo-too-large")


@story(8)
def no_picture(hand: Hand) -> None:
    shot = hand.main.shot("broken", becomes="unreadable")
    hand.visit(hand.main, shots=[*hand.shots(hand.main), shot], story="no-picture")


@story(10)
def same_photo_again(hand: Hand) -> None:
    """The same bytes in two visits, twice in one of them, and on a colleague's phone."""
    mark = hand.rng.randbytes(16)

    def again(phone: Phone) -> Shot:
        return phone.shot("small", mark=mark)

    hand.visit(hand.main, shots=[again(hand.main), again(hand.main)], story="same-photo")
    hand.visit(hand.main, shots=[*hand.shots(hand.main), again(hand.main)], story="same-photo")
    hand.visit(hand.second, shots=[again(hand.second)], story="same-photo")


# -- what cannot be read, or may not be ----------------------------------------------------------------------------


@story(6)
def newer_schema(hand: Hand) -> None:
    phone = hand.main
    more = {"schema": 2, "story": "newer-schema", "becomes": "unplaced", "reviews": {"failed"}}
    phone.save("visit", {"kind": {"of": "tomorrow"}}, [phone.shot("small")], **more)


@story(5)
def unreadable_manifest(hand: Hand) -> None:
    """Nobody can read what photos it has: all are sent, and kept."""
    phone = hand.main
    shots = [phone.shot("small"), phone.shot("tiny")]
    said = {"photos": [{"id": shot.id, "is": "of a shape unknown here"} for shot in shots]}
    more = {"story": "unreadable", "becomes": "unplaced", "reviews": {"failed"}}
    phone.save("visit", hand.body(), shots, **said, **more)


@story(8)
def may_not(hand: Hand) -> None:
    """A project that its author may not see, one that there is not, a kind that there is not."""
    phone = hand.second
    forbidden = phone.ids.new(phone.now) if hand.other.sees_hidden else hand.zone.hidden
    body = hand.rng.choice([hand.body(project=forbidden, projects=[]), hand.body(kind="stroll")])
    phone.save("visit", body, [phone.shot("tiny")], story="may-not", becomes="unplaced", reviews={"unplaced"})


@story(6)
def project_archived(hand: Hand) -> None:
    """The desk archives a project while phones hold visits, an addition and an issue for it. All of them are taken."""
    phone, colleague, project = hand.main, hand.second, hand.rng.choice(hand.zone.projects)
    of_it = {"project": project, "projects": []}
    known = hand.visit(phone, hand.body(**of_it), story="before-it-is-archived")
    phone.flush(hand.rng.choice([None, 1]))
    line = hand.opened(phone)
    hand.visit(phone, hand.body(**of_it, issue_events=[line]), story="project-archived")
    phone.supplement(known.id, "addition", {"text": "归档前补一句"}, story="project-archived")
    hand.visit(colleague, hand.body(**of_it), story="project-archived")
    if hand.rng.random() < 0.5:
        hand.unanswered(colleague, colleague.queue[-1])
    archive(hand.past_the_weather(hand.zone.people["zoe"]), project)
    hand.zone.archived.add(project)
    phone.event(line["issue"], "progress", {"text": "归档后又去看了", "base": line["id"]}, story="project-archived")
    phone.flush(hand.rng.choice([None, 2]))


# -- people and devices --------------------------------------------------------------------------------------------


@story(20)
def signed_out(hand: Hand) -> None:
    """The session has ended, whyever."""
    hand.visit(hand.main, story="signed-out")
    hand.main.flush(1)
    hand.main.cookie = ""


@story(5)
def password_changed(hand: Hand) -> None:
    """At a desk, while the phone has a queue: it is asked to sign in again, and nothing is lost."""
    phone = hand.second
    hand.visit(phone, story="password-changed")
    phone.flush(1)
    browser = hand.past_the_weather(hand.other)
    hello.sign_in(browser)
    new = f"Neu-{hand.rng.randrange(10**9)}-kennwort"
    form = {"current": hand.other.password, "password": new, "again": new}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = browser.ask("POST", "/settings/password", kind, urlencode(form).encode())
    if answer.status == 303:
        hand.other.password = new
    elif answer.status == 0:  # killed this very moment: which of the two it is shows at the next sign-in
        browser.owner = type(hand.other)(hand.other.id, hand.other.username, new)
        if hello.sign_in(browser):
            hand.other.password = new
    phone.flush(3)


@story(10)
def one_phone_of_two(hand: Hand) -> None:
    """A colleague signs in on this phone while its owner's visit waits: it stays untouched until he is back."""
    phone = hand.second
    phone.finish()
    hand.greet(phone)
    guest = next((one for one in hand.phones if one.owner is hand.third and one.device == phone.device), None)
    if guest is None:
        guest = hand.phone(hand.third, device=phone.device)
    waiting = hand.visit(phone, story="one-phone-of-two")
    hand.visit(guest, story="one-phone-of-two")
    guest.finish()
    waiting.seal()
    answer = phone.wire.ask(
        "PUT", waiting.path, {"Cookie": guest.cookie, "Content-Type": "application/json"}, waiting.version.raw
    )
    if answer.code is not None and answer.status == 403:
        assert answer.code == "not-owner"
    assert answer.status not in (200, 201, 202, 409) or answer.body[:1] != b"{", "taken under another's name"
    phone.finish()


@story(8)
def dropped_before_sending(hand: Hand) -> None:
    """A record given up on purpose leaves no gap."""
    dropped = hand.main.save("visit", hand.body(), [])
    hand.visit(hand.main, story="beside-a-dropped-one")
    hand.main.drop(dropped)


@story(4)
def lost_by_the_browser(hand: Hand) -> None:
    """The one thing that nobody can bring back, and that must be told: a gap."""
    lost = hand.main.save("visit", hand.body(), [])
    hand.visit(hand.main, story="beside-a-lost-one")
    hand.main.lose(lost)


@story(12)
def reinstalled(hand: Hand) -> None:
    """The phone is wiped while it has a queue. What it had exported comes in at a desk."""
    old = hand.phone(hand.third)
    hand.greet(old)
    items = [hand.visit(old, story="reinstalled") for _ in range(2)]
    if hand.rng.random() < 0.5:
        hand.unanswered(old, items[0])
    hand.greet(old)
    file = export(old, items)
    new = hand.phone(hand.third)
    hand.greet(new)
    new.visit(hand.body(), [new.shot("tiny")], story="reinstalled")
    hand.quota.logged += 1
    hand.desk.hand_in(file, items)
    old.queue.clear()
    old.ended = old.replaced = True
    new.finish()


@story(12)
def desk_and_phone(hand: Hand) -> None:
    """The same records by the desk and by the phone itself, one before the other."""
    phone = hand.main
    phone.finish()
    items = [hand.visit(phone, story="desk-and-phone")]
    file = export(phone, items)
    if hand.rng.random() < 0.5:
        hand.desk.hand_in(file, items)
        phone.finish()
    else:
        phone.flush(hand.rng.choice([None, 1, 2]))
        hand.desk.hand_in(file, items)
        hand.desk.hand_in(file, items)

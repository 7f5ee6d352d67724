"""Words of `/review`: what arrived, why it needs a person, what can be done about it, and what happens then."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class Group:
    """Kinds of items that one deals with in the same way."""

    code: str
    title: LazyString
    say: LazyString  # what is to be done with all of them
    kinds: tuple[str, ...]
    icon: str


GROUPS = (
    Group(
        "versions", _l("Two versions of one record"),
        _l("The same record arrived twice with different contents. Compare them and choose the one that counts."),
        ("variant",), "copy",
    ),
    Group(
        "filing", _l("Not filed yet"),
        _l("It has arrived and is kept, but shows nowhere, because something about it does not fit. Place it with a "
           "project, or have it tried again once the cause is mended."),
        ("unplaced", "failed", "held"), "inbox",
    ),
    Group(
        "handed-in", _l("Handed in at a desk"),
        _l("A desk brought it from a phone's export file. It counts already; its author or the team's lead confirms "
           "that it is right."),
        ("imported",), "download",
    ),
    Group(
        "look", _l("To look at, then close"),
        _l("Nothing is missing from the records. Somebody should know of it, and speak with the author if need be."),
        ("late_author", "revision_issue"), "info",
    ),
    Group(
        "photos", _l("Photos that will not be seen"),
        _l("The record is complete but for a photo. If it matters, ask its author for another one; then close."),
        ("refused_photo", "withdrawn_photo", "lost_photo", "unreadable_photo"), "camera",
    ),
    Group(
        "phones", _l("Phones"),
        _l("A phone may still hold records that have not arrived. Speak with its officer before the phone is cleared "
           "or changed."),
        ("device_gap", "silent_device", "replaced_device"), "device",
    ),
)  # fmt: skip
GROUP_OF = {kind: group for group in GROUPS for kind in group.kinds}
BY_CODE = {group.code: group for group in GROUPS}

KINDS = {
    "failed": _l("Could not be read into the zone's records"),
    "unplaced": _l("Not filed: nobody has let it in yet"),
    "variant": _l("Two versions of one record"),
    "held": _l("Waits for a visit or issue that has not arrived"),
    "imported": _l("Handed in at a desk"),
    "late_author": _l("Came after its author's account had ended"),
    "revision_issue": _l("A revision dropped an issue on which others have acted"),
    "refused_photo": _l("A photo is too large to be taken"),
    "withdrawn_photo": _l("A photo was withdrawn"),
    "lost_photo": _l("A photo's bytes were lost on the phone"),
    "unreadable_photo": _l("A photo that cannot be shown"),
    "device_gap": _l("Records of a phone that never arrived"),
    "silent_device": _l("A phone with waiting records has fallen silent"),
    "replaced_device": _l("A new installation; the previous one still held records"),
}
WHY = {
    "failed": _l("The phone has sent it and it is kept as it came, but the server could not make a visit of it."),
    "unplaced": _l("The phone has sent it and it is kept as it came. It is shown nowhere until somebody lets it in."),
    "variant": _l("Under one number, two different contents arrived: mostly a phone on which a copy was restored. "
                  "The first one counts until somebody chooses."),
    "held": _l("It says something about a visit or an issue that has not arrived for five days. As soon as that one "
               "arrives it is filed by itself."),
    "imported": _l("Its phone could not send it, so it came by its export file. It is filed under its author's name, "
                   "who did not send it in person."),
    "late_author": _l("Its author's account had ended when it arrived. It is filed all the same, for it was recorded "
                      "before."),
    "revision_issue": _l("A newer version of the visit leaves an issue out that others are at work on. The issue stays "
                         "open, so that nothing is lost."),
    "refused_photo": _l("The photo is larger than 64 MB or its number is taken, so the phone keeps it. The visit "
                        "itself has arrived."),
    "withdrawn_photo": _l("Its author has taken the photo back. It is hidden; its bytes are kept."),
    "lost_photo": _l("The phone no longer has the photo's bytes: its store was cleared. The visit itself has arrived."),
    "unreadable_photo": _l("The file has arrived and is kept, but it is no picture that can be shown."),
    "device_gap": _l("The phone has counted records that never arrived, though it has been here since for three days."),
    "silent_device": _l("It said that records were waiting on it, and has not been heard of for seven days."),
    "replaced_device": _l("The officer uses a new installation, while the old one still had records to send."),
}  # fmt: skip
TYPES = {
    "visit": _l("Visit"),
    "supplement": _l("Supplement"),
    "issue_event": _l("Event of an issue"),
    "": _l("One record"),
}
REASONS = {
    "unreadable": _l("The record does not have the shape that this version knows."),
    "newer-schema": _l("It was written by a newer version; the next update of the server will read it."),
    "id-differs": _l("The record says another id than the one it was sent under."),
    "no-owner": _l("Its author is unknown here."),
    "not-allowed": _l("Its author had no role that allows it at the time of recording."),
    "no-such-project": _l("Its project is unknown here, or its author may not see it."),
    "no-such-visit": _l("Its visit is unknown here."),
    "no-such-record": _l("This version is no longer there."),
    "not-a-visit": _l("Only a visit can be placed with a project."),
    "unknown-kind": _l("Its visit kind is unknown here."),
    "already-said": _l("It changes what an earlier version of it has done to the visit already."),
    "failed": _l("Something went wrong while it was filed; the server's log tells more."),
}
ACTS = {
    "retry": _l("Try again"),
    "place": _l("Place with a project"),
    "choose": _l("Take this version"),
    "confirm": _l("Confirm: it is right"),
    "match": _l("Say whose it is"),
    "close": _l("Close with a reason"),
}
THEN = {
    "retry": _l("Once what stood in the way is mended: the project exists, the role is right, the server is updated. "
                "Then it is filed at once, or stays here."),
    "place": _l("Then it counts: it shows on the project's timeline under its author's name, and the phone is told."),
    "choose": _l("The version that is taken counts and shows everywhere from then on. The other one is kept and can be "
                 "chosen later."),
    "confirm": _l("Then it is settled. Nothing about the record changes."),
    "match": _l("Then this record, and every other one of the same unknown author, is filed under that name."),
    "close": _l("Then it leaves this list; who closed it and why is written down. The record is kept in any case."),
}  # fmt: skip
RAW_STATES = {
    "projected": _l("stands now"),
    "variant": _l("the other version"),
    "earlier": _l("earlier revision"),
    "failed": _l("could not be read"),
    "unplaced": _l("not filed"),
    "received": _l("just received"),
    "held": _l("waiting"),
}

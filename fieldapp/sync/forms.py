"""Words of `/review`: what each kind of item is, why a record is there, what cannot be done."""

from flask_babel import lazy_gettext as _l

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
RAW_STATES = {
    "projected": _l("stands now"),
    "variant": _l("the other version"),
    "earlier": _l("earlier revision"),
    "failed": _l("could not be read"),
    "unplaced": _l("not filed"),
    "received": _l("just received"),
    "held": _l("waiting"),
}

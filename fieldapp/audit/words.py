"""The log in plain words: what each act is called, and what kind of thing it was done to.

Whoever writes a new act with `core.audit` gives it words here; a test walks the code and names those that have none.
"""

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

Words = dict[str, LazyString]

ACTS: dict[str, tuple[LazyString, Words]] = {
    "access": (_l("Signing in and passwords"), {
        "sign-in": _l("Signed in"),
        "sign-in.failed": _l("Could not sign in: wrong account or password"),
        "password-again": _l("Gave the password again for an act that matters"),
        "password-again.failed": _l("Gave a wrong password where it was asked for again"),
        "user.password": _l("Changed a password"),
        "user.sessions-ended": _l("Ended the sign-ins on other devices"),
        "sign-out": _l("Signed out"),
        "device.signed-out": _l("Ended the sign-in on one device"),
        "sign-in.first": _l("Showed the first factor; the second is still to come"),
        "sign-in.unknown": _l("Came by single sign-on, and has no account here"),
        "second-factor": _l("Showed the second factor"),
        "second-factor.failed": _l("Showed a wrong second factor"),
        "passkey.failed": _l("Could not sign in: the passkey's answer was wrong"),
        "factor.added": _l("Set up a second factor"),
        "factor.removed": _l("Removed a second factor"),
        "factor.recovery-codes": _l("Made new recovery codes"),
        "factor.reset": _l("Took somebody's second factor away"),
        "notice.confirmed": _l("Confirmed the notice of first sign-in"),
    }),
    "accounts": (_l("Accounts and roles"), {
        "user.add": _l("Added an account"),
        "user.renamed": _l("Changed the name of an account"),
        "user.enable": _l("Enabled an account again"),
        "user.disable": _l("Disabled an account"),
        "membership.proposed": _l("Proposed a role for somebody"),
        "membership.granted": _l("Granted a role"),
        "membership.refused": _l("Refused a proposed role"),
        "membership.taken-back": _l("Took back a proposed role"),
        "membership.ended": _l("Ended somebody's role"),
    }),
    "read": (_l("Reading and taking out"), {
        "contact.revealed": _l("Looked at a telephone number"),
        "record.raw_read": _l("Opened a record's raw bytes"),
        "photo.marked": _l("Took out a photo with its watermark"),
        "photo.downloaded": _l("Downloaded a photo as it was uploaded"),
        "map.by-officer": _l("Filtered the map by one person"),
        "data.exported": _l("Took along their own data"),
        "data.export-refused": _l("Did not get their own data: wrong password"),
        "data.exported-whole": _l("Exported everything from the server's terminal"),
        "log.exported": _l("Exported this log"),
        "link.made": _l("Made a read-only link"),
        "link.opened": _l("A read-only link was opened"),
        "link.revoked": _l("Took back a read-only link"),
        "device.history": _l("A phone told what it had sent before a restore"),
    }),
    "visits": (_l("Visits and photos"), {
        "visit.logged": _l("Logged a visit"),
        "visit.revised": _l("Sent a newer version of a visit"),
        "visit.addition": _l("Added to a visit"),
        "visit.correction": _l("Corrected a visit"),
        "visit.move": _l("Filed a visit elsewhere"),
        "visit.withdrawal": _l("Withdrew a visit"),
        "visit.void": _l("Declared a visit void"),
        "visit.photo_withdrawn": _l("Took a photo back from a visit"),
        "visit.supplement_revised": _l("Changed an addition to a visit"),
        "photo.withdrawn": _l("Withdrew a photo"),
        "photo.purged": _l("Removed a photo for good"),
        "follow_up.done": _l("Ticked off a follow-up"),
        "follow_up.put_off": _l("Put off a follow-up"),
        "lists.seen": _l("Put away the list of duties"),
        "number.replaced": _l("Gave a new number: the old one was taken"),
    }),
    "issues": (_l("Issues (问题诉求)"), {
        "issue.opened": _l("Opened an issue"),
        "issue.accepted": _l("Accepted an issue"),
        "issue.dispatched": _l("Dispatched an issue"),
        "issue.returned": _l("Returned an issue"),
        "issue.progress": _l("Told of progress in an issue"),
        "issue.no_change": _l("Noted no change in an issue"),
        "issue.extended": _l("Extended an issue's limit"),
        "issue.replied": _l("Replied to an issue"),
        "issue.solved": _l("Noted an issue as solved"),
        "issue.close_off_asked": _l("Asked for an issue's close-off"),
        "issue.approved": _l("Approved a close-off"),
        "issue.called_back": _l("Called back about an issue"),
        "issue.reopened": _l("Reopened an issue"),
        "issue.struck_off": _l("Struck off an issue"),
        "issue.merged": _l("Merged an issue with another"),
        "issue.withdrawn": _l("Withdrew an issue"),
    }),
    "review": (_l("Sorting out and handing in"), {
        "record.imported": _l("Handed in a phone's record at a desk"),
        "record.matched": _l("Said whose a record is"),
        "record.confirmed": _l("Confirmed a record that was handed in"),
        "record.retried": _l("Had a record filed once more"),
        "record.placed": _l("Let a record in and placed it with a project"),
        "record.chosen": _l("Chose between two versions of a record"),
        "review.closed": _l("Closed something that needed a person"),
    }),
    "registers": (_l("Projects, enterprises, contacts"), {
        "project.stage_confirmed": _l("Confirmed a project's stage"),
        "project.stage_left": _l("Left a project's stage as it was"),
        "enterprise.added": _l("Added an enterprise"),
        "enterprise.confirmed": _l("Confirmed an enterprise"),
        "enterprise.merged": _l("Merged two enterprises"),
        "contact.added": _l("Added a contact"),
        "contact.confirmed": _l("Confirmed a contact"),
        "contact.archived": _l("Removed a contact"),
        "workbook.uploaded": _l("Uploaded a workbook to look through"),
        "workbook.wanted": _l("Had a workbook brought in"),
        "workbook.dropped": _l("Threw away a workbook that was not brought in"),
        "workbook.passwords": _l("Took out the first passwords of a workbook's accounts"),
        "workbook.brought": _l("Brought in rows of a workbook"),
        "workbook.done": _l("Finished bringing in a workbook"),
    }),
    "feedback": (_l("Complaints and suggestions"), {
        "feedback.said": _l("Handed in a complaint or suggestion"),
        "feedback.answered": _l("Answered a complaint or suggestion"),
    }),
    "server": (_l("The server itself"), {
        "setting.changed": _l("Changed a setting"),
        "log.check-asked": _l("Had the log's seal checked"),
        "log.let-go": _l("Rows of the log that were kept long enough may go"),
        "positions.let-go": _l("Removed positions that were kept long enough"),
        "server.restored": _l("Restored the server from a backup"),
        "switch.on": _l("A restricted switch was turned on"),
        "switch.off": _l("A restricted switch was turned off"),
    }),
}  # fmt: skip

# What is kept in registers: one word for each thing, one for each act (`core/kept.py`).
REGISTERS = (
    "zone", "area", "enterprise", "contact", "project", "assignment", "visit_kind", "category", "programme",
    "question", "phrase", "team", "unit",
)  # fmt: skip
KEPT: Words = {
    "added": _l("Added: %(what)s"),
    "changed": _l("Changed: %(what)s"),
    "archived": _l("Archived: %(what)s"),
    "restored": _l("Taken back from the archive: %(what)s"),
    "ended": _l("Ended: %(what)s"),
}

KINDS: Words = {
    "visit": _l("Visit"),
    "record": _l("A phone's record"),
    "photo": _l("Photo"),
    "issue": _l("Issue"),
    "project": _l("Project"),
    "enterprise": _l("Enterprise"),
    "contact": _l("Contact"),
    "user": _l("Account"),
    "device": _l("A phone"),
    "follow_up": _l("Follow-up"),
    "review_item": _l("To sort out"),
    "feedback": _l("Complaint or suggestion"),
    "zone": _l("Zone"),
    "area": _l("Area"),
    "assignment": _l("Assignment"),
    "visit_kind": _l("Visit kind"),
    "category": _l("Issue category"),
    "programme": _l("Programme"),
    "question": _l("Question to ask"),
    "phrase": _l("Stock phrase"),
    "team": _l("Team"),
    "unit": _l("Handling unit"),
    "workbook": _l("Workbook"),
    "setting": _l("Setting"),
    "server": _l("Server"),
}

# Reasons that the application gives by itself; a person's own words stand as they were written.
REASONS: Words = {
    "lost": _l("its bytes were lost on the phone"),
    "retention": _l("kept long enough, as set"),
    "purged": _l("removed for good before"),
    "withdrawn": _l("no reason given"),
    "unknown-type": _l("not applied: of an unknown kind"),
    "not-from-a-phone": _l("not applied: not from a phone"),
    "already-opened": _l("not applied: it is open already"),
    "ended": _l("not applied: the issue has ended"),
    "does-not-fit": _l("not applied: it does not fit the issue's state"),
    "not-allowed": _l("not applied: not allowed"),
    "superseded": _l("not applied: a newer version left it out"),
}


def groups() -> list[tuple[str, dict[str, str]]]:
    """All acts with their words, to choose from."""
    found = [(str(title), {verb: str(said) for verb, said in acts.items()}) for title, acts in ACTS.values()]
    known = {verb for _title, acts in ACTS.values() for verb in acts}
    kept = {f"{noun}.{verb}": act(f"{noun}.{verb}") for noun in REGISTERS for verb in KEPT}
    return [*found, (str(_l("Registers")), {verb: said for verb, said in kept.items() if verb not in known})]


def act(verb: str) -> str:
    """What this act is called; one without words is told by its code."""
    for _title, words in ACTS.values():
        if verb in words:
            return str(words[verb])
    noun, _dot, done = verb.partition(".")
    if noun in REGISTERS and done in KEPT:
        return str(KEPT[done]) % {"what": kind(noun)}
    return verb


def kind(subject_type: str) -> str:
    return str(KINDS.get(subject_type, subject_type))


def reason(said: str) -> str:
    return str(REASONS.get(said, said))

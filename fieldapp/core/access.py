"""Who may call a route: every view carries one of these marks, and a route without one is refused to everyone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True)
class Access:
    public: bool = False
    roles: frozenset[str] = frozenset()  # none: any role
    door: bool = False  # the phone's door: open to a session that was valid when the account ended
    quiet: bool = False  # polling: does not count as use of a session
    outside: bool = False  # also a write that no page of ours has begun: it acts for nobody and keeps nothing
    early: bool = False  # open before a password is changed or a second factor shown that others wait for


def _mark(access: Access) -> Callable[[View], View]:
    def marked(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]  # a mark on a function
        return view

    return marked


def public(view: View) -> View:
    """Anyone, signed in or not."""
    return _mark(Access(public=True))(view)


def from_other_apps(view: View) -> View:
    """Anyone, and what the browser itself sends for another app of the phone: it acts for nobody and keeps nothing."""
    return _mark(Access(public=True, outside=True))(view)


def signed_in(view: View) -> View:
    """Whoever is signed in and holds a role today."""
    return _mark(Access())(view)


def signed_in_early(view: View) -> View:
    """As `signed_in`, for the very pages that somebody is led to who must do something first (core.admission)."""
    return _mark(Access(early=True))(view)


def polled(view: View) -> View:
    """As `signed_in`, for what a page asks by itself: it does not keep a session alive."""
    return _mark(Access(quiet=True))(view)


def role(*roles: str, quiet: bool = False) -> Callable[[View], View]:
    """Whoever holds one of these roles today. Others get 404: they need not know of it. `quiet`: as `polled`."""
    return _mark(Access(roles=frozenset(roles), quiet=quiet))


def phone_door(view: View) -> View:
    """A phone's records and photos: 30 days more of an account that has ended (docs/sync-protocol.md 11)."""
    return _mark(Access(door=True, quiet=True))(view)


def access_of(view: Callable[..., object] | None) -> Access | None:
    found = getattr(view, "access", None)
    return found if isinstance(found, Access) else None

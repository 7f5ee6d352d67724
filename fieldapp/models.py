"""Every table, for Alembic and for the tests that hold models against migrations."""

from fieldapp.accounts import models as accounts
from fieldapp.core import models as core
from fieldapp.core.db import Base
from fieldapp.issues import models as issues
from fieldapp.photos import models as photos
from fieldapp.projects import models as projects
from fieldapp.sync import models as sync
from fieldapp.timeline import models as timeline
from fieldapp.visits import models as visits

__all__ = ["Base", "accounts", "core", "issues", "photos", "projects", "sync", "timeline", "visits"]

"""Every table, for Alembic and for the tests that hold models against migrations."""

from fieldapp.accounts import device_models as devices
from fieldapp.accounts import factor_models as factors
from fieldapp.accounts import models as accounts
from fieldapp.compliance import models as compliance
from fieldapp.core import models as core
from fieldapp.core.db import Base
from fieldapp.feed import models as feed
from fieldapp.issues import models as issues
from fieldapp.photos import models as photos
from fieldapp.projects import models as projects
from fieldapp.search import models as search
from fieldapp.sheets import models as sheets
from fieldapp.sync import models as sync
from fieldapp.timeline import models as timeline
from fieldapp.visits import models as visits

__all__ = [
    "Base", "accounts", "compliance", "core", "devices", "factors", "feed", "issues", "photos", "projects",
    "search", "sheets", "sync", "timeline", "visits",
]  # fmt: skip

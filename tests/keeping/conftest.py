"""Noon on a Friday; people log visits, and look at what is kept of them."""

from tests.compliance.conftest import at_noon, reader
from tests.feed.conftest import story

__all__ = ["at_noon", "reader", "story"]

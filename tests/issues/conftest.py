"""The same readers at the same hour as for the pages that compose features."""

from tests.feed.conftest import at_noon, reader, story

__all__ = ["at_noon", "reader", "story"]

"""What a project's page shows, to whom."""

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient

from tests.cast import NOON, Cast
from tests.feed.story import Story

Browser = Callable[..., FlaskClient]


def test_lin_reads_in_the_timeline_what_ana_logged(story: Story, cast: Cast, client_of: Browser) -> None:
    story.logs("ana", photos=6)
    page = client_of("lin").get(f"/projects/{cast.sail}").text
    assert "二层钢结构吊装完成约六成" in page
    assert page.count("/thumb") == 4
    assert "+2" in page

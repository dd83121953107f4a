"""What the tests in a browser share."""

from collections.abc import Iterator

import jupyter_pages
import pytest
from playwright.sync_api import Browser


@pytest.fixture(scope="package")  # not the session: while it runs, no other test can run an event loop
def chromium() -> Iterator[Browser]:
    with jupyter_pages.browser() as opened:
        yield opened

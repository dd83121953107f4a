"""``uv run jupyter lab`` in the kit's folder opens the first notebook; elsewhere it is as ever."""

import re
import sys
import urllib.request
from pathlib import Path

import jupyter_pages
import pytest

from mnist_helpers import server_ext

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("folder", "arguments", "opened"),
    [
        (ROOT, ["lab"], f"/lab/tree/{server_ext.FIRST}"),
        (ROOT, ["lab", "--LabApp.default_url=/lab/tree/images"], "/lab/tree/images"),
        (ROOT, ["notebook"], "/tree"),
        (ROOT / "images", ["lab"], "/lab"),
    ],
)
def test_what_is_opened_first(tmp_path, folder, arguments, opened):
    options = ["--no-browser", "--allow-root", "--port=0", f"--IdentityProvider.token={jupyter_pages.TOKEN}"]
    command = [sys.executable, "-m", "jupyter", *arguments, *options]
    with jupyter_pages.process(command, jupyter_pages.settings(tmp_path), folder) as server:
        said = r"(http://127\.0\.0\.1:\d+)(/[^?\s]*)\?token"
        address, path = jupyter_pages.until(lambda: re.search(said, server.log.read_text()), server).groups()
        # It says where it is some moments before it answers there.
        root = f"{address}/?token={jupyter_pages.TOKEN}"
        redirected = jupyter_pages.until(lambda: urllib.request.urlopen(root).url, server)
    assert path == opened and redirected.startswith(f"{address}{opened}?")


def test_the_first_notebook_is_there():
    assert (ROOT / server_ext.FIRST).is_file()

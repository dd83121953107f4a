"""JupyterLab, started in the kit's folder, opens the first notebook.

An extension of the Jupyter server; deploy/jupyter_server_config.json, installed with the kit, turns it on.
Jupyter reads no settings from the folder that it is started in, so the extension looks where it is.
"""

from pathlib import Path
from typing import Any

from mnist_helpers import paths

FIRST = "notebooks/01_build_the_graph.ipynb"


def _link_jupyter_server_extension(server: Any) -> None:
    lab = server.extension_manager.extension_points["lab"].app
    here = Path(server.root_dir)
    if lab.default_url == "/lab" and here.samefile(paths.ROOT) and (here / FIRST).is_file():
        lab.default_url = f"/lab/tree/{FIRST}"


def _load_jupyter_server_extension(server: Any) -> None:
    """Do nothing more; Jupyter wants this function to be there."""

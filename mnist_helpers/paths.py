"""Where things are: the data sets, the shipped model, the sample pictures, the user's own models.

In a clone of the kit they are its folders. Installed from a wheel, what the kit ships lies inside the
package, and the user's models go to a folder of the user's.
"""

import os
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).parent
INSTALLED = (PACKAGE / "pretrained").is_dir()  # from a wheel: only there the shipped model is in the package
ROOT = PACKAGE if INSTALLED else PACKAGE.parent

DATA = PACKAGE / "data"
SAMPLES = ROOT / "images"
SHIPPED_MODEL = ROOT / ("pretrained" if INSTALLED else "save/pretrained") / "model.ckpt"


def get_again(part: str) -> str:
    """Return the cure for a shipped file that is missing or damaged; ``part`` is its folder in a clone."""
    if INSTALLED:
        return "install the kit's wheel again, with pip's option --force-reinstall"
    return f"get it again, for example with: git checkout -- {part}"


def save_folder() -> Path:
    """Return the folder that the user's own models go to; it need not exist yet.

    It is what the environment variable ``MNIST_KIT_HOME`` says; without it, ``save`` in a clone, and the
    platform's folder for user data where the kit was installed from a wheel.
    """
    if home := os.environ.get("MNIST_KIT_HOME"):
        return Path(home).expanduser().absolute()
    if INSTALLED:
        return platformdirs.user_data_path("mnist-kit", appauthor=False)
    return ROOT / "save"


def trained_model() -> Path:
    """Return the checkpoint that training writes unless it is told otherwise."""
    return save_folder() / "model.ckpt"

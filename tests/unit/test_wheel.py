"""The kit without its folder: built, installed into a fresh environment, used from another place."""

import os
import re
import signal
import subprocess
import sys
import tarfile
from importlib import metadata
from pathlib import Path

import pytest

from tools.pin_dependencies import UV

ROOT = Path(__file__).parents[2]
SCRIPTS = "Scripts" if os.name == "nt" else "bin"


@pytest.fixture(scope="module")
def built(clone, tmp_path_factory) -> Path:
    """Where the source distribution, and the wheel that is made from it, are."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([UV, "build", "--quiet", "--out-dir", folder, clone], check=True)
    return folder


@pytest.fixture(scope="module")
def environment(built, tmp_path_factory) -> Path:
    """A fresh environment with the wheel and what it needs, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    (wheel,) = built.glob("*.whl")
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    pip = [UV, "pip", "install", "--quiet", "--python", folder, "--constraints", "constraints.txt"]
    subprocess.run([*pip, wheel], cwd=ROOT, check=True)
    return folder


class User:
    """Somebody who has installed the kit, at home in a folder of their own."""

    def __init__(self, environment: Path, home: Path):
        own = {"HOME": str(home), "MNIST_KIT_HOME": str(home / "models")}
        # Each start would compile TensorFlow anew with the last of these.
        others = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
        inherited = {name: text for name, text in os.environ.items() if name not in others}
        self.home, self._scripts = home, environment / SCRIPTS
        self._options = {"cwd": home, "env": inherited | own, "text": True}

    def forget(self, variable: str) -> None:
        """Remove a variable from the user's environment."""
        del self._options["env"][variable]

    def run(self, *command: object) -> subprocess.CompletedProcess:
        """What a program of the environment prints."""
        return subprocess.run(self._command(command), capture_output=True, **self._options)

    def start(self, *command: object) -> subprocess.Popen:
        return subprocess.Popen(
            self._command(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=1, **self._options
        )

    def _command(self, command: tuple[object, ...]) -> list[str]:
        program, *arguments = map(str, command)
        return [str(self._scripts / program), *arguments]


@pytest.fixture
def user(environment, tmp_path) -> User:
    return User(environment, tmp_path)


def test_a_picture_is_recognized(user):
    (user.home / "mine.png").write_bytes((ROOT / "images" / "text2.png").read_bytes())
    answer = user.run("mnist-kit", "recognize", "mine.png")
    assert (answer.returncode, answer.stdout) == (0, "The picture you imported is: 2\n"), answer.stderr


def test_the_doctor_finds_all_well(user, environment):
    found = user.run("mnist-kit", "doctor")
    assert found.returncode == 0, found.stdout + found.stderr
    assert str(environment) in found.stdout.splitlines()[0]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that is Ctrl-C for one process")
def test_a_model_is_trained_into_a_folder_of_the_users(user):
    with user.start("mnist-kit", "train") as training:
        shown = ""
        while not re.search(r" [1-9]\d*/936", shown):  # some steps
            letter = training.stderr.read(1)
            assert letter, shown
            shown += letter
        training.send_signal(signal.SIGINT)
        said, _ = training.communicate()
    assert training.returncode == 130
    model = user.home / "models" / "model.ckpt"
    assert f"saved as {model}" in said and model.with_suffix(".ckpt.index").is_file()


def test_without_a_word_models_go_to_the_users_data_and_not_into_the_environment(user, environment):
    user.forget("MNIST_KIT_HOME")
    printed = user.run("python", "-c", "from mnist_helpers import paths; print(paths.save_folder())").stdout
    folder = Path(printed.strip())
    assert folder.name == "mnist-kit" and not folder.is_relative_to(environment)


def test_the_version_is_the_projects(user):
    version = metadata.version("mnist-kit")
    assert user.run("mnist-kit", "--version").stdout == f"mnist-kit {version}\n"
    assert (
        user.run("python", "-c", "import mnist_helpers as m; print(m.__version__)").stdout == f"{version}\n"
    )


def test_the_source_distribution_is_what_git_tracks(built, clone):
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        held = {member.name.partition("/")[2] for member in tar if member.isfile()}
    tracked = {path.relative_to(clone).as_posix() for path in clone.rglob("*") if path.is_file()}
    assert held - {"PKG-INFO"} == tracked - {"uv.lock"}


def test_a_clone_is_installed_without_copies():
    """An editable installation points to the folder: there is one ``mnist_helpers``, and one model."""
    installed = metadata.files("mnist-kit")
    assert [
        file for file in installed if file.parts[0] == "mnist_helpers" or (file.size or 0) > 100_000
    ] == []

"""A class on one machine: what a student gets at home, while the kit itself belongs to somebody else."""

import os
import subprocess
import sys

import pytest
from traitlets.config import Config

from benchmarks import class_room
from mnist_helpers import paths

CONFIG = class_room.report.ROOT / "deploy" / "jupyterhub_config.py"


@pytest.fixture
def deployed(monkeypatch) -> dict:
    """What JupyterHub sees when it reads the configuration."""
    monkeypatch.setenv("CLASS_PASSWORD", "digits-are-fun")
    names = {"get_config": lambda: names["c"], "__file__": str(CONFIG), "c": Config()}
    exec(CONFIG.read_text(), names)
    return names


def make_folder(deployed: dict, home) -> None:
    command = ["sh", "-euc", deployed["PREPARE"], "sh", str(deployed["KIT"])]
    subprocess.run(command, cwd=home, check=True)


def test_the_model_that_a_student_trains_is_theirs(deployed, tmp_path):
    make_folder(deployed, tmp_path)
    kit = tmp_path / "mnist-kit"
    (kit / "save" / "model.ckpt.index").touch()
    ask = "from mnist_helpers import checkpoint, datasets; print(checkpoint.find_model()); datasets.load()"
    environment = {**os.environ, "PYTHONPATH": str(kit)}
    answer = subprocess.run(
        [sys.executable, "-c", ask], env=environment, stdout=subprocess.PIPE, text=True, cwd=kit / "notebooks"
    )
    assert answer.stdout == f"{kit}/save/model.ckpt\n" and answer.returncode == 0
    assert (kit / "save" / "pretrained" / "model.ckpt.index").samefile(f"{paths.SHIPPED_MODEL}.index")


def test_what_a_student_changed_is_still_there_at_the_next_start(deployed, tmp_path):
    make_folder(deployed, tmp_path)
    mine = tmp_path / "mnist-kit" / "notebooks" / "mine.ipynb"
    mine.write_text("{}")
    make_folder(deployed, tmp_path)
    assert mine.exists()


def test_only_students_may_come_in(deployed):
    """With the class's password, somebody who calls himself root would be root."""
    allowed = deployed["c"].Authenticator.allowed_users
    assert len(allowed) == 30 and all(name.startswith("student") for name in allowed)


def test_a_larger_class_is_reckoned_from_a_smaller():
    run = {"students": 4, "cpu_seconds_each": 10.0, "mb_after": {"pss": 3000, "own": 2400}}
    found = class_room.parts(run, hub_mb=150)
    assert found == {"hub": 150, "each": 750, "cpu_seconds": 10.0}
    assert class_room.expected(found, 4, cores=2) == {"mb": 3150, "seconds": 20}
    assert class_room.expected(found, 30, cores=2) == {"mb": 22650, "seconds": 150}

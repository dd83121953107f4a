"""The doctor: each check fails when its thing is broken, and says the cure in one line."""

import contextlib
import errno
import io
import json
import os
import platform
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from jupyter_core import paths as jupyter_paths

from mnist_helpers import checkpoint, cli, datasets, doctor, paths
from mnist_helpers.graph import build_graph
from mnist_helpers.tf1 import tf

ROOT = Path(__file__).parents[2]


def fails(name: str) -> str:
    """What the check says, which must be cause and cure in one line."""
    finding = doctor.check(name)
    assert not finding.ok and str(finding).startswith(f"FAIL  {name}: ")
    assert "\n" not in finding.says and finding.says.count(" — ") == 1
    return finding.says


@pytest.fixture
def run_here(monkeypatch):
    """Run the doctor's program in this process, which has imported TensorFlow already."""

    def run(command: list[str], **_) -> subprocess.CompletedProcess:
        assert command[1:3] == ["-P", "-c"]
        monkeypatch.setattr(sys, "argv", ["-c", *command[4:]])
        with (
            contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), write_through=True)) as out,
            contextlib.redirect_stderr(io.StringIO()) as err,
        ):
            try:
                exec(command[3], {})
            except SystemExit as end:
                code = end.code
            if isinstance(code, str):
                print(code, file=sys.stderr)
                code = 1
        return subprocess.CompletedProcess(command, code, out.buffer.getvalue().decode(), err.getvalue())

    monkeypatch.setattr(subprocess, "run", run)


@pytest.fixture
def jupyter_path(tmp_path, monkeypatch) -> Path:
    """A folder where Jupyter looks first."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    return tmp_path


def test_the_command_finds_this_installation_well():
    before = os.times()
    result = subprocess.run(
        [sys.executable, "-m", "mnist_helpers.cli", "doctor"], cwd=ROOT, capture_output=True, text=True
    )
    used = np.subtract(os.times(), before)  # the processor's seconds: what else the machine does is not meant
    assert used[2] + used[3] < 20
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    names = [line.removeprefix("OK    ").partition(":")[0] for line in result.stdout.splitlines()]
    assert names == list(doctor.CHECKS)


def test_the_command_and_the_notebook_print_the_same_lines_and_one_fail_is_exit_1(monkeypatch, capsys):
    def stumble() -> str:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(doctor, "CHECKS", {"first": stumble, "second": lambda: "fine"})
    assert cli.main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert doctor.examine() is None
    assert capsys.readouterr().out == printed
    failed, fine = printed.splitlines()
    assert failed.startswith("FAIL  first: RuntimeError: two lines — ") and fine == "OK    second: fine"


def test_tensorflow_is_left_to_another_process():
    code = (
        "import sys; from mnist_helpers import doctor\n"
        "for name in doctor.CHECKS:\n"
        "    if 'model' not in name: assert doctor.check(name).ok, name\n"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_cure_is_a_command_for_this_kind_of_environment(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "KIT", "no-such-kit")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    for name in ("Python", "packages"):
        assert fails(name).endswith("pip install -c constraints.txt -e .")
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\nuv = 0.13.9\n")
    for name in ("Python", "packages"):
        assert fails(name).endswith("uv sync")


def test_another_python(monkeypatch):
    monkeypatch.setattr(platform, "python_version", lambda: "3.9.18")
    assert "3.9.18 is not " in fails("Python")


def test_packages_that_differ_or_are_missing_are_all_named(tmp_path, monkeypatch):
    old = tmp_path / "tqdm-1.0.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: tqdm\nVersion: 1.0\n")
    (tmp_path / "mnist_kit-0.1.0.dist-info").mkdir()
    (tmp_path / "mnist_kit-0.1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: mnist-kit\nVersion: 0.1.0\n"
        "Requires-Dist: tqdm==4.70.1\nRequires-Dist: no-such-package==1.0\n"
        "Requires-Dist: not-for-here==1.0 ; sys_platform == 'nowhere'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    says = fails("packages")
    assert "tqdm is 1.0, not ==4.70.1, no-such-package is missing —" in says


def test_a_package_that_a_check_needs_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert "psutil" in fails("memory")


def test_little_memory(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(doctor, "CONTAINER_LIMITS", [tmp_path / "none", limit])
    limit.write_text("max\n")
    assert doctor.check("memory").ok
    limit.write_text("800000000\n")
    assert "only 0.8 GB are free" in fails("memory")

    def unknown() -> None:
        raise NotImplementedError

    monkeypatch.setattr(psutil, "virtual_memory", unknown)
    assert doctor.check("memory").ok and "unknown" in doctor.check("memory").says


@pytest.mark.parametrize("name", ["save", "logs"])
def test_a_folder_that_is_read_only_or_full(name, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert doctor.check(f"folder {name}").ok and not list(tmp_path.iterdir()), "nothing is left behind"
    (tmp_path / name).mkdir()
    assert doctor.check(f"folder {name}").ok
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**10, 10**10 - 10**8, 10**8)
    )
    assert "only 0.1 GB are free" in fails(f"folder {name}")

    def read_only(dir: Path) -> None:  # root may write where permissions say no, so that this is pretended
        assert dir == tmp_path / name
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", read_only)
    assert f"{tmp_path / name} cannot be written" in fails(f"folder {name}")


def test_the_wrong_kernel(jupyter_path):
    spec = jupyter_path / "kernels" / "python3" / "kernel.json"
    other = jupyter_path / "bin" / "python"  # another virtual environment of the same Python
    spec.parent.mkdir(parents=True)
    other.parent.mkdir()
    other.symlink_to(sys.executable)
    for starts, right in (
        ("python", True),
        (sys.executable, True),
        (other, False),
        ("/no/such/python", False),
        ("no-such-python", False),
    ):
        argv = [str(starts), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
        if right:
            assert doctor.check("kernel").ok
        else:
            says = fails("kernel")
            assert str(starts) in says and f"remove the folder {spec.parent}" in says


@pytest.mark.parametrize(
    ("name", "extension"), [("widgets", "@jupyter-widgets/jupyterlab-manager"), ("anywidget", "anywidget")]
)
def test_the_widgets_front_end(name, extension, jupyter_path, monkeypatch):
    assert doctor.check(name).ok, "an empty folder hides nothing"
    here = next(Path(place, extension) for place in jupyter_paths.jupyter_path("labextensions")[1:])
    hiding = jupyter_path / "labextensions" / extension
    hiding.mkdir(parents=True)
    description = (here / "package.json").read_text()
    version = json.loads(description)["version"]

    (hiding / "package.json").write_text(description)
    assert "only half there" in fails(name)
    for other in (description.replace(f'"{version}"', '"0.0.1"'), "{"):
        (hiding / "package.json").write_text(other)
        says = fails(name)
        assert f"takes {hiding}, which is not what came with" in says and "remove that folder" in says

    monkeypatch.setattr(jupyter_paths, "jupyter_path", lambda *_: [str(jupyter_path / "none")])
    assert "none of the folders where Jupyter looks" in fails(name)


@pytest.mark.parametrize("missing", ["pad.js", "pad.css", "draw.ipynb"])
def test_a_file_of_the_pad_is_missing(missing, tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "doctor.py"))
    (tmp_path / "widgets").mkdir()
    for name in ("pad.js", "pad.css", "draw.ipynb"):
        shutil.copy(ROOT / "mnist_helpers" / "widgets" / name, tmp_path / "widgets")
    assert doctor.check("drawing pad").ok
    (tmp_path / "widgets" / missing).write_text("")
    assert missing in fails("drawing pad")
    (tmp_path / "widgets" / missing).unlink()
    assert missing in fails("drawing pad")


@pytest.mark.parametrize(
    ("name", "load", "file"),
    [
        ("MNIST's pictures", "load", datasets.MNIST_FILE),
        ("drawn digits", "load_drawings", datasets.DRAWINGS_FILE),
    ],
)
def test_a_data_file_is_damaged_or_missing(name, load, file, tmp_path, monkeypatch):
    copy = tmp_path / file.name
    monkeypatch.setattr(datasets, load, partial(getattr(datasets, load), copy))
    assert f"there is no {copy} — get it again" in fails(name)
    copy.write_bytes(file.read_bytes()[:-1000])
    says = fails(name)
    assert "damaged" in says and says.count("git checkout -- mnist_helpers/data") == 1


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("shipped model", "git checkout -- save/pretrained"),
        ("your own model", "train again (notebook 02) or remove "),
    ],
)
def test_a_model_is_damaged(name, cure, copied_model, monkeypatch, run_here):
    monkeypatch.setenv("MNIST_KIT_HOME", str(copied_model.parent))
    monkeypatch.setattr(paths, "SHIPPED_MODEL", copied_model)
    assert doctor.check(name).says == f"{name}: reads the 2 in text2.png"
    with open(f"{copied_model}.meta", "r+b") as stream:  # which no answer needs
        stream.write(b"?")
    says = fails(name)
    assert "model.ckpt.meta is not what was saved" in says and cure in says
    os.truncate(f"{copied_model}.data-00000-of-00001", 1_000_000)
    says = fails(name)
    assert "damaged" in says and cure in says and "copy the whole set" not in says
    os.remove(f"{copied_model}.data-00000-of-00001")
    says = fails(name)
    assert "is only half there" in says and cure in says


def test_a_model_that_answers_wrongly(tmp_path, monkeypatch, run_here):
    network = build_graph()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        network.variables[-1].load(np.eye(10, dtype=np.float32)[7] * 100, session)  # it names everything 7
        checkpoint.save(session, network.variables, tmp_path / "model.ckpt")
    monkeypatch.setenv("MNIST_KIT_HOME", str(tmp_path))
    says = fails("your own model")
    assert "got the answer" in says and "is: 7" in says and "train again" in says


def test_a_model_of_ones_own_with_the_number_of_a_step_is_asked(copied_model, monkeypatch, run_here):
    monkeypatch.setenv("MNIST_KIT_HOME", str(copied_model.parent))
    for file in list(copied_model.parent.glob("model.ckpt.*")):
        file.rename(file.with_name(file.name.replace("model.ckpt", "model.ckpt-20000")))
    assert doctor.check("your own model").says == "your own model: reads the 2 in text2.png"
    os.truncate(f"{copied_model}-20000.data-00000-of-00001", 1_000_000)
    assert f"remove {copied_model}-20000.*" in fails("your own model")


def test_no_model_of_ones_own_is_fine_and_no_shipped_one_is_not(tmp_path, monkeypatch, run_here):
    monkeypatch.setenv("MNIST_KIT_HOME", str(tmp_path))
    assert doctor.check("your own model") == (True, "your own model: none yet, so the shipped one is used")
    monkeypatch.setattr(paths, "SHIPPED_MODEL", tmp_path / "model.ckpt")
    assert "there is no checkpoint" in fails("shipped model")


def test_the_sample_picture_is_missing(tmp_path, monkeypatch, run_here):
    monkeypatch.setattr(doctor, "SAMPLE", tmp_path / "text2.png")
    assert "text2.png" in fails("shipped model") and "git checkout -- images" in fails("shipped model")


@pytest.mark.parametrize(
    ("program", "cause"),
    [
        ("kill -ABRT $$", "TensorFlow cannot be used, exit code -6"),
        ("echo 'ImportError: no such library' >&2; exit 1", "exit code 1 (ImportError: no such library)"),
        ("exec sleep 5", "no answer in 0.2 s"),
    ],
)
def test_a_tensorflow_that_ends_its_process_or_never_answers(program, cause, tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{program}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    if "sleep" in program:
        monkeypatch.setattr(doctor, "LONGEST_ANSWER", 0.2)
    assert cause in fails("shipped model")

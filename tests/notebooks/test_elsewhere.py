"""The kit where little is allowed: strange names, read-only, no home, ``LC_ALL=C``, no network, 40 columns.

All at once, since each start of TensorFlow takes seconds. What the command line leaves on the disk, unpickles
and asks of the network is seen in the same runs; what all notebooks do, in those of test_notebooks.py.
"""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from elsewhere import ROOT, Elsewhere

COLUMNS = 40

# One process for many commands, each a line of JSON; as it ends, a command says how.
COMMANDS = """
import json, sys
from mnist_helpers import cli
for line in sys.stdin:
    try:
        code = cli.main(json.loads(line))
    except SystemExit as end:
        code = end.code
    print(f"<exit code {code}>", flush=True)
"""

# Runs a notebook, and prints what it printed in red.
NOTEBOOK = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
try:
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": sys.argv[2]}}).execute()
finally:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                print(ascii(output.text))
"""

STRANGE = (  # names of pictures
    "an é, a dash – and a 🙂.png",
    "-leading dash.png",
    "two\nlines.png",
    os.fsdecode(b"latin-1 \xe9.png"),  # as from an old archive
)


def as_a_user() -> list[str]:
    """What to put before a command lest root, whom permissions do not stop, may write everywhere."""
    if os.geteuid():
        return []
    setpriv = shutil.which("setpriv")
    assert setpriv, "run these tests as an ordinary user, or as root with setpriv (util-linux)"
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search"]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Elsewhere]:
    """The kit, read-only, and a home that cannot be written."""
    place = Elsewhere(tmp_path_factory.mktemp("élève 1"))
    (place.kit / "logs").mkdir()
    readable = [place.home, place.kit, *(path for path in place.kit.rglob("*") if path.is_dir())]
    for folder in readable:
        folder.chmod(0o555)
    # Notebook 03 copies it with its permissions, which in a read-only file system are the usual ones.
    (place.kit / "save" / "pretrained").chmod(0o755)
    yield place
    for folder in readable:
        folder.chmod(0o755)


def poor(place: Elsewhere) -> dict[str, str]:
    """The environment there, with a terminal that knows ASCII alone."""
    languages = ("LANG", "LC_", "LANGUAGE", "PYTHONUTF8", "COLUMNS", "LINES")
    kept = {name: value for name, value in place.environment.items() if not name.startswith(languages)}
    return kept | {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}


class Terminal:
    """A terminal of 40 columns in which commands of ``mnist-kit`` run, one after the other."""

    def __init__(self, place: Elsewhere, folder: Path):
        self._screen, terminal = pty.openpty()
        termios.tcsetwinsize(terminal, (24, COLUMNS))
        self.process = subprocess.Popen(
            [*as_a_user(), sys.executable, "-c", COMMANDS],
            cwd=folder,
            env=poor(place),
            stdin=subprocess.PIPE,
            stdout=terminal,
            stderr=terminal,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's & turns it off
        )
        os.close(terminal)

    def run(self, *arguments: object) -> tuple[str, int]:
        r"""What a command prints, with \r where the line begins anew; and its exit code."""
        self.begin(*arguments)
        return self.end()

    def begin(self, *arguments: object) -> None:
        self.process.stdin.write(json.dumps([str(argument) for argument in arguments]).encode() + b"\n")
        self.process.stdin.flush()

    def end(self) -> tuple[str, int]:
        printed = self.until(r"<exit code (.*)>\n")
        text, code, _ = re.split(r"<exit code (.*)>\n", printed)
        return text, int(code)

    def until(self, pattern: str) -> str:
        """What is printed until the pattern is there."""
        printed = b""
        while not re.search(pattern, text := printed.decode().replace("\r\n", "\n")):
            try:
                printed += os.read(self._screen, 4096)
            except OSError:  # the other end is closed
                pytest.fail(f"it ended by itself: {text}")
        return text

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where the student works: pictures of a 2 with strange names, a folder of them, and results."""
    folder = tmp_path_factory.mktemp("devoirs été 🙂")
    (folder / "Zoë").mkdir()
    for name in STRANGE:
        shutil.copy(ROOT / "images" / "text2.png", folder / name)
        shutil.copy(ROOT / "images" / "text2.png", folder / "Zoë" / f"2_{name}")
    shutil.copy(ROOT / "images" / "text3.png", folder / "Zoë" / "2_mistaken – é.png")
    return folder


@pytest.fixture(scope="module")
def terminal(place, folder) -> Iterator[Terminal]:
    terminal = Terminal(place, folder)
    yield terminal
    terminal.close()


def fits(bar: str) -> bool:
    """Whether a progress bar was drawn and stayed on its one line."""
    states = bar.strip("\r\n").split("\r")
    return len(states) > 1 and all("\n" not in state and len(state) <= COLUMNS for state in states)


def test_help_fits_the_terminal(terminal):
    for command in ([], ["recognize"], ["score"], ["draw"], ["train"], ["doctor"]):
        printed, code = terminal.run(*command, "--help")
        usage, _, rest = printed.partition("\n\n")
        assert code == 0 and usage.startswith("usage: mnist-kit")
        assert (
            max(map(len, rest.splitlines())) <= COLUMNS
        )  # argparse lets the usage stick out by some letters


def test_pictures_of_any_name_are_answered_and_a_missing_one_is_one_line(terminal):
    printed, code = terminal.run("recognize", "--", *STRANGE, "gone é 🙂\n.png")
    *answered, missing = re.split(r"(?<=is: 2)\n", printed)
    assert code == 2 and len(answered) == len(STRANGE)
    assert r"\xe9" in answered[0] and answered[1].startswith("-leading dash.png: ")
    assert re.fullmatch(r"mnist-kit: cannot open 'gone .*no such file.*\n", missing)


def test_a_folder_is_scored_into_files_of_any_name(terminal, folder):
    results = folder / "é – 🙂.json", folder / "é – 🙂.png"
    printed, code = terminal.run("score", ".", "--json", results[0], "--sheet", results[1])
    bar, labels_from, table = re.split("(labels from .*\n\n)", printed)
    assert code == 0 and fits(bar) and "2 for Zo" in labels_from and r"Zo\xeb" in table and "80.00%" in table
    paths = [picture["path"] for picture in json.loads(results[0].read_text())["pictures"]]
    assert sorted(paths) == sorted(f"Zoë/{file.name}" for file in (folder / "Zoë").iterdir())
    assert results[1].read_bytes().startswith(b"\x89PNG")


def test_training_that_cannot_be_saved_says_so_before_it_begins(terminal):
    printed, code = terminal.run("train")
    assert code == 1
    assert re.fullmatch(r"mnist-kit: .*save cannot be written \(Permission denied\): .*--model\n", printed)


def test_the_doctor_names_what_cannot_be_written_and_nothing_else(terminal, place):
    printed, code = terminal.run("doctor")
    lines = printed.splitlines()
    assert code == 1 and all(re.match("OK    |FAIL  ", line) for line in lines), printed
    failed = [line for line in lines if line.startswith("FAIL")]
    for line, name in zip(failed, ("folder save", "folder logs", "Jupyter's folder"), strict=True):
        assert line.startswith(f"FAIL  {name}: ") and "Permission denied" in line
    assert "JUPYTER_RUNTIME_DIR" in failed[-1]


@pytest.fixture(scope="module")
def where_to_write(place) -> None:
    """From here on ``save`` and ``logs``, and nothing else, may be written."""
    for name in ("save", "logs"):
        (place.kit / name).chmod(0o755)


def test_save_is_all_that_training_needs(where_to_write, terminal, place):
    terminal.begin("train")
    bar = terminal.until(r" [1-9]\d/936")
    terminal.process.send_signal(signal.SIGINT)
    printed, code = terminal.end()
    assert code == 130 and fits(bar) and "interrupted after" in printed and "Traceback" not in printed
    assert (place.kit / "save" / "model.ckpt.index").is_file()
    assert (place.kit / "save" / "predictions.npy").is_file()


def test_save_is_all_that_notebook_03_needs(where_to_write, place):
    for file in (place.kit / "save").glob("model.ckpt*"):
        file.unlink()
    path = place.kit / "notebooks" / "03_restore_and_recognize.ipynb"
    result = subprocess.run(
        [*as_a_user(), sys.executable, "-W", "ignore", "-c", NOTEBOOK, path, path.parent],
        env=poor(place),
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (0, ""), result.stderr


def test_nothing_else_was_written_nor_unpickled_nor_asked_of_the_network(place, folder, terminal):
    terminal.run("recognize", place.kit / "images" / "text2.png")  # at least this, if the test runs alone
    terminal.close()
    assert place.leaks([folder / "é – 🙂.json", folder / "é – 🙂.png"]) == []

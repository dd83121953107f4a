"""Examine the installation: ``mnist-kit doctor``, or ``doctor.examine()`` in a notebook.

One line a check, ``OK    …`` or ``FAIL  … — cure``. No check needs another one's success, and whatever a
check stumbles over becomes its line. Packages are imported by the checks that use them, so that this
module can be imported where nothing but Python works.
"""

import base64
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from mnist_helpers import paths

KIT = "mnist-kit"
SAMPLE = paths.SAMPLES / "text2.png"  # a 2

FREE_DISK = 1e9  # bytes: models, logs and notebooks with room to spare; one training model is 39 MB
# Bytes. Peaks of resident memory, measured: 0.74 GB in a kernel that restores and recognizes, 0.84 to 1.31 GB
# in each notebook run from top to bottom; and a margin.
FREE_MEMORY = 1.5e9
CONTAINER_LIMITS = [  # where Linux says what a container may use, in bytes; control groups 2 and 1
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
]
# Every file of a model's set is verified, also those that an answer does not need.
CHECK_AND_ASK = """
import sys
from mnist_helpers import checkpoint, cli
model, picture = sys.argv[1:]
try:
    checkpoint.check(model)
except checkpoint.CheckpointError as error:
    sys.exit(f"mnist-kit: {error}")
sys.exit(cli.main(["recognize", "--model", model, picture]))
"""
LONGEST_ANSWER = 300  # seconds; some 4 are usual, most of them for TensorFlow, minutes on a busy machine


class Finding(NamedTuple):
    """What one check found."""

    ok: bool
    says: str  # one line; of a failure, cause and cure

    def __str__(self) -> str:
        return f"{'OK  ' if self.ok else 'FAIL'}  {self.says}"


class _Failure(Exception):
    """A check's: cause and cure."""


def examine() -> None:
    """Print a line for each check; raises nothing."""
    for finding in findings():
        print(finding, flush=True)


def findings() -> Iterator[Finding]:
    """Do all checks and give what each found, in their order; some 10 seconds; raises nothing."""
    # Two at once: the models wait for TensorFlow, each in a process of its own.
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(check, CHECKS)


def check(name: str) -> Finding:
    """Do one check by its name in ``CHECKS``. Raises KeyError if there is none of that name."""
    examined = CHECKS[name]
    try:
        ok, says = True, examined()
    except _Failure as failure:
        ok, says = False, " — ".join(failure.args)
    except Exception as error:  # mostly ImportError: a package that a check uses is missing or broken
        ok, says = False, f"{type(error).__name__}: {error} — {_install()}"
    return Finding(ok, " ".join(f"{name}: {says}".split()))


def _install(package: str | None = None) -> str:
    """Name the command that installs what the kit needs, or one package afresh.

    It depends on how the kit was installed, and on who made the environment: one that uv made holds no pip.
    """
    if paths.INSTALLED:
        return paths.get_again("")
    made_by = Path(sys.prefix, "pyvenv.cfg")
    if made_by.is_file() and "\nuv = " in made_by.read_text(errors="replace"):
        command = f"uv sync --reinstall-package {package}" if package else "uv sync"
    elif package:
        command = f"pip install --force-reinstall --no-deps -c constraints.txt {package}"
    else:
        command = "pip install -c constraints.txt -e ."
    return f"in the kit's folder, run: {command}"


def _cause(message: str) -> str:
    """Take the cure off a message of the kit's own, which ends with it: the doctor's is meant for here."""
    return message.rpartition("; ")[0] or message.rpartition(": ")[0] or message


def _python() -> str:
    from packaging.specifiers import SpecifierSet

    version, allowed = platform.python_version(), metadata.metadata(KIT)["Requires-Python"]
    if not SpecifierSet(allowed).contains(version, prereleases=True):
        raise _Failure(f"{version} is not {allowed}", "install one that is, and the kit anew with it")
    return f"{version} in {sys.prefix}"


def _packages() -> str:
    from packaging.requirements import Requirement

    pins = [Requirement(line) for line in metadata.requires(KIT) or ()]
    pins = [pin for pin in pins if pin.marker is None or pin.marker.evaluate({"extra": ""})]
    wrong = []
    for pin in pins:
        try:
            version = metadata.version(pin.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{pin.name} is missing")
            continue
        if not pin.specifier.contains(version, prereleases=True):
            wrong.append(f"{pin.name} is {version}, not {pin.specifier}")
    if wrong:
        raise _Failure(", ".join(wrong), _install())
    return f"all {len(pins)} are the kit's versions"


def _kernel() -> str:
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_core.paths import jupyter_path

    # By itself it asks IPython for one folder more, which makes it, and if it cannot warns at length.
    spec = KernelSpecManager(kernel_dirs=jupyter_path("kernels")).get_kernel_spec("python3")
    command = spec.argv[0]
    # Jupyter takes these names for the Python that it runs with itself, whatever the PATH says.
    if command not in ("python", "python3", f"python3.{sys.version_info.minor}"):
        starts, this = Path(shutil.which(command) or command), Path(sys.executable)
        # In two virtual environments python may be a link to one file: the folder tells them apart.
        if not (starts.exists() and starts.samefile(this) and starts.parent.samefile(this.parent)):
            raise _Failure(
                f"python3 starts {starts}, not {this}",
                f"remove the folder {spec.resource_dir} and start Jupyter again",
            )
    return "python3 starts this Python"


def _labextension(package: str, name: str) -> str:
    from jupyter_core.paths import jupyter_path

    places = [Path(place, name) for place in jupyter_path("labextensions")]
    found = next((place for place in places if (place / "package.json").is_file()), None)
    if found is None:
        raise _Failure(f"{name} is in none of the folders where Jupyter looks", _install(package))
    description = (found / "package.json").read_bytes()
    version = metadata.version(package)
    # The two sides may count their versions differently; that one came with the other is in pip's record.
    files = metadata.files(package) or ()
    came = next((file.hash for file in files if file.match(f"labextensions/{name}/package.json")), None)
    digest = base64.urlsafe_b64encode(hashlib.sha256(description).digest()).decode().rstrip("=")
    if came and came.value != digest:
        raise _Failure(
            f"Jupyter takes {found}, which is not what came with {package} {version}",
            f"remove that folder; {_install(package)}",
        )
    about = json.loads(description)
    if not (found / about["jupyterlab"]["_build"]["load"]).is_file():
        raise _Failure(f"{found} is only half there", _install(package))
    return f"{name} {about['version']} came with {package} {version}"


def _pad() -> str:
    names = ("pad.js", "pad.css", "draw.ipynb")
    for name in names:
        file = Path(__file__).parent / "widgets" / name
        if not file.is_file() or not file.stat().st_size:
            raise _Failure(f"{file} is missing or empty", paths.get_again("mnist_helpers"))
    return f"{', '.join(names)} are there"


def _folder(folder: Path) -> str:
    place = _writable(folder, "set MNIST_KIT_HOME to a folder of your own")
    free = shutil.disk_usage(place).free
    if free < FREE_DISK:
        raise _Failure(
            f"only {free / 1e9:.1f} GB are free, {FREE_DISK / 1e9:.1f} GB should be",
            "free the disk, or set MNIST_KIT_HOME to a folder on another",
        )
    return f"can be written, {free / 1e9:.1f} GB free"


def _jupyter() -> str:
    from jupyter_core.paths import jupyter_runtime_dir

    _writable(Path(jupyter_runtime_dir()), "set JUPYTER_RUNTIME_DIR to a folder of your own")
    return "can be written"


def _writable(folder: Path, cure: str) -> Path:
    """See whether files can be made in a folder, or where it will be made when it is needed: that place."""
    place = next(place for place in (folder, *folder.parents) if os.path.exists(place))
    try:
        with tempfile.TemporaryFile(dir=place):  # permissions tell too little: root, mounts, Windows
            return place
    except OSError as error:
        raise _Failure(f"{folder} cannot be written ({error.strerror})", f"allow it, or {cure}") from error


def _memory() -> str:
    import psutil

    try:
        free = psutil.virtual_memory().available
    except (OSError, RuntimeError, psutil.Error):
        return f"how much is free is unknown; a notebook takes up to {FREE_MEMORY / 1e9:.1f} GB"
    # A container, such as Binder's, may be allowed less than the machine has.
    for limit in CONTAINER_LIMITS:
        try:
            free = min(free, int(limit.read_text()))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    if free < FREE_MEMORY:
        raise _Failure(
            f"only {free / 1e9:.1f} GB are free, a notebook takes up to {FREE_MEMORY / 1e9:.1f} GB",
            "shut other notebooks down and close other programs",
        )
    return f"{free / 1e9:.1f} GB free"


def _data(load: str) -> str:
    from mnist_helpers import datasets

    try:
        getattr(datasets, load)()
    except datasets.DatasetError as error:
        raise _Failure(_cause(str(error)), paths.get_again("mnist_helpers/data")) from error
    return "the original ones"


def _model(model: Path, cure: str) -> str:
    """Ask the model as a student would, in a process of its own.

    A TensorFlow that its machine cannot run does not raise: it ends its process. And a notebook's kernel
    stays as it is.
    """
    command = [sys.executable, "-P", "-c", CHECK_AND_ASK, str(model), str(SAMPLE)]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_ANSWER)
    except subprocess.TimeoutExpired:
        raise _Failure(f"no answer in {LONGEST_ANSWER} s", "close other programs and try again") from None
    answer, last = result.stdout.strip(), (result.stderr.splitlines() or [""])[-1]
    if last.startswith("mnist-kit: "):
        cause = _cause(last.removeprefix("mnist-kit: "))
        raise _Failure(cause, cure if result.returncode == 1 else paths.get_again("images"))
    if result.returncode:
        raise _Failure(f"TensorFlow cannot be used, exit code {result.returncode} ({last})", _install())
    if answer != "The picture you imported is: 2":
        raise _Failure(f'the 2 in {SAMPLE.name} got the answer "{answer}"', cure)
    return f"reads the 2 in {SAMPLE.name}"


def _own_model() -> str:
    from mnist_helpers import checkpoint_paths

    own = checkpoint_paths.own_model()
    if own is None:
        return "none yet, so the shipped one is used"
    return _model(own, f"train again (notebook 02) or remove {own}.*")


# The quick ones first: what they find is there to read while TensorFlow is imported, which takes seconds
# and memory.
CHECKS: dict[str, Callable[[], str]] = {
    "Python": _python,
    "packages": _packages,
    "memory": _memory,
    "folder save": lambda: _folder(paths.save_folder()),
    **({} if paths.INSTALLED else {"folder logs": lambda: _folder(paths.ROOT / "logs")}),
    "Jupyter's folder": _jupyter,
    "kernel": _kernel,
    "widgets": lambda: _labextension("jupyterlab_widgets", "@jupyter-widgets/jupyterlab-manager"),
    "anywidget": lambda: _labextension("anywidget", "anywidget"),
    "drawing pad": _pad,
    "MNIST's pictures": lambda: _data("load"),
    "drawn digits": lambda: _data("load_drawings"),
    "shipped model": lambda: _model(paths.SHIPPED_MODEL, paths.get_again("save/pretrained")),
    "your own model": _own_model,
}

"""The kit in another place, watched: what programs leave there on the disk, unpickle, ask of the network."""

import json
import os
import shutil
from collections.abc import Collection
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("notebooks", "mnist_helpers", "images", "save/pretrained")

# What other packages keep at home for their next start, or in a temporary folder if they cannot. They would
# do so for any program.
KEPT = (
    ".cache/matplotlib/*",  # a list of the machine's fonts, as JSON
    ".keras/keras.json",  # Keras's settings, written as soon as TensorFlow imports it
    "profile_default/startup/README",  # of IPython's profile, which a kernel makes
)


class Elsewhere:
    """A copy of the kit where nobody has trained yet, with a home and a temporary folder of its own."""

    def __init__(self, folder: Path):
        self.kit, self.home, self.temporary = (folder / name for name in ("mnist kit", "home", "tmp"))
        self._log = folder / "witness.jsonl"
        for place in (self.home, self.temporary):
            place.mkdir()
        self._log.touch()
        for part in PARTS:
            without = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, self.kit / part, ignore=without)
        self._before = self._kit_files()

    @property
    def environment(self) -> dict[str, str]:
        """For programs that import the kit from here: they are watched, and cut off from the network."""
        places = {"HOME": self.home, "TMPDIR": self.temporary, "WITNESS": self._log}
        places["KERAS_HOME"] = self.home / ".keras"  # else /tmp/.keras if the home cannot be written
        path = os.pathsep.join(map(str, (ROOT / "tests" / "witness", self.kit)))
        others = ("XDG_", "MPLCONFIGDIR", "IPYTHON", "JUPYTER", "KERAS_HOME")  # they would name other places
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        return inherited | {name: str(place) for name, place in places.items()} | {"PYTHONPATH": path}

    def leaks(self, named: Collection[Path] = ()) -> list[str]:
        """What was written elsewhere than to ``save``, ``logs`` and the files named; unpickled; asked for."""
        noted = [json.loads(line) for line in self._log.read_text().splitlines()]
        # What is gone again was temporary.
        written = {Path(name) for kind, name in noted if kind == "written" and Path(name).is_file()}
        written |= {self.kit / name for name, _ in self._before.items() ^ self._kit_files().items()}
        for place in (self.home, self.temporary):
            written |= {file for file in place.rglob("*") if not file.is_dir()}
        leaks = {f"{kind} {name}" for kind, name in noted if kind != "written"}
        leaks |= {f"written {file}" for file in written.difference(named) if not self._may_be(file)}
        return sorted(leaks)

    def _may_be(self, file: Path) -> bool:
        if file.parent.name == "__pycache__":
            return True
        if any(map(file.is_relative_to, (self.home, self.temporary))):
            return any(map(file.match, KEPT))
        made = any(file.is_relative_to(self.kit / name) for name in ("save", "logs"))
        return made and not file.is_relative_to(self.kit / "save" / "pretrained")

    def _kit_files(self) -> dict[Path, tuple[int, int]]:
        """The size and the time, in ns, of each of the kit's files, by its path below the kit."""
        files = [file for file in self.kit.rglob("*") if file.is_file()]
        return {file.relative_to(self.kit): (file.stat().st_size, file.stat().st_mtime_ns) for file in files}

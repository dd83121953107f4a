"""Pin what a clone installs: ``uv run python -m tools.pin_dependencies`` after a change of dependencies.

It resolves pyproject.toml anew, as if nothing were pinned but the direct dependencies, and writes every
version that comes out into constraints.txt and into the two lists in pyproject.toml. For newer versions,
first set ``exclude-newer`` there to a later day.
"""

import os
import re
import subprocess
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = os.environ.get("UV", "uv")  # `uv run` says where it is


def export(folder: Path) -> str:
    """Resolve the project in a folder and return the pins of all its groups, a line each."""
    options = "--all-groups --no-hashes --no-emit-project --no-annotate --no-header --format requirements.txt"
    return _uv(folder, "export", *options.split())


def build_pins(folder: Path) -> str:
    """Resolve what builds the project in a folder and return the pins, a line each."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    with tempfile.TemporaryDirectory() as temporary:
        needed, pinned = Path(temporary, "needed.txt"), Path(temporary, "pinned.txt")
        needed.write_text("\n".join(project["build-system"]["requires"]))
        pinned.write_text("\n".join(project["tool"]["uv"]["build-constraint-dependencies"]))
        options = ["--constraints", pinned, "--universal", "--no-annotate", "--no-header"]
        return _uv(folder, "pip", "compile", needed, *options)


def with_lists(pyproject: str, **lists: str) -> str:
    """Replace lists of pyproject.toml.

    Parameters
    ----------
    pyproject
        Text of the file.
    lists
        By the name of a list, with _ for -, its new entries, a line each.

    Returns
    -------
    str
        The new text.
    """
    for name, pins in lists.items():
        entries = "".join(f'    "{pin}",\n' for pin in pins.splitlines())
        before, start, rest = pyproject.partition(f"\n{name.replace('_', '-')} = [\n")
        end = re.search(r"^\]$", rest, re.MULTILINE)
        assert end, f"pyproject.toml has no list {name}"
        pyproject = before + start + entries + rest[end.start() :]
    return pyproject


def _uv(folder: Path, *arguments: str | Path) -> str:
    command = [UV, *arguments, "--quiet", "--directory", folder]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def main() -> None:
    """Write constraints.txt and both lists."""
    pyproject = (ROOT / "pyproject.toml").read_text()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        unpinned = with_lists(pyproject, constraint_dependencies="", build_constraint_dependencies="")
        (folder / "pyproject.toml").write_text(unpinned)
        constraints, build = export(folder), build_pins(folder)
    (ROOT / "constraints.txt").write_text(constraints)
    pinned = with_lists(pyproject, constraint_dependencies=constraints, build_constraint_dependencies=build)
    (ROOT / "pyproject.toml").write_text(pinned)


if __name__ == "__main__":
    main()

"""One list of dependencies: what is imported, declared, pinned, resolved and installed is the same."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import pin_dependencies

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONSTRAINTS = [Requirement(line) for line in (ROOT / "constraints.txt").read_text().splitlines()]
DECLARED = {
    "student": PROJECT["project"]["dependencies"],
    **PROJECT["project"]["optional-dependencies"],
    **PROJECT["dependency-groups"],
}

# Installed, and imported by nobody: programs, and what other packages find by themselves.
RUN = {
    "student": {
        "jupyterlab",  # `jupyter lab`
        "jupyterlab-slideshow",  # in JupyterLab
        "pytest",  # `pytest notebooks`
        "nbval",  # in pytest
    },
    "dev": {
        "pytest-timeout",  # in pytest
        "pytest-xdist",  # in pytest
        "notebook",  # `jupyter notebook`
        "ruff",
        "mypy",
        "pre-commit",
    },
    "hub": {"jupyterhub"},
}
WHERE = {  # who imports what is declared
    "student": ("mnist_helpers", "notebooks"),
    "dev": ("tests", "tools", "benchmarks", "deploy"),
    "torch": ("benchmarks",),
    "hub": ("deploy",),
}


def version(requirement: Requirement) -> str:
    """The one version that an exact pin allows."""
    (pin,) = requirement.specifier
    assert pin.operator == "==" and "*" not in pin.version, f"{requirement} is no exact pin"
    return pin.version


@pytest.fixture(scope="module")
def resolved(clone) -> str:
    """What uv resolves in a clone that has no lock file, as constraints.txt would say it; now it has one."""
    (clone / "uv.lock").unlink(missing_ok=True)
    return pin_dependencies.export(clone)


def test_a_clone_without_a_lock_file_resolves_to_the_constraints(clone, resolved):
    pinned = PROJECT["tool"]["uv"]["constraint-dependencies"]
    build = PROJECT["tool"]["uv"]["build-constraint-dependencies"]
    again = "write it again: uv run python -m tools.pin_dependencies"
    assert (ROOT / "constraints.txt").read_text() == resolved, again
    assert pinned == resolved.splitlines(), again
    assert build == pin_dependencies.build_pins(clone).splitlines(), again


def test_direct_dependencies_are_pinned_exactly_and_stand_in_the_constraints():
    pinned = {requirement.name: version(requirement) for requirement in CONSTRAINTS}
    for group in DECLARED.keys() - {"torch"}:
        for requirement in map(Requirement, DECLARED[group]):
            assert pinned[requirement.name] == version(requirement)


def test_what_is_installed_is_what_the_constraints_say():
    needed = {requirement.name for requirement in map(Requirement, DECLARED["student"] + DECLARED["dev"])}
    for requirement in CONSTRAINTS:
        if requirement.marker is None or Marker(str(requirement.marker)).evaluate():
            try:
                installed = metadata.version(requirement.name)
            except metadata.PackageNotFoundError:  # as what JupyterHub alone needs
                assert requirement.name not in needed
            else:
                assert installed == version(requirement)


def test_the_pins_that_are_written_are_read(tmp_path):
    """The tool puts a list where the old one was, and touches nothing else."""
    before = (ROOT / "pyproject.toml").read_text()
    after = pin_dependencies.with_lists(before, constraint_dependencies="a==1 ; os_name == 'nt'\nb==2\n")
    expected = tomllib.loads(before)
    expected["tool"]["uv"]["constraint-dependencies"] = ["a==1 ; os_name == 'nt'", "b==2"]
    assert tomllib.loads(after) == expected


def imports(*folders: str) -> dict[str, str]:
    """The packages that the code below folders imports, each with a file that does."""
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file()]
    found = {}
    for file in files:
        if file.suffix == ".py":
            code = [file.read_text()]
        elif file.suffix == ".ipynb" and ".ipynb_checkpoints" not in file.parts:
            cells = json.loads(file.read_text())["cells"]
            code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
            code = list(map(TransformerManager().transform_cell, code))
        else:
            continue
        for node in (node for part in code for node in ast.walk(ast.parse(part))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            else:
                continue
            found |= {name.partition(".")[0]: str(file.relative_to(ROOT)) for name in names}
    own = {file.stem for file in (ROOT / "tests").rglob("*.py")} | {path.name for path in ROOT.iterdir()}
    others = found.keys() - sys.stdlib_module_names - own
    by_module = metadata.packages_distributions()
    return {canonicalize_name(by_module.get(name, [name])[0]): found[name] for name in others}


def names(group: str) -> set[str]:
    return {Requirement(line).name for line in DECLARED[group]}


def test_what_is_imported_is_declared():
    undeclared = imports(*WHERE["student"]).keys() - names("student")
    assert not undeclared, "a student needs them: declare them in [project.dependencies]"
    everything = set().union(*map(names, DECLARED))
    assert not imports("tests", "tools", "benchmarks", "deploy").keys() - everything


@pytest.mark.parametrize("group", DECLARED)
def test_what_is_declared_is_used(group):
    assert names(group) - imports(*WHERE[group]).keys() == RUN.get(group, set())
    assert group == "student" or not names(group) & names("student"), "declared twice"


def test_conda_installs_the_same_list():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    assert pip == {"pip": ["--constraint constraints.txt", "--editable ."]}
    assert {"pytest", "nbval"} < names("student"), "an instructor tries the notebooks there"
    python = next(line.removeprefix("python=") for line in conda if line.startswith("python="))
    assert python in PROJECT["project"]["requires-python"]


def test_no_file_holds_a_download_address():
    assert "uv.lock" in (ROOT / ".gitignore").read_text().split()
    for name in ("pyproject.toml", "constraints.txt", "environment.yml"):
        assert not re.search(r"https?://|file:", (ROOT / name).read_text()), name


def test_no_package_has_to_be_compiled(clone, resolved):
    """Each package of the resolution comes as a wheel. A platform's own wheels are its maintainers' word."""
    packages = tomllib.loads((clone / "uv.lock").read_text())["package"]
    assert [p["name"] for p in packages if "registry" in p["source"] and not p.get("wheels")] == []


@pytest.mark.parametrize("command", ["ruff check .", "ruff format --check .", "mypy"])
def test_code_and_notebooks_pass(command):
    result = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr

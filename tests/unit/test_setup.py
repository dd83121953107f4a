"""One list of dependencies: pyproject.toml, constraints.txt and environment.yml say the same."""

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONSTRAINTS = [Requirement(line) for line in (ROOT / "constraints.txt").read_text().splitlines()]
EXPORT = "uv export --quiet --no-hashes --no-emit-project --no-annotate --no-header --format requirements.txt"


def version(requirement: Requirement) -> str:
    """The one version that an exact pin allows."""
    (pin,) = requirement.specifier
    assert pin.operator == "==" and "*" not in pin.version, f"{requirement} is no exact pin"
    return pin.version


def test_direct_dependencies_are_pinned_exactly_and_stand_in_the_constraints():
    exported = {requirement.name: version(requirement) for requirement in CONSTRAINTS}
    for line in PROJECT["project"]["dependencies"]:
        requirement = Requirement(line)
        assert exported[requirement.name] == version(requirement)


def test_constraints_are_what_uv_resolves():
    uv = os.environ.get("UV", "uv")  # `uv run` says where it is
    exported = subprocess.run([uv, *EXPORT.split()[1:]], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ROOT / "constraints.txt").read_text() == exported.stdout, (
        f"write it again: {EXPORT} -o constraints.txt"
    )


def test_what_is_installed_is_what_the_constraints_say():
    for requirement in CONSTRAINTS:
        if requirement.marker is None or Marker(str(requirement.marker)).evaluate():
            assert metadata.version(requirement.name) == version(requirement)


def test_conda_installs_the_same_list():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    assert pip == {"pip": ["--constraint constraints.txt", "--editable ."]}
    python = next(line.removeprefix("python=") for line in conda if line.startswith("python="))
    assert python in PROJECT["project"]["requires-python"]


def test_no_file_holds_a_download_address():
    assert "uv.lock" in (ROOT / ".gitignore").read_text().split()
    for name in ("pyproject.toml", "constraints.txt", "environment.yml"):
        assert not re.search(r"https?://|file:", (ROOT / name).read_text()), name


def test_no_package_has_to_be_compiled():
    """Each package of the resolution comes as a wheel. A platform's own wheels are its maintainers' word."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    assert [p["name"] for p in packages if "registry" in p["source"] and not p.get("wheels")] == []


def test_code_and_notebooks_pass_ruff():
    for command in (["check"], ["format", "--check"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr

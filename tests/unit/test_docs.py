"""The documentation: links lead somewhere, commands exist, figures and lists agree with their sources."""

import re
import subprocess
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from mnist_helpers import cli

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in TRACKED.stdout.split()}
# Code is a span between backquotes, or a fenced block.
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page, flags=re.DOTALL), re.MULTILINE):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number, first = 0, anchor
        while anchor in found:
            number += 1
            anchor = f"{first}-{number}"
        found.add(anchor)
    return found


def broken_links(folder: Path, page: str) -> list[str]:
    """Return the relative links of a page in that folder whose file or anchor does not exist."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", page)):
        if re.match(r"\w+:", link):  # to another site
            continue
        name, _, anchor = link.partition("#")
        target = folder / name
        if not target.exists() or (
            anchor and anchor not in anchors(target.read_text("utf-8") if name else page)
        ):
            broken.append(link)
    return broken


@pytest.mark.parametrize("name", PAGES)
def test_relative_links_lead_to_a_file_and_a_heading(name):
    assert broken_links((ROOT / name).parent, PAGES[name]) == []


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "there.md").write_text(
        "# One, *two* & `three`\n\n# Again\n\n# Again\n\n```sh\n# no heading\n```\n"
    )
    good = "there.md there.md#one-two--three there.md#again-1 #here https://example.org/gone".split()
    bad = "gone.md there.md#gone there.md#again-2 there.md#no-heading #gone".split()
    page = "## Here\n" + "\n".join(f"[text]({link}) `[code](gone.md)`" for link in good + bad)
    assert broken_links(tmp_path, page) == bad


def commands() -> set[tuple[str, str]]:
    """Return every line of code in the pages, with the page's name. A changelog may name what is gone."""
    pages = PAGES.keys() - {"CHANGELOG.md"}
    code = ((name, block or span) for name in pages for block, span in CODE.findall(PAGES[name]))
    return {(name, line.strip()) for name, text in code for line in text.splitlines()}


def test_the_commands_of_the_kit_and_their_options_exist(capsys):
    helps: dict[str, str] = {}
    missing = []
    for name, line in commands():
        for command, rest in re.findall(r"(?:^|run |&& )mnist-kit ([a-z]+)\b([^&|]*)", line):
            if command not in helps:
                with pytest.raises(SystemExit) as ended:
                    cli.main([command, "--help"])
                helps[command] = capsys.readouterr().out if ended.value.code == 0 else ""
            options = re.findall(r"(?<!\S)--[a-z]+", rest)
            missing += [(name, line) for word in ["usage:", *options] if word not in helps[command]]
    assert {"recognize", "score", "draw", "train", "doctor"} <= helps.keys() and missing == []


def test_the_modules_and_tests_that_are_to_be_run_exist():
    missing = []
    for name, line in commands():
        modules = re.findall(r"\bpython -m ([\w.]+)", line)
        files = re.findall(r"(?<!\S)((?:tests|tools|notebooks|images|benchmarks)/[\w./*\[\]-]+)", line)
        missing += [(name, module) for module in modules if not find_spec(module)]
        missing += [(name, file) for file in files if not list(ROOT.glob(file))]
    assert missing == []


def test_each_module_is_in_the_table_of_contributing():
    modules = {path.stem for path in (ROOT / "mnist_helpers").glob("[a-z]*.py")}
    packages = {path.parent.name for path in (ROOT / "mnist_helpers").glob("*/__init__.py")}
    table = PAGES["CONTRIBUTING.md"].partition("| module | does |")[2]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == modules | packages


def test_the_readme_repeats_figures_that_were_measured():
    section = re.search(r"^## Measured$(.*?)^## ", PAGES["README.md"], re.DOTALL | re.MULTILINE)
    rows = [row.split("|")[2] for row in section[1].splitlines() if row.startswith("|")]
    figures = re.findall(r"\d[\d.,]*", "\n".join(rows))
    known = set(re.findall(r"\d[\d.]*", PAGES["docs/figures.md"]))
    assert len(figures) >= 6 and [figure for figure in figures if figure not in known] == []


def test_the_citation_is_complete_and_of_the_version_in_the_changelog():
    """CFF 1.2.0 requires four keys; of an author that is no person, a name."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"authors", "cff-version", "message", "title"} <= citation.keys()
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert all(author["name"] in (ROOT / "LICENSE").read_text() for author in citation["authors"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version, date = re.search(r"^## \[(\d[\d.]*)\] - (\S+)$", PAGES["CHANGELOG.md"], re.MULTILINE).groups()
    assert citation["version"] == version == project["version"]
    assert citation["date-released"].isoformat() == date

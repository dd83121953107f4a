"""Cells in any order: an error that comes from the order gets a sentence that says which cell to run first.

``%load_ext mnist_helpers.ipython_ext`` switches it on in a notebook. Which cell makes what is read from
the notebook's file: the one in the kernel's folder that holds most of what was run so far. Two
kinds of cell are refused before they do harm, with the sentence alone: one that would put a second
``conv_layer1`` into the graph, and one that uses what belongs to a graph emptied since. Every other
error is shown as ever, with the sentence below it; one that does not come from the order, without. Only
a value of the wrong shape for a placeholder gets a sentence of its own.
"""

import ast
import builtins
import dis
import json
import math
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from glob import glob
from pathlib import Path
from types import CodeType, FunctionType, TracebackType
from typing import Any, NamedTuple
from weakref import WeakSet

from IPython.core.error import InputRejected
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell

AT_ONCE = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>")  # code that runs where it stands
SAVED = re.compile(r"(\.\./)+save/.+")  # the files that one cell writes and another reads
REMOVES = ("rmtree", "remove", "unlink")  # the functions that make such a file missing
FED = re.compile(
    r"Cannot feed value of shape \((.*?)\) for Tensor '?(.+?)(?::\d+)?'?, which has shape '?\((.*?)\)"
)
GRAPH = "tf.reset_default_graph()"  # what stands in a cell that makes the graph anew
THIS, DOWN = "this one", "the cells below it down to this one"


class RunFirst(InputRejected):
    """A cell was refused. The message says which one to run first, and is all that is shown."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Cell(NamedTuple):
    """A code cell of the notebook's file."""

    source: str
    section: str  # the heading that it stands below

    def __str__(self) -> str:
        return f"the cell that begins `{self.source.splitlines()[0]}` in the section “{self.section}”"


class Order(ast.NodeTransformer):
    """What goes wrong by the order of cells in one kernel. IPython calls ``visit`` and ``explain``."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.graph: Any = None  # the default graph when last seen
        self.emptied: WeakSet = WeakSet()  # those that were it before
        self.used: set[str] = set()  # the names that the cell that runs now takes from others
        self.files: list[str] = []  # the files in ``save`` that it names
        shell.ast_transformers.append(self)
        shell.set_custom_exc((Exception,), self.explain)

    def visit(self, tree: Any) -> ast.AST:
        """Let a cell run as it is. Raises RunFirst if it would spoil the graph, or use an old one."""
        try:
            self.used, self.files = self._with_functions(_names(_compiled(tree))[0]), _files(tree)[0]
        except SyntaxError:
            return tree  # Python itself will say so
        self._look_at_graph()
        if sentence := self._emptied_sentence():
            raise RunFirst(sentence)
        scopes = list(_scopes(tree)) if self.graph else []
        for scope in scopes:
            second = self.graph.unique_name(scope, mark_as_used=False)
            if second != scope:
                what = f"`{scope}` is in the graph already, and a second one would be called `{second}`"
                cure = f"{what}: run `{GRAPH}` first, then build it again."
                raise RunFirst(self._sentence(what, [GRAPH], DOWN) or cure)
            # A name missing half-way would leave half a scope in the graph.
            missing = self.used - self.shell.user_ns.keys() - vars(builtins).keys()
            if sentence := self._sentence("`{}` is missing", missing):
                raise RunFirst(sentence)
        return tree

    def explain(
        self,
        shell: InteractiveShell,
        kind: type[Exception],
        error: Exception,
        traceback: TracebackType,
        tb_offset: int | None = None,
    ) -> None:
        """Show an error as IPython does, and below it the sentence if it comes from the order."""
        self._look_at_graph()
        if sentence := self._sentence_for(error):
            error.add_note(sentence)
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    def _sentence_for(self, error: Exception) -> str | None:
        text, kind = str(error), type(error).__name__
        if isinstance(error, NameError) and error.name:
            return self._sentence("`{}` is missing", [error.name])
        if kind == "FailedPreconditionError" or "closed Session" in text:
            return self._sentence("`{}` is closed, or older than a variable", self._used_of_kind("Session"))
        if kind == "ValueError" and "No variables to save" in text:
            return self._sentence("the graph is empty", [GRAPH], DOWN)
        if kind == "ValueError" and ("not connected" in text or "times in the model" in text):
            # Keras: some layers hang on an earlier input
            return self._sentence("`{}` is newer than a layer", self._used_of_kind("KerasTensor"), DOWN)
        return _shape_sentence(text) or self._file_sentence(text) or self._emptied_sentence()

    def _file_sentence(self, text: str) -> str | None:
        """Say which cell makes a file that is missing now, if the error's text or the cell names it."""
        values = [self.shell.user_ns.get(name) for name in self.used]
        paths = [str(value) for value in values if isinstance(value, str | os.PathLike)]
        named = re.sub(r"\\+", "/", "\n".join([text, *self.files, *paths]))
        cells, here = self._cells()
        files = [_files(_parsed(cell.source)) for cell in cells[:here]]
        for place, (made, _) in enumerate(files):
            for path in made:
                if not re.search(rf"{re.escape(path)}(?!\w)", named) or glob(path) or glob(f"{path}.*"):
                    continue
                between = files[place + 1 :]
                gone = tuple(one for _, removed in between for one in removed)
                # What names the file first may leave the making to a later cell.
                then = DOWN if between and not path.startswith(gone) else THIS
                return f"`{path}` is missing: run {cells[place]} first, then {then}."
        return None

    def _emptied_sentence(self) -> str | None:
        old = [name for name in self.used if self._is_of_emptied_graph(self.shell.user_ns.get(name))]
        if not old:
            return None
        what = "`{}` belongs to a graph that was emptied since"
        return self._sentence(what, old) or f"{what.format(min(old))}: run the cell that makes it first."

    def _sentence(self, what: str, things: Iterable[str], then: str = THIS) -> str | None:
        """Say which cell makes the earliest of these things; None if the notebook makes none of them."""
        cells, here = self._cells()
        made = [_made(cell.source) for cell in cells]
        places = []
        for thing in things:
            makers = [place for place, made_here in enumerate(made) if thing in made_here and place != here]
            if makers:
                places.append((max((place for place in makers if place < here), default=makers[0]), thing))
        if not places:
            return None
        place, thing = min(places)
        return f"{what.format(thing)}: run {cells[place]} first, then {then}."

    def _cells(self) -> tuple[list[Cell], int]:
        """Return the code cells of the notebook that runs here, and the place of the one that runs now."""
        history = self.shell.history_manager
        run = [source.strip() for source in history.input_hist_raw if source.strip()] if history else []
        pages = [_read(path) for path in sorted(Path().glob("*.ipynb"))]
        sources = [[cell.source for cell in page] for page in pages]
        hits = [len(set(run).intersection(page)) for page in sources]
        if not any(hits):
            return [], 0
        best = hits.index(max(hits))
        return pages[best], sources[best].index(run[-1]) if run[-1] in sources[best] else len(pages[best])

    def _look_at_graph(self) -> None:
        """Notice when another graph has become the default one: what belongs to the last one is of no use."""
        tf = sys.modules.get("tensorflow.compat.v1")
        graph = tf.get_default_graph() if tf else None
        if graph is self.graph:
            return
        if self.graph is not None:
            self.emptied.add(self.graph)
        self.emptied.discard(graph)
        self.graph = graph

    def _is_of_emptied_graph(self, value: object) -> bool:
        values = [value]
        if isinstance(value, dict):
            values += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            values += value
        graphs = [getattr(value, "graph", value) for value in values]
        return any(type(graph) is type(self.graph) and graph in self.emptied for graph in graphs)

    def _used_of_kind(self, kind: str) -> list[str]:
        return [name for name in self.used if type(self.shell.user_ns.get(name)).__name__ == kind]

    def _with_functions(self, names: set[str]) -> set[str]:
        """Return the names, and those that the notebook's own functions among them use in their turn."""
        found, left = set(), set(names)
        while left:
            found.add(name := left.pop())
            function = self.shell.user_ns.get(name)
            if isinstance(function, FunctionType) and function.__globals__ is self.shell.user_ns:
                left |= _names(function.__code__)[0] - found
        return found


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Begin to say which cell to run first; IPython calls it for ``%load_ext``."""
    Order(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Show errors as IPython does by itself; IPython calls it for ``%unload_ext``."""
    shell.ast_transformers[:] = [one for one in shell.ast_transformers if not isinstance(one, Order)]
    shell.set_custom_exc((), None)


def _read(path: Path) -> list[Cell]:
    """Return the code cells of a notebook's file; none if it cannot be read."""
    try:
        page = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    cells, section = [], path.stem
    for cell in page:
        source = "".join(cell["source"]).strip()
        if cell["cell_type"] == "code" and source:
            cells.append(Cell(source, section))
        for heading in re.findall(r"^#+ (.+)", source, re.M) if cell["cell_type"] == "markdown" else ():
            section = heading
    return cells


def _parsed(source: str) -> ast.Module:
    """Return a cell's syntax tree; an empty one if it is no Python."""
    try:
        tree = ast.parse(TransformerManager().transform_cell(source))  # %magics are no Python
        _compiled(tree)
    except SyntaxError:
        return ast.Module([], [])
    return tree


def _made(source: str) -> set[str]:
    """Return what a cell makes: names and, if it resets the graph, the graph."""
    tree = _parsed(source)
    made = _names(_compiled(tree))[1]
    for node in ast.walk(tree):
        if isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            made.discard(node.optional_vars.id)  # a session, a file: closed when the cell is over
    return made | ({GRAPH} if GRAPH in source else set())


def _files(tree: ast.AST) -> tuple[list[str], list[str]]:
    """Return the files in ``save`` that a cell names, but for those that it removes; and these."""

    def literals(node: ast.AST) -> list[str]:
        values = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
        return [value for value in values if isinstance(value, str) and SAVED.fullmatch(value)]

    removed = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in REMOVES:
            removed += literals(node)
    return list(Counter(literals(tree)) - Counter(removed)), removed


def _shape_sentence(text: str) -> str | None:
    """Explain a value that does not fit a placeholder: what it takes, and the usual cure."""
    found = FED.search(text)
    if not found:
        return None
    given = [int(side) for side in re.findall(r"\d+", found[1])]
    takes = [int(side) if side.isdigit() else -1 for side in re.findall(r"\d+|\?|None", found[3])]
    cure = "give it that shape"
    if takes[:1] == [-1] and -1 not in takes[1:]:  # a batch of any size
        one, sides = math.prod(takes[1:]), "".join(f", {side}" for side in takes[1:])
        if len(given) > 1 and math.prod(given[1:]) == one:
            cure = f"reshape each example in it, `.reshape(-1{sides})`"
        elif math.prod(given) == one:
            cure = f"make a batch of one of it, `.reshape(1{sides})`"
        elif len(given) == 1 and len(takes) == 2:
            cure = f"each entry has to be a row of {one}; for labels `np.eye({one})[labels]` makes them"
    return f"`{found[2]}` takes the shape ({found[3]}), and ({found[1]}) was given: {cure}."


def _scopes(tree: ast.Module) -> Iterator[str]:
    """Return the scopes that a cell opens in the default graph as it finds it, by their literal names."""
    for statement in tree.body:
        if GRAPH in ast.unparse(statement):
            return
        for item in statement.items if isinstance(statement, ast.With) else ():
            match item.context_expr:
                case ast.Call(
                    ast.Attribute(attr="name_scope" | "variable_scope"), [ast.Constant(str(scope)), *_]
                ):
                    yield scope


def _compiled(tree: ast.Module) -> CodeType:
    return compile(tree, "a cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def _names(code: CodeType) -> tuple[set[str], set[str]]:
    """Return the names that code takes from others and those that it makes; bytecode keeps their order."""
    used, made = set(), set()
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("STORE_NAME", "STORE_GLOBAL"):
            made.add(instruction.argval)
        elif instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            used |= {instruction.argval} - made
        elif isinstance(instruction.argval, CodeType) and instruction.argval.co_name in AT_ONCE:
            used |= _names(instruction.argval)[0] - made
    return used, made

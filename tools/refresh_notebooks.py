"""Execute notebooks and keep their outputs: ``uv run python -m tools.refresh_notebooks notebooks/*.ipynb``.

Run it after changing a notebook, or anything that one shows, and commit what it writes. It leaves out
what would differ on the next machine: execution times, paths, widget state, and the outputs of cells
tagged ``strip-output``.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert.preprocessors import CoalesceStreamsPreprocessor


def refresh(path: Path) -> None:
    """Execute one notebook in its folder and write it back."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": path.parent}}
    NotebookClient(notebook, timeout=900, resources=resources, record_timing=False).execute()
    # A progress bar redraws one line hundreds of times: keep the last.
    notebook, _ = CoalesceStreamsPreprocessor().preprocess(notebook, {})
    for cell in notebook.cells:
        if "strip-output" in cell.metadata.get("tags", ()):
            cell.outputs = []
        for output in list(cell.get("outputs", ())):
            # A widget's view needs a kernel; its picture, if it has one, does not.
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
            if output.get("data") == {}:
                cell.outputs.remove(output)
            if output.output_type == "error":  # the message stays, the folders of this machine go
                message = output.evalue.split("Original stack trace")[0].rstrip().splitlines()
                output.evalue = "\n".join(line for line in message if 'File "' not in line)
                output.traceback = [f"{output.ename}: {output.evalue}"]
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}  # its version is this machine's
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name, flush=True)
        refresh(Path(name))

"""What a class needs on one machine: memory and time of notebook 03, run by several students at once.

    uv run --group hub python -m benchmarks.class_room [--students 1 2 4 8]

as root, on a Linux machine that runs little else, with configurable-http-proxy installed. Starts the
JupyterHub of deploy/jupyterhub_config.py on 127.0.0.1 only, lets that many students at once start their
servers and run notebook 03 cell by cell, as their browsers would, and writes results/class_room.json and the
table in docs/teaching.md. The accounts student01, student02 … and their homes remain on the machine.
"""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from statistics import mean

import psutil
import requests
import websocket

from benchmarks import report

HUB = "http://127.0.0.1:8765"
NOTEBOOK = "notebooks/03_restore_and_recognize.ipynb"
TOKEN = secrets.token_hex(16)
KEY = {"Authorization": f"token {TOKEN}"}
PAGE = report.ROOT / "docs" / "teaching.md"
CONFIG = """
load_subconfig({config!r})
c.JupyterHub.bind_url = {hub!r}
c.JupyterHub.services = [{{"name": "class_room", "api_token": {token!r}}}]
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles = [{{"name": "class_room", "scopes": scopes, "services": ["class_room"]}}]
"""


@contextmanager
def hub() -> Iterator[psutil.Process]:
    """Run the hub with the kit's configuration, and an API token for this program."""
    with tempfile.TemporaryDirectory() as folder, open(Path(folder) / "log.txt", "wb") as log:
        config = Path(folder) / "config.py"
        deployed = str(report.ROOT / "deploy" / "jupyterhub_config.py")
        config.write_text(CONFIG.format(config=deployed, hub=HUB, token=TOKEN))
        environment = {**os.environ, "CLASS_PASSWORD": secrets.token_hex(16)}
        command = [sys.executable, "-m", "jupyterhub", "--config", str(config)]
        running = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _until(lambda: requests.get(f"{HUB}/hub/api/").ok, Path(log.name))
            yield psutil.Process(running.pid)
        except requests.HTTPError:
            sys.stderr.write(Path(log.name).read_text())  # what the hub says about it
            raise
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(60)


def _until(ready: Callable[[], bool], log: Path, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"not ready after {seconds} s: {log.read_text()[-2000:]}")


def ask(method: str, path: str, data: dict | None = None) -> requests.Response:
    """Send one request to the hub or to a student's server. Raises HTTPError if it is refused."""
    answer = requests.request(method, f"{HUB}{path}", headers=KEY, json=data)
    answer.raise_for_status()
    return answer


def start_server(student: str) -> None:
    """Do what logging in does: make the student's account and folder, and start their Jupyter server."""
    ask("POST", f"/hub/api/users/{student}/server")
    while not ask("GET", f"/hub/api/users/{student}").json()["servers"].get("", {}).get("ready"):
        time.sleep(0.2)


def stop_server(student: str) -> None:
    ask("DELETE", f"/hub/api/users/{student}/server")
    while ask("GET", f"/hub/api/users/{student}").json()["servers"]:
        time.sleep(0.2)


def run_notebook(student: str) -> float:
    """Run every cell in a kernel that stays; return the seconds, the kernel's start included.

    Raises RuntimeError if a cell fails that is not meant to fail.
    """
    home = f"/user/{student}/api"
    cells = ask("GET", f"{home}/contents/{NOTEBOOK}").json()["content"]["cells"]
    start = time.monotonic()
    kernel = {"path": NOTEBOOK, "name": NOTEBOOK, "type": "notebook", "kernel": {"name": "python3"}}
    number = ask("POST", f"{home}/sessions", kernel).json()["kernel"]["id"]
    socket = websocket.create_connection(
        f"{HUB.replace('http', 'ws', 1)}{home}/kernels/{number}/channels",
        header=KEY,
        timeout=600,
    )
    for cell in cells:
        if cell["cell_type"] == "code":
            status = _execute(socket, cell["source"])
            if status != "ok" and "raises-exception" not in cell["metadata"].get("tags", []):
                raise RuntimeError(f"{student}: {status} in {cell['source']}")
    socket.close()
    return time.monotonic() - start


def _execute(socket: websocket.WebSocket, source: str) -> str:
    """Have the kernel run one cell; return its status, "ok" or "error"."""
    request = {"msg_id": secrets.token_hex(8), "msg_type": "execute_request", "session": "", "username": ""}
    content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
    message = {"header": request, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    socket.send(json.dumps(message))
    while True:
        answer = json.loads(socket.recv())
        mine = answer["parent_header"].get("msg_id") == request["msg_id"]
        if mine and answer["header"]["msg_type"] == "execute_reply":
            return answer["content"]["status"]


def memory(processes: list[psutil.Process]) -> dict[str, int]:
    """Return the MB that these processes occupy together.

    ``pss`` counts a page that n processes share as 1/n for each; ``own`` counts only unshared pages.
    """
    infos = [process.memory_full_info() for process in processes]
    return {"pss": round(sum(i.pss for i in infos) / 1e6), "own": round(sum(i.uss for i in infos) / 1e6)}


def processes_of(students: list[str]) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["username"]) if p.info["username"] in students]


def measure(students: list[str]) -> dict:
    """Start a server for each student, then run notebook 03 in all of them at the same moment."""
    with ThreadPoolExecutor(len(students)) as pool:
        list(pool.map(start_server, students))
        runs = [pool.submit(run_notebook, student) for student in students]
        most = _most_memory_during(runs, students)
        seconds = [round(run.result(), 1) for run in runs]
        processes = processes_of(students)
        kernels = [process for process in processes if "ipykernel_launcher" in process.cmdline()]
        figures = {
            "students": len(students),
            "seconds": seconds,
            "cpu_seconds_each": round(mean(sum(kernel.cpu_times()[:2]) for kernel in kernels), 1),
            "mb_at_most": most,
            "mb_after": memory(processes),
            "mb_kernels_after": memory(kernels),
        }
        list(pool.map(stop_server, students))
    return figures


def _most_memory_during(runs: list[Future], students: list[str]) -> int:
    """Return the peak of ``pss`` in MB, sampled every second."""
    most = 0
    while not all(run.done() for run in runs):
        time.sleep(1)
        with suppress(psutil.NoSuchProcess):  # one ended in the meantime
            most = max(most, memory(processes_of(students))["pss"])
    return most


def parts(run: dict, hub_mb: int) -> dict[str, float]:
    """Return what a run says about any number of students: memory in MB, and ``cpu_seconds``.

    ``each`` includes a student's part of what all of them share, above all TensorFlow's code. That part
    shrinks as students are added, so for a larger class ``each`` is an overestimate.
    """
    each = run["mb_after"]["pss"] / run["students"]
    return {"hub": hub_mb, "each": round(each), "cpu_seconds": run["cpu_seconds_each"]}


def expected(parts: dict[str, float], students: int, cores: int) -> dict[str, int]:
    """Estimate the memory for this many students, and the seconds that notebook 03 takes at least.

    Parameters
    ----------
    parts : dict
        What `parts` returns.
    students : int
        Each with one kernel that has run notebook 03; all start it at the same moment, the worst case.
    cores : int
        Of the machine.

    Returns
    -------
    dict
        ``mb`` and ``seconds``.
    """
    megabytes = parts["hub"] + students * parts["each"]
    return {"mb": round(megabytes), "seconds": round(students * parts["cpu_seconds"] / cores)}


def table(figures: dict) -> str:
    """Return the measured runs and the estimate for a class of thirty as a table, Markdown."""
    rows = [
        "| students at once | notebook 03 takes | memory, including JupyterHub |",
        "| ---: | ---: | ---: |",
    ]
    for run in figures["runs"]:
        megabytes = figures["parts"]["hub"] + run["mb_after"]["pss"]
        rows.append(f"| {run['students']} | {max(run['seconds']):.0f} s | {megabytes / 1000:.1f} GB |")
    thirty = figures["expected_for_thirty"]
    rows.append(f"| 30, estimated | at least {thirty['seconds']} s | {thirty['mb'] / 1000:.1f} GB |")
    return "\n".join(rows)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, nargs="+", default=[1, 2, 4, 8], help="how many at once")
    counts = parser.parse_args(arguments).students
    with hub() as running:
        measure(["student01"])  # not counted: reads everything from the disk for the first time
        runs = []
        for count in counts:
            runs.append(measure([f"student{number:02}" for number in range(1, count + 1)]))
            print(json.dumps(runs[-1]), flush=True)
        hub_mb = memory([running, *running.children(recursive=True)])["pss"]
    found = parts(runs[-1], hub_mb)
    figures = report.write(
        "class_room",
        {
            "jupyterhub": metadata.version("jupyterhub"),
            "notebook": NOTEBOOK,
            "runs": runs,
            "parts": found,
            "expected_for_thirty": expected(found, 30, os.cpu_count()),
        },
    )
    report.write_table(PAGE, "class_room", table(figures))
    print(table(figures))


if __name__ == "__main__":
    main()

"""JupyterHub for a class on one machine. How to start it, and what it takes, is in docs/teaching.md.

The kit's folder, its packages and the shipped model are there once, and belong to root. Each student has a
folder ``mnist-kit`` at home that looks like the kit: notebooks and pictures are copies to work in, ``save``
is their own, and what is only read is a link. Python takes ``mnist_helpers`` from there, so that "the model
you trained" is theirs.
"""

import os
import pwd
import subprocess
import sys
from pathlib import Path

KIT = Path(__file__).resolve().parents[1]

# Run by the student at each start of their server, at home; what is there already stays as it is.
PREPARE = """
[ -e mnist-kit ] && exit
rm -rf mnist-kit.new
mkdir -p mnist-kit.new/save
cp -r "$1/notebooks" "$1/images" mnist-kit.new
ln -s "$1/mnist_helpers" mnist-kit.new
ln -s "$1/save/pretrained" mnist-kit.new/save
mv mnist-kit.new mnist-kit
"""


def prepare(spawner) -> None:
    """See to it that the student has an account on this machine, and the kit at home."""
    name = spawner.user.name
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", name], check=True)
        account = pwd.getpwnam(name)
    as_student = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    subprocess.run(["sh", "-euc", PREPARE, "sh", str(KIT)], cwd=account.pw_dir, check=True, **as_student)


c = get_config()  # noqa: F821 - JupyterHub reads this file, and gives it this name

# One password for the whole class: whoever knows it can come in as any student. Without these three lines
# JupyterHub asks for the accounts and passwords of the machine; then say who may, in `allowed_users`.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["CLASS_PASSWORD"]
c.Authenticator.allowed_users = {f"student{number:02}" for number in range(1, 31)}

c.Spawner.pre_spawn_hook = prepare
c.Spawner.notebook_dir = "~/mnist-kit"
c.Spawner.default_url = "/lab/tree/notebooks/01_build_the_graph.ipynb"
c.Spawner.environment = {
    "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
    "PYTHONPATH": lambda spawner: f"{pwd.getpwnam(spawner.user.name).pw_dir}/mnist-kit",
}

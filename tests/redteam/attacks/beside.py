"""Attacks by what lies beside the notebook, or in its place: links, pipes, modules, settings, archives."""

from __future__ import annotations

import io
import os
import socket
import zipfile
from pathlib import Path

from tests.redteam.attack import Attack, Scene
from tests.redteam.course import ASSIGNMENT, NOTEBOOK

_NAME = f"{NOTEBOOK}.ipynb"


def _link_to_source(folder: Path, scene: Scene) -> None:
    (folder / _NAME).unlink()
    (folder / _NAME).symlink_to(scene.course / "source" / ASSIGNMENT / _NAME)


def _hard_link_to_source(folder: Path, scene: Scene) -> None:
    (folder / _NAME).unlink()
    os.link(scene.course / "source" / ASSIGNMENT / _NAME, folder / _NAME)


def _link_to_secrets(folder: Path, scene: Scene) -> None:
    (folder / "data.txt").symlink_to(scene.secret_file)
    (folder / "gradebook.txt").symlink_to(scene.course / "gradebook.db")


def _linked_folder(folder: Path, scene: Scene) -> None:
    (folder / "data").symlink_to(scene.course, target_is_directory=True)


def _link_ring(folder: Path, _: Scene) -> None:
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    (folder / "up").symlink_to("..", target_is_directory=True)


def _pipe(folder: Path, _: Scene) -> None:
    os.mkfifo(folder / "data.csv")


def _pipe_as_notebook(folder: Path, _: Scene) -> None:
    (folder / _NAME).unlink()
    os.mkfifo(folder / _NAME)


def _socket_file(folder: Path, _: Scene) -> None:
    here = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"/proc/self/fd/{here}/data.sock")  # the path itself may be too long for a socket
    os.close(here)


def _folder_as_notebook(folder: Path, _: Scene) -> None:
    (folder / _NAME).unlink()
    (folder / _NAME).mkdir()


def _sparse(folder: Path, _: Scene) -> None:
    with (folder / "data.bin").open("wb") as file:
        file.truncate(10 * 2**30)


def _many_files(folder: Path, _: Scene) -> None:
    for number in range(3000):
        (folder / f"{number}.txt").write_text("x", encoding="ascii")


def _deep_folders(folder: Path, _: Scene) -> None:
    for _number in range(150):
        folder = folder / "deep"
        folder.mkdir()


def _hostile_names(folder: Path, _: Scene) -> None:
    for name in ("-rf", "a\nb.csv", "\x1b[2Jx.csv", "<script>alert(1)<", "x" * 255, "${HOME}", "'; x", "~"):
        (folder / name).write_text("x", encoding="ascii")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.csv")).write_text("x", encoding="ascii")


def _closed_folder(folder: Path, _: Scene) -> None:
    (folder / "closed").mkdir(mode=0)
    (folder / _NAME).chmod(0)


def _modules(folder: Path, _: Scene) -> None:
    accept = (
        "mse = lambda *args: -1.0\nfresh = lambda seed: 0\nassert_allclose = lambda *args, **kwargs: None\n"
    )
    for name in (
        "solutions.py",
        "sitecustomize.py",
        "usercustomize.py",
        "json.py",
        "rapidfuzz.py",
        "conftest.py",
    ):
        (folder / name).write_text(accept, encoding="ascii")
    package = folder / "autograder"
    package.mkdir()
    (package / "__init__.py").write_text(accept, encoding="ascii")
    (package / "seeds.py").write_text(accept, encoding="ascii")
    (folder / "x.pth").write_text("import os; os._exit(0)\n", encoding="ascii")


def _config_files(folder: Path, scene: Scene) -> None:
    text = f"open({str(scene.outside / 'config-was-run')!r}, 'w').close()\n"
    names = (
        "nbgrader_config.py",
        "ipython_config.py",
        "jupyter_config.py",
        "ipython_kernel_config.py",
        ".env",
    )
    for name in names:
        (folder / name).write_text(text, encoding="utf-8")


def _forged_date(folder: Path, _: Scene) -> None:
    (folder / "timestamp.txt").write_text("2001-01-01 00:00:00 UTC", encoding="ascii")


def _no_date(folder: Path, _: Scene) -> None:
    (folder / "timestamp.txt").write_text("not a date" * 1000, encoding="ascii")


def _zip_in_zip(folder: Path, _: Scene) -> None:
    content = b"\0" * 2**20
    for level in range(7):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{level}.zip" if level else "zeros", content)
            archive.writestr(f"../../../bitdiddle/{ASSIGNMENT}/{_NAME}", "{}")
        content = packed.getvalue()
    (folder / "work.zip").write_bytes(content)


ATTACKS = (
    Attack(
        "linked-notebook",
        "A link to the solutions",
        "Hands in a symbolic link to the source notebook as its own.",
        beside=_link_to_source,
        holds=("file-untouched",),
    ),
    Attack(
        "hard-link",
        "A hard link to the solutions",
        "Hands in a hard link to the source notebook, which looks like a file of its own.",
        beside=_hard_link_to_source,
        holds=("file-untouched",),
        unsafe_on_stock="only someone who may write in the course directory can make one",
    ),
    Attack(
        "linked-data",
        "Links to private files",
        "Hands in links to private files, which are copied to where feedback comes from.",
        beside=_link_to_secrets,
        holds=("secret-unseen",),
    ),
    Attack(
        "linked-folder",
        "A link to the course",
        "Hands in a link to the whole course directory.",
        beside=_linked_folder,
        holds=("batch-completed", "file-untouched"),
        unsafe_on_stock="it copies the course into itself",
    ),
    Attack(
        "link-ring",
        "Links in a ring",
        "Hands in links that lead to each other.",
        beside=_link_ring,
        holds=("batch-completed",),
    ),
    Attack(
        "pipe",
        "A pipe beside the notebook",
        "Hands in a named pipe, at which a reader waits for ever.",
        beside=_pipe,
        holds=("batch-completed",),
        unsafe_on_stock="it waits for ever",
    ),
    Attack(
        "pipe-notebook",
        "A pipe as the notebook",
        "Hands in a named pipe in place of the notebook.",
        beside=_pipe_as_notebook,
        holds=("batch-completed",),
        unsafe_on_stock="it waits for ever",
    ),
    Attack(
        "socket-file", "A socket", "Hands in a socket file.", beside=_socket_file, holds=("batch-completed",)
    ),
    Attack(
        "folder-notebook",
        "A folder as the notebook",
        "Hands in a folder with the notebook's name.",
        beside=_folder_as_notebook,
        holds=("batch-completed",),
    ),
    Attack(
        "sparse",
        "A file of 10 GB",
        "Hands in a file that takes no space and claims ten gigabytes.",
        beside=_sparse,
        holds=("batch-completed", "memory-bounded"),
        unsafe_on_stock="it copies ten gigabytes",
    ),
    Attack(
        "many-files",
        "3,000 files",
        "Hands in thousands of files.",
        beside=_many_files,
        holds=("batch-completed",),
    ),
    Attack(
        "deep-folders",
        "Deep folders",
        "Hands in folders 150 deep.",
        beside=_deep_folders,
        holds=("batch-completed",),
    ),
    Attack(
        "hostile-names",
        "Hostile file names",
        "Hands in files whose names are options, script, terminal codes and no text at all.",
        beside=_hostile_names,
        holds=("batch-completed", "clean-terminal"),
    ),
    Attack(
        "closed-folder",
        "A folder that can't be read",
        "Hands in a folder and a notebook without permissions.",
        beside=_closed_folder,
        holds=("batch-completed",),
    ),
    Attack(
        "zip",
        "Archives in archives",
        "Hands in archives nested seven deep, with entries that lead to another student's folder.",
        beside=_zip_in_zip,
        holds=("batch-completed", "others-untouched"),
    ),
    Attack(
        "modules",
        "Modules with known names",
        "Hands in Python files with the names of the reference and of installed packages.",
        beside=_modules,
    ),
    Attack(
        "config-files",
        "Settings beside the notebook",
        "Hands in configuration files that nbgrader and Jupyter run as Python.",
        beside=_config_files,
        holds=("file-untouched",),
    ),
    Attack(
        "forged-date",
        "Handed in in 2001",
        "States a date of its own, so that it is never late.",
        beside=_forged_date,
    ),
    Attack("no-date", "No date", "States a date that is none.", beside=_no_date, holds=("batch-completed",)),
)

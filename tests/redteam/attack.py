"""What an attack is, and how it is handed in."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.redteam.course import ASSIGNMENT, NOTEBOOK, WRONG, filled

Json = dict[str, Any]
SIGN = "rt-"  # with what the sign of every attack begins
_FIRST = "mse-code"


@dataclass(frozen=True)
class Scene:
    """What an attack may aim at: all of it made for it, and watched.

    Attributes
    ----------
    course
        The course directory.
    secret_file
        A file of the instructor's; that it holds `secret` is known to nobody else.
    outside
        A folder of the instructor's outside the course.
    pid
        A process of the instructor's, with `secret` in its environment.
    port
        Where something listens on the loopback address, with TCP and UDP.
    unix, abstract
        Where something listens on Unix sockets, in a folder and by an abstract name.
    """

    course: Path
    outside: Path
    secret_file: Path
    secret: str
    pid: int
    port: int
    unix: Path
    abstract: str


@dataclass(frozen=True)
class Attack:
    """One attack. It answers every question wrongly and then tries to get more than 0 points, or to do harm.

    Attributes
    ----------
    id
        Names it, and its student unless `student` does.
    title, tries
        What it is, in a few words and in one sentence.
    code
        Python that stands below the wrong answers, in the same cell. `@NAME@` stands for the attribute of the
        `Scene`, as a literal, and `@MARK@` for the text by which what the attack leaves is found.
    cells
        Code cells of the student's own, right before the first test.
    change
        Changes the notebook before it is written; may return bytes to write instead.
    beside
        Changes the folder in which the notebook lies.
    mark
        What its answers are honestly worth; None where there must be no mark.
    holds
        Names of `invariants` that matter most to it.
    unsafe_on_stock
        Why it is not run without a jail; empty when it is.
    """

    id: str
    title: str
    tries: str
    code: str = ""
    cells: tuple[str, ...] = ()
    change: Callable[[Json], bytes | None] | None = None
    beside: Callable[[Path, Scene], None] | None = None
    student: str = ""
    answers: Mapping[str, str] | None = None
    mark: float | None = 0.0
    holds: tuple[str, ...] = ()
    unsafe_on_stock: str = ""

    @property
    def who(self) -> str:
        """The folder of its student."""
        return self.student or self.id

    @property
    def sign(self) -> str:
        """The text by which its files, processes and messages are told from all others."""
        return SIGN + hashlib.sha256(self.id.encode()).hexdigest()[:10]


def hand_in(attack: Attack, scene: Scene) -> None:
    """Put an attack's submission into `submitted/`."""
    released = json.loads((scene.course / "release" / ASSIGNMENT / f"{NOTEBOOK}.ipynb").read_text("utf-8"))
    folder = scene.course / "submitted" / attack.who / ASSIGNMENT
    folder.mkdir(parents=True)
    answers = dict(WRONG if attack.answers is None else attack.answers)
    if attack.code:
        below = "\n".join(answers.pop(name) for name in list(answers) if name != _FIRST)
        answers = dict.fromkeys(WRONG, "# in the first cell") | {_FIRST: f"{answers[_FIRST]}\n{below}\n"}
        answers[_FIRST] += aimed(attack.code, attack, scene)
    notebook = filled(released, answers)
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    at = next(n for n, cell in enumerate(notebook["cells"]) if cell["id"] == "mse-values")
    notebook["cells"][at:at] = [code_cell(aimed(cell, attack, scene)) for cell in attack.cells]
    content = attack.change(notebook) if attack.change else None
    if content is None:
        content = json.dumps(notebook).encode("utf-8", "surrogatepass")
    (folder / f"{NOTEBOOK}.ipynb").write_bytes(content)
    if attack.beside:
        attack.beside(folder, scene)


def aimed(code: str, attack: Attack, scene: Scene) -> str:
    """Put an attack's targets into its code."""

    def value(match: re.Match[str]) -> str:
        name = match[1].lower()
        if name == "mark":
            return repr(attack.sign)
        found = getattr(scene, name)
        return repr(str(found) if isinstance(found, Path) else found)

    return re.sub(r"@([A-Z_]+)@", value, code)


def code_cell(source: str, **metadata: Any) -> Json:
    """Make a code cell as a notebook file holds it."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def cell_of(notebook: Json, grade_id: str) -> Json:
    """Find the cell with a grade id."""
    found: Json = next(
        cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )
    return found


def tests_of(notebook: Json) -> list[Json]:
    """List the test cells."""
    return [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]

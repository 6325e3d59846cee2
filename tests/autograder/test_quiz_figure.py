"""A question with a figure: what is drawn, its notebook cells, and its way through stock nbgrader."""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from autograder.assignment import load_assignment
from autograder.cli import main
from autograder.convert import quiz_notebook
from autograder.course import Course, init_course
from autograder.notebooks import notebook_text, read_notebook
from autograder.quiz_figure import Figure, grid
from autograder.release import release

PACKAGE = Path(__file__).parents[2] / "autograder"

QUESTION = """
title: A tiny quiz
read: regression/squared-error
questions:
  - id: tiny-curve
    objectives: [t-double]
    kind: figure
    points: 4
    text: Which curve is the gradient?
    figure:
      x: {label: residual, from: -3, to: 3}
      ylabel: gradient
      alt: |
        Curve (a) is a parabola [with its lowest point at 0].
        Curve (b) is a rising straight line.
    options:
      - curve: "lambda r: mse(r, 0 * r, reduction='none')"
        holds: "np.allclose(curve(x), 2 * x)"
        feedback: The loss itself, before any derivative.
      - curve: "lambda r: mse_grad(r, 0 * r, reduction='none')"
        holds: "np.allclose(curve(x), 2 * x)"
        feedback: Twice the residual.
"""


def figure(*curves: object) -> Figure:
    """A figure of functions on −3 to 3."""
    x = grid(-3, 3)
    return Figure("residual", "gradient", "Some curves.", x, tuple(curve(x) for curve in curves))  # type: ignore[operator]


@pytest.fixture
def unit(tiny: Path) -> Path:
    """The tiny assignment, its quiz replaced by one question with a figure."""
    (tiny / "quiz.yml").write_text(QUESTION, encoding="utf-8")
    return tiny


def test_a_letter_stands_on_its_curve_where_the_others_are_far_away() -> None:
    parabola, line = np.square, np.positive
    places = figure(parabola, line).letter_places()
    for curve, (x, y) in zip((parabola, line), places, strict=True):
        assert y == curve(x)
    assert all(x < -1 for x, _ in places)  # on the right the two cross


def test_a_picture_shows_each_curve_in_its_colour_on_white_paper() -> None:
    one, two = (figure(*curves).png() for curves in [(np.square, np.cos), (np.square, np.sin)])
    assert one != two
    assert one == figure(np.square, np.cos).png()
    pixels = matplotlib.image.imread(io.BytesIO(one))[..., :3]
    assert pixels[0, 0].tolist() == [1, 1, 1]
    for colour in ([0x00, 0x72, 0xB2], [0xD5, 0x5E, 0x00]):
        assert (abs(pixels * 255 - colour).max(axis=2) < 2).sum() > 100


def test_the_notebook_shows_picture_and_letters_and_gives_no_key_away(unit: Path) -> None:
    notebook = quiz_notebook("tiny", load_assignment("tiny", unit.parent).quiz)
    statement = notebook.cells[1].source
    shown = re.search(r"!\[(.*)\]\(data:image/png;base64,(\S+)\)\n\n- \*\*a", statement)
    assert shown is not None
    assert shown[1] == (
        r"Curve (a) is a parabola \[with its lowest point at 0\]. Curve (b) is a rising straight line."
    )
    picture = matplotlib.image.imread(io.BytesIO(base64.b64decode(shown[2])))
    assert picture.shape[1] > 500
    assert "- **a.** solid line\n- **b.** dashed line" in statement
    everything = notebook_text(notebook)
    for secret in ("mse", "allclose", "The loss itself", "Twice the residual"):
        assert secret not in everything


def test_the_question_goes_through_stock_nbgrader(
    unit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "package" / "autograder"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("assignments", "__pycache__"))
    shutil.copytree(unit.parent, package / "assignments")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(package.parent), str(PACKAGE.parent)]))
    course = init_course(tmp_path / "course", ["tiny"], unit.parent)
    release(course, "tiny", unit.parent)

    hand_in(course, "right", "b")
    hand_in(course, "wrong", "a")
    hand_in(course, "none", "c")
    assert main(["grade", "tiny", "--course", str(course.root)]) == 0
    marks = {line.split()[0]: line.split()[2] for line in capsys.readouterr().out.splitlines()[1:]}
    assert marks == {"right": "4", "wrong": "0", "none": "0"}

    assert main(["feedback", "tiny", "--course", str(course.root)]) == 0
    page = (course.feedback / "wrong" / "tiny" / "quiz.html").read_text(encoding="utf-8")
    assert "The loss itself, before any derivative." in page
    assert re.search(r'<img [^>]*src="data:image/png;base64,[\w+/=]{1000}', page)
    page = (course.feedback / "none" / "tiny" / "quiz.html").read_text(encoding="utf-8")
    assert "give one letter in quotes" in page


def hand_in(course: Course, student: str, letter: str) -> None:
    """Hand in the released notebooks, the figure's question answered; a picture that is lost comes back."""
    folder = Path(shutil.copytree(course.release / "tiny", course.submitted / student / "tiny"))
    notebook = read_notebook(folder / "quiz.ipynb")
    notebook.cells[1].source = "## Question 1 (the picture did not survive an editor)"
    [answer] = [cell for cell in notebook.cells if cell.id == "tiny-curve"]
    answer.source = f'answer_1 = "{letter}"'
    (folder / "quiz.ipynb").write_text(notebook_text(notebook), encoding="utf-8")

"""Which notebook a file is, whatever it is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.collecting.recognise import Notebooks, Received
from autograder.course import Course
from autograder.errors import AutograderError

Work = Callable[..., bytes]


@pytest.fixture
def notebooks(course: Course) -> Notebooks:
    return Notebooks(course.source / "tiny")


@pytest.mark.parametrize(
    "name",
    [
        "practice-1.ipynb",
        "practice-12.ipynb",
        "practice (2).ipynb",
        "Practice_1.ipynb",
        "practice copy.ipynb",
        "practice - Copy (3).IPYNB",
        "homework/practice.ipynb",
    ],
)
@pytest.mark.parametrize("readable", [True, False])
def test_a_changed_name_is_recognised_even_if_the_content_can_t_be_read(
    name: str, readable: bool, notebooks: Notebooks, work: Work
) -> None:
    content = work("ada") if readable else b"{not json"
    found = notebooks.recognise([Received(name, content)])
    assert found.files == {"practice.ipynb": content}
    assert found.renamed == [f"{name!r} is practice.ipynb"]


def test_the_tests_in_it_tell_what_a_notebook_is_rather_than_its_name(
    notebooks: Notebooks, work: Work
) -> None:
    files = [Received("practice.ipynb", work("q", "quiz")), Received("ada_final.txt", work("p"))]
    found = notebooks.recognise(files)
    assert found.files == {"quiz.ipynb": work("q", "quiz"), "practice.ipynb": work("p")}


def test_a_notebook_of_another_assignment_is_pointed_out(notebooks: Notebooks, work: Work) -> None:
    other = work("x").replace(b'"double-values"', b'"other-values"').replace(b'"half-values"', b'"else"')
    found = notebooks.recognise([Received("practice.ipynb", other)])
    assert found.files == {"practice.ipynb": other}
    assert found.problems == [
        "'practice.ipynb' holds no test of practice.ipynb; is it of another assignment?"
    ]


@pytest.mark.parametrize("name", ["practices.ipynb", "answers.pdf", "my practice-1x.ipynb"])
def test_other_files_keep_their_names(name: str, notebooks: Notebooks) -> None:
    found = notebooks.recognise([Received(name, b"1")])
    assert found.files == {name: b"1"}
    assert found.problems == ["holds no practice.ipynb and no quiz.ipynb"]


def test_copies_with_the_same_bytes_are_one(notebooks: Notebooks, work: Work) -> None:
    files = [Received("practice (1).ipynb", work("a")), Received("practice.ipynb", work("a"))]
    found = notebooks.recognise(files)
    assert found.files == {"practice.ipynb": work("a")}
    assert found.problems == []


def test_of_several_the_plain_name_is_taken_then_the_highest_number(notebooks: Notebooks, work: Work) -> None:
    plain, second, tenth = (
        Received(name, work(name)) for name in ("practice.ipynb", "practice (2).ipynb", "practice (10).ipynb")
    )
    assert notebooks.recognise([tenth, plain, second]).files["practice.ipynb"] == plain.content
    found = notebooks.recognise([tenth, second])
    assert found.files == {"practice.ipynb": tenth.content, "practice (2).ipynb": second.content}
    assert (
        "'practice (10).ipynb' was taken as practice.ipynb, and not 'practice (2).ipynb'" in found.problems[0]
    )


@pytest.mark.parametrize(
    "content",
    [
        b'{"cells": 3, "x": "nbgrader"}',
        b'{"cells": [3, {"metadata": 3}, {"metadata": {"nbgrader": []}}], "a": {"nbgrader": 1}}',
        b'{"cells": [{"metadata": {"nbgrader": {"grade": true, "grade_id": ["double-values"]}}}]}',
        b'"nbgrader"' + b"[" * 100_000,
        b'"nbgrader" \xff',
    ],
)
def test_what_only_looks_like_a_notebook_is_no_notebook(content: bytes, notebooks: Notebooks) -> None:
    assert notebooks.recognise([Received("a.txt", content)]).files == {"a.txt": content}


def test_an_assignment_without_notebooks_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AutograderError, match="holds no notebook"):
        Notebooks(tmp_path)


@pytest.mark.parametrize("name", ["practice.pdf", "homework/Practice.ipynb.pdf"])
def test_what_came_in_place_of_a_notebook_is_named(name: str, notebooks: Notebooks, work: Work) -> None:
    pdf, quiz = Received(name, b"%PDF-1.7"), Received("quiz.ipynb", work("q", "quiz"))
    for received in ([pdf], [pdf, quiz]):
        found = notebooks.recognise(received)
        assert found.problems == [f"{name!r} is no notebook; practice.ipynb is missing"]
        assert found.files[name] == b"%PDF-1.7"  # it is kept all the same
    practice = Received("practice.ipynb", work("p"))
    assert notebooks.recognise([pdf, practice]).problems == []

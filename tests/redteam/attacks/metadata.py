"""Attacks by what the notebook file says, without any code."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

from tests.redteam.attack import Attack, Json, cell_of, code_cell, tests_of
from tests.redteam.course import RIGHT, WRONG


def _tag_tests(notebook: Json, *tags: str) -> None:
    for cell in tests_of(notebook):
        cell["metadata"]["tags"] = list(tags)


def _skip(notebook: Json) -> None:
    _tag_tests(notebook, "skip-execution")


def _may_raise(notebook: Json) -> None:
    _tag_tests(notebook, "raises-exception")


def _schema(version: int) -> Callable[[Json], None]:
    def change(notebook: Json) -> None:
        cell_of(notebook, "mse-code")["metadata"]["nbgrader"]["schema_version"] = version

    return change


def _copy_test(notebook: Json) -> None:
    twin = copy.deepcopy(tests_of(notebook)[0])
    twin.pop("id")
    notebook["cells"].append(twin)


def _copy_answer(notebook: Json) -> None:
    twin = copy.deepcopy(cell_of(notebook, "mse-code"))
    twin["id"] = "another"
    notebook["cells"].append(twin)


def _flip(notebook: Json) -> None:
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"] |= {"grade": False, "solution": True, "locked": False}
        cell["source"] = "pass"


def _edit_tests(notebook: Json) -> None:
    for cell in tests_of(notebook):
        cell["source"] = "2.0"


def _edit_tests_and_checksums(notebook: Json) -> None:
    for cell in tests_of(notebook):
        cell["source"] = "pass"
        cell["metadata"]["nbgrader"] |= {"locked": False, "checksum": "0" * 32}


def _many_points(notebook: Json) -> None:
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"]["points"] = 500


def _new_test(notebook: Json) -> None:
    about = cell_of(notebook, "mse-values")["metadata"]["nbgrader"] | {"grade_id": "bonus", "points": 100}
    notebook["cells"].append(code_cell("pass", nbgrader=about))


def _answer_is_a_test(notebook: Json) -> None:
    cell_of(notebook, "mse-code")["metadata"]["nbgrader"] |= {"grade": True, "points": 15}


def _to_type(kind: str) -> Callable[[Json], None]:
    def change(notebook: Json) -> None:
        for cell in tests_of(notebook):
            cell["cell_type"] = kind
            cell.pop("outputs"), cell.pop("execution_count")

    return change


def _other_kernel(notebook: Json) -> None:
    notebook["metadata"]["kernelspec"] = {"display_name": "sh", "language": "bash", "name": "bash"}


def _tests_first(notebook: Json) -> None:
    notebook["cells"].sort(key=lambda cell: cell not in tests_of(notebook))


def _no_tests(notebook: Json) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in tests_of(notebook)]


def _no_metadata(notebook: Json) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)


def _forged_outputs(notebook: Json) -> None:
    for cell in tests_of(notebook):
        points = cell["metadata"]["nbgrader"]["points"]
        cell["execution_count"] = 1
        cell["outputs"] = [
            {
                "output_type": "execute_result",
                "data": {"text/plain": str(points)},
                "metadata": {},
                "execution_count": 1,
            }
        ]


def _forged_score(notebook: Json) -> None:
    notebook["metadata"]["nbgrader"] = {"score": 15, "verdicts": [{"grade_id": "mse-values", "points": 5}]}
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"] |= {
            "score": 15,
            "outcome": "passed",
            "manual_score": 5,
            "extra_credit": 5,
        }


def _odd_ids(notebook: Json) -> None:
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = ["same", "../../x", "<script>alert(1)</script>", 7, None][number % 5]


def _test_in_the_answer(notebook: Json) -> None:
    answer, test = cell_of(notebook, "mse-code"), cell_of(notebook, "mse-values")
    answer["metadata"], test["metadata"] = test["metadata"], answer["metadata"]


def _no_such_types(notebook: Json) -> None:
    for kind in ("heading", "widget", None, 3):
        notebook["cells"].append({"cell_type": kind, "metadata": {}, "source": "x"})
    notebook["cells"] += [None, 5, [], "cell", {}, {"cell_type": "code", "source": {"a": 1}, "metadata": []}]


def _pickle(notebook: Json) -> None:
    # Loads to a call of print: enough to see that somebody unpickled it.
    payload = "Y2J1aWx0aW5zCnByaW50CihTJ3VucGlja2xlZCcKdFIu"
    for cell in notebook["cells"]:
        cell["metadata"] |= {"extended_cell": payload, "source": payload, "dill": payload}


ATTACKS = (
    Attack(
        "skip-tag", "Skipped tests", "Tags the test cells so that Jupyter does not run them.", change=_skip
    ),
    Attack(
        "may-raise-tag", "Tests that may fail", "Tags the test cells as allowed to raise.", change=_may_raise
    ),
    Attack(
        "schema-99",
        "A format from the future",
        "States a metadata version that does not exist yet.",
        change=_schema(99),
        holds=("batch-completed", "others-untouched"),
    ),
    Attack(
        "schema-1",
        "A format from the past",
        "States a metadata version of long ago.",
        change=_schema(1),
        holds=("batch-completed", "others-untouched"),
    ),
    Attack(
        "copied-test",
        "A test cell twice",
        "Holds a copy of a test cell, as copy and paste leaves it; the answers are wrong.",
        change=_copy_test,
        holds=("batch-completed", "others-untouched"),
    ),
    Attack(
        "copied-test-right",
        "A test cell twice, right answers",
        "Holds a copy of a test cell by accident; the answers are right.",
        change=_copy_test,
        answers=RIGHT,
        mark=15.0,
        holds=("batch-completed", "others-untouched"),
    ),
    Attack(
        "copied-answer", "An answer cell twice", "Holds two cells for the same answer.", change=_copy_answer
    ),
    Attack(
        "flipped-flags",
        "Tests turned into answers",
        "Declares the test cells to be the student's own answers.",
        change=_flip,
    ),
    Attack(
        "edited-tests", "Other tests", "Replaces the text of the test cells by a number.", change=_edit_tests
    ),
    Attack(
        "edited-checksums",
        "Other tests with checksums",
        "Replaces the test cells, unlocks them and forges their checksums.",
        change=_edit_tests_and_checksums,
    ),
    Attack("many-points", "500 points", "Makes each test worth 500 points.", change=_many_points),
    Attack(
        "new-test",
        "A test of one's own",
        "Adds a test cell worth 100 points that always passes.",
        change=_new_test,
    ),
    Attack(
        "answer-is-test",
        "An answer that is graded",
        "Declares an answer cell to be a test worth 15 points.",
        change=_answer_is_a_test,
    ),
    Attack("raw-tests", "Tests as raw text", "Turns the test cells into raw cells.", change=_to_type("raw")),
    Attack(
        "markdown-tests", "Tests as prose", "Turns the test cells into markdown.", change=_to_type("markdown")
    ),
    Attack(
        "other-kernel",
        "Another language",
        "Asks for another kernel, for which the tests are no code.",
        change=_other_kernel,
    ),
    Attack(
        "tests-first",
        "Tests before answers",
        "Moves the tests to the top of the notebook.",
        change=_tests_first,
    ),
    Attack("no-tests", "No tests", "Deletes all test cells.", change=_no_tests),
    Attack(
        "no-metadata", "No metadata", "Strips every cell of its metadata and its id.", change=_no_metadata
    ),
    Attack(
        "swapped-metadata",
        "Test and answer swapped",
        "Exchanges the metadata of a test and an answer.",
        change=_test_in_the_answer,
    ),
    Attack(
        "forged-outputs",
        "Outputs with points",
        "Stores outputs in the file that show full points.",
        change=_forged_outputs,
    ),
    Attack(
        "forged-score",
        "A score in the file",
        "Writes marks and verdicts into the notebook's metadata.",
        change=_forged_score,
    ),
    Attack(
        "odd-ids",
        "Odd cell ids",
        "Gives cells ids that are equal, paths, script or no text at all.",
        change=_odd_ids,
    ),
    Attack(
        "odd-cells",
        "Cells that are none",
        "Holds cells of unknown types, numbers, lists and nothing instead of cells.",
        change=_no_such_types,
        holds=("batch-completed",),
    ),
    Attack(
        "pickle",
        "A pickle in the metadata",
        "Carries pickled Python objects in places from which extensions load them.",
        change=_pickle,
        holds=("secret-unseen",),
    ),
    Attack(
        "not-json",
        "Half a file",
        "Is cut off in the middle.",
        change=lambda notebook: json.dumps(notebook).encode()[:700],
    ),
    Attack("empty-file", "An empty file", "Holds nothing.", change=lambda _: b""),
    Attack("a-list", "A list", "Is valid JSON but no notebook.", change=lambda _: b"[1, 2, 3]"),
    Attack(
        "not-utf8",
        "Broken text",
        "Holds bytes that are no text.",
        change=lambda notebook: json.dumps(notebook).encode() + b"\xff\xfe\x00",
    ),
    Attack(
        "utf-16",
        "UTF-16",
        "Is written in another encoding.",
        change=lambda notebook: json.dumps(notebook).encode("utf-16"),
    ),
    Attack(
        "deep-json",
        "Deep nesting",
        "Nests brackets 100,000 deep.",
        change=lambda _: b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        holds=("batch-completed",),
    ),
    Attack(
        "large-json",
        "A large file",
        "Is 25 MB large.",
        change=lambda notebook: json.dumps({**notebook, "x": "x" * 25_000_000}).encode(),
        holds=("batch-completed", "small-record"),
    ),
    Attack(
        "many-brackets",
        "A file that grows when read",
        "Holds four million empty lists, 30 times as large in memory.",
        change=lambda notebook: (
            json.dumps(notebook)[:-1].encode() + b', "x": [' + b"[]," * 4_000_000 + b"0]}"
        ),
        holds=("batch-completed", "memory-bounded"),
    ),
    Attack(
        "many-cells",
        "20,000 cells",
        "Has 20,000 cells.",
        change=lambda notebook: notebook["cells"].extend([code_cell("1")] * 20_000),
        holds=("batch-completed", "small-record"),
        unsafe_on_stock="it takes minutes",
    ),
    Attack(
        "long-number",
        "A number without end",
        "Writes a number of 100,000 digits where a version is expected.",
        change=lambda notebook: (
            json.dumps(notebook).replace('"nbformat": 4', '"nbformat": ' + "4" * 100_000).encode()
        ),
    ),
    Attack(
        "not-a-number",
        "Numbers that are none",
        "Uses NaN and Infinity where the format wants numbers.",
        change=lambda notebook: notebook["metadata"].update(x=float("nan"), y=float("inf")),
        answers=RIGHT,
        mark=15.0,
    ),
    Attack(
        "double-keys",
        "Keys twice",
        "Gives the list of cells twice, the second time without tests.",
        change=lambda notebook: json.dumps(notebook)[:-1].encode() + b', "cells": []}',
    ),
    Attack(
        "surrogates",
        "Halves of characters",
        "Holds halves of characters that no file can store.",
        answers=WRONG | {"scores-code": "scores = ['\ud800']"},
        holds=("batch-completed",),
    ),
    Attack(
        "format-3",
        "An old format",
        "Claims to be a notebook of format 3.",
        change=lambda notebook: notebook.update(nbformat=3),
    ),
    Attack(
        "format-99",
        "A new format",
        "Claims to be a notebook of format 99.",
        change=lambda notebook: notebook.update(nbformat=99),
    ),
)

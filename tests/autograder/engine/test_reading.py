"""How a student's notebook file is read: what is odd in it is repaired or left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from autograder.engine.quarantine import Rebuilt, Refused, rebuild
from autograder.engine.source import source_notebook
from tests.autograder.engine.handed_in import (
    SMALL,
    Content,
    at,
    handed_in,
    insert,
    require_valid,
    small,
    texts,
    write,
)


@pytest.mark.parametrize(
    "encoded",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-32"),
        lambda text: text.replace("\\u00e9", "é").encode(),
    ],
)
def test_every_encoding_of_unicode_is_read(encoded: Callable[[str], bytes]) -> None:
    submitted = handed_in(SMALL, write("essay", "Résumé"))
    rebuilt = rebuild(source_notebook("small", SMALL), encoded(submitted.decode()))
    assert texts(rebuilt)["essay"] == "Résumé"
    assert rebuilt.remarks == ()


def test_other_encodings_cost_their_odd_letters_only() -> None:
    submitted = handed_in(SMALL, write("essay", "Résumé")).replace(b"\\u00e9", b"\xe9")
    rebuilt = rebuild(source_notebook("small", SMALL), submitted)
    assert texts(rebuilt)["essay"] == "R�sum�"
    assert rebuilt.remarks == ("some characters are not UTF-8 and were replaced",)


def test_an_old_notebook_is_converted() -> None:
    def as_format_3(content: Content) -> None:
        cells = content.pop("cells")
        for old in cells:
            if old["cell_type"] == "code":
                old["input"] = old.pop("source")
            del old["id"]
        cells[0] = {"cell_type": "heading", "level": 2, "source": ["Welcome"]}
        content.update(nbformat=3, nbformat_minor=0, worksheets=[{"cells": cells[:3]}, {"cells": cells[3:]}])

    rebuilt = small(write("double", "two = 2"), as_format_3)
    assert texts(rebuilt)["submitted-1"] == "## Welcome"
    assert texts(rebuilt)["double"] == "two = 2"
    assert rebuilt.remarks == ("it is a notebook of format 3 and was converted",)
    require_valid(rebuilt, source_notebook("small", SMALL))


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (3, "it is a number, not a cell"),
        (None, "it is nothing, not a cell"),
        ([{"cell_type": "code"}], "it is a list, not a cell"),
        ({"cell_type": "code", "metadata": {}}, "its source is nothing, not text"),
        ({"cell_type": "code", "source": {"a": 1}}, "its source is a table, not text"),
        ({"cell_type": "code", "source": ["a", 1]}, "its source is a list, not text"),
        ({"cell_type": "alien", "source": "x"}, "it is neither code, markdown nor raw"),
        ({"cell_type": ["code"], "source": "x"}, "it is neither code, markdown nor raw"),
        ({"source": "x"}, "it is neither code, markdown nor raw"),
    ],
)
def test_a_broken_cell_is_left_out_alone(broken: object, reason: str) -> None:
    rebuilt = small(lambda content: content["cells"].insert(1, broken))
    assert rebuilt.remarks == (f"cell 2 was left out: {reason}",)
    assert len(rebuilt.cells) == len(SMALL.cells)


@pytest.mark.parametrize(
    "metadata", [None, [], "locked", {"nbgrader": None}, {"nbgrader": []}, {"nbgrader": {"grade_id": ["a"]}}]
)
def test_metadata_of_any_kind_are_dropped(metadata: object) -> None:
    rebuilt = small(insert(1, "mine = 1", metadata=metadata))
    assert texts(rebuilt)["submitted-2"] == "mine = 1"
    assert rebuilt.remarks == ()


def test_lone_surrogates_are_replaced_and_other_odd_characters_kept() -> None:
    rebuilt = small(write("double", "a = '\ud800 \0 \u202e 🙂'"))
    assert texts(rebuilt)["double"] == "a = '� \0 \u202e 🙂'"


def test_control_characters_in_a_text_need_not_be_escaped() -> None:
    submitted = handed_in(SMALL, write("double", "a = 1NEW LINEb = 2")).replace(b"NEW LINE", b"\n")
    assert texts(rebuild(source_notebook("small", SMALL), submitted))["double"] == "a = 1\nb = 2"


def test_numbers_and_nesting_of_any_size_are_no_matter() -> None:
    submitted = handed_in(SMALL)[:-1] + b', "huge": 1' + b"0" * 5000 + b', "odd": [NaN, -Infinity, 1e999]}'
    assert rebuild(source_notebook("small", SMALL), submitted) == small()
    assert small(insert(0, "x = 1", metadata={"deep": json.loads("[" * 500 + "]" * 500)})).remarks == ()


def test_of_a_key_that_is_there_twice_the_last_counts() -> None:
    submitted = handed_in(SMALL, write("double", "two = 2")).replace(b'"source":', b'"source": 1, "source":')
    assert texts(rebuild(source_notebook("small", SMALL), submitted))["double"] == "two = 2"


def test_pictures_in_a_students_text_are_kept_within_limits() -> None:
    def attach(grade_id: str, attachments: object) -> Callable[[Content], object]:
        return lambda content: at(content, grade_id).update(attachments=attachments)

    def attached(rebuilt: Rebuilt) -> dict[str, Any]:
        return {row["id"]: row["attachments"] for row in rebuilt.notebook["cells"] if "attachments" in row}

    png = {"image/png": "iVBORw0K\nGgo="}
    rebuilt = small(
        attach("essay", {"a\ud800.png": png | {"image/svg+xml": "PHN2Zy8+"}, "b": []}),
        attach("statement", {"a": png}),
    )
    assert attached(rebuilt) == {"essay": {"a�.png": png}}
    require_valid(rebuilt, source_notebook("small", SMALL))
    large = {"a.png": {"image/png": "A" * 3_000_000}}
    assert list(attached(small(attach("welcome", large), attach("essay", large)))) == ["submitted-1"]
    script = {"image/png": '"><script>alert(1)</script>'}
    for wrong in ({"a.png": script}, {"a.png": {"image/png": "A" * 6_000_000}}, ["a.png"], "a.png"):
        rebuilt = small(attach("essay", wrong))
        assert attached(rebuilt) == {}
        assert rebuilt.remarks == ("the attachments of cell 7 were left out: too large, or no pictures",)


def test_remarks_are_few_and_short() -> None:
    def spoil(content: Content) -> None:
        content["cells"] += [{"cell_type": "code", "source": 1}] * 40
        content["cells"] += [at(content, "double-test") | {"id": "\x1b[31m" * 100}] * 5

    rebuilt = small(spoil)
    assert len(rebuilt.remarks) == 20
    assert rebuilt.remarks[-1] == "and 26 more remarks of this kind"


# --- refusals


def refusal(submitted: bytes) -> str:
    """Say why bytes are refused."""
    with pytest.raises(Refused) as refused:
        rebuild(source_notebook("small", SMALL), submitted)
    return refused.value.reason


@pytest.mark.parametrize(
    ("submitted", "reason"),
    [
        (b"", "the file is empty"),
        (b"\0" * 1000, "the file is empty"),
        (b"PK\x03\x04 a zip file", "it is not JSON"),
        (b"\xff\xfe\x00", "it is not JSON"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a":' * 100_000, "it is nested too deeply"),
        (b"[]", "it holds a list and no cells"),
        (b"NaN", "it holds nothing and no cells"),
        (b"1" * 100_000, "it holds nothing and no cells"),
        (b"{}", "it has no list of cells"),
        (b'{"cells": {}, "nbformat": 4}', "it has no list of cells"),
        (b'{"worksheets": {}, "nbformat": 3}', "it is a notebook of format 3 without worksheets"),
        (b'{"cells": [], "nbformat": 5}', "it is of notebook format 5, and only 3 and 4 can be read"),
        (b'{"cells": [], "nbformat": 2}', "it is of notebook format 2, and only 3 and 4 can be read"),
        (b'{"cells": [' + b"0," * 10_000 + b'0], "nbformat": 4}', "it has 10001 cells, more than 10000"),
        (b'{"cells": "' + b"a" * 20 * 2**20 + b'"}', "it is larger than 20 MB; clear the outputs"),
        (b"[" + b"[]," * 1_000_000 + b"[]]", "it holds more than 1000000 brackets; clear the outputs"),
    ],
)
def test_what_is_no_notebook_is_refused_in_a_sentence(submitted: bytes, reason: str) -> None:
    said = refusal(submitted)
    assert reason in said
    assert said.isprintable()
    assert len(said) < 200

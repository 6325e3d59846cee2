"""No text that a student chose is a formula to a spreadsheet, however the file is opened."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.formulas import defused, is_safe_id

CALC = "cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    "text",
    [
        f"={CALC}", f"+{CALC}", f"-{CALC}", f"@{CALC}", "\tcmd", "\rcmd", "\ncmd", f'"={CALC}',
        f' "=1+1"{CALC}', f"  ={CALC}", f"\ufeff={CALC}", f"\u200b={CALC}", f"＝{CALC}", f"＠{CALC}",
        f"\u202e={CALC}", f"\u2066={CALC}", f"\x07={CALC}", f"\xad={CALC}",
    ],
)  # fmt: skip
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "ada", "O'Brien", "Siân", "a=b", "x - y", "ada@uni.example", "1, -2", "'=1", "14.5"]
)
def test_any_other_text_stays(text: str) -> None:
    assert defused(text) == text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(text=st.text(st.sampled_from("=+-@,;\t\r\n\"' a1"), max_size=12))
def test_a_file_cut_at_other_separators_begins_no_formula_either(delimiter: str, text: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerow(
        ["x", defused(text, delimiter), "y"]
    )
    for other in ",;\t":
        for row in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=other):
            assert not [cell for cell in row if cell.lstrip().lstrip(' "').startswith(("=", "+", "-", "@"))]


@given(text=st.text(st.sampled_from("=+-@,;\t\r\n\"' a1"), max_size=12))
def test_what_was_made_harmless_is_left_alone_the_next_time(text: str) -> None:
    assert defused(defused(text)) == defused(text)


@pytest.mark.parametrize("student", ["ada", "007", "ada@uni.example", "-ada", "+44.ada", "@ada"])
def test_an_id_that_calls_nothing_can_stay(student: str) -> None:
    assert is_safe_id(student)


@pytest.mark.parametrize("student", ["=A1", f"+{CALC}", "@SUM(1)", "-1|x", '"=1', "a;=1"])
def test_an_id_that_could_call_something_can_not(student: str) -> None:
    assert not is_safe_id(student)

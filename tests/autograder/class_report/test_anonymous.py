"""Examples of code name nobody, in comments, texts, names or numbers; what can't be cleaned isn't shown."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.class_report.anonymous import Anonymiser
from tests.autograder.feedback_page.vectors import LINKS, VECTORS

PEOPLE = [
    "Ada",
    "Lovelace",
    "alovelace",
    "ada.lovelace@example.org",
    "4021337",
    "Jörg",
    "Müller",
    "Li",
    "Max",
    "Łukasz",
    "李小龙",
    "u17",
    "k23@example.org",
    "12-345-678",
]
SOURCE = 'def mse(y_pred, y_true, reduction="mean"):\n    raise ValueError("shapes differ")'
anonymiser = Anonymiser(PEOPLE, [SOURCE])


@pytest.mark.parametrize(
    "code",
    [
        "x = 1  # Ada Lovelace",
        'def f(x):\n    """By Ada Lovelace."""\n    return x',
        '"""Ada Lovelace, 4021337"""\nx = 1',
        "x = 'ada.lovelace@example.org'",
        "x = b'Lovelace'",
        "x = f'{y} by Lovelace'",
        "x = f'{y:Lovelace}'",
        "ada_lovelace = 1",
        "lovelacesLoss = 1",
        "ADA = 1",
        "def ada(ada): return ada.ada",
        "import ada.lovelace as lovelace",
        "from lovelace import ada as a",
        "f(lovelace=1)",
        "global lovelace",
        "try:\n    pass\nexcept ValueError as lovelace:\n    pass",
        "match x:\n    case [*lovelace]: pass\n    case {**ada}: pass\n    case str(ada=1) as ada: pass",
        "seed = 4021337",
        "seed = 4_021_337",
        "seed = 4021337.0 + 14021337j",
        "x4021337 = 1",
        "loss_402_1337 = 1",
        "def my_4021337_loss(x): return x",
        "x = [lovelace for lovelace in y if (ada := 1)]",
        "class Lovelace: pass",
        "lambda lovelace, *ada, **adas: 0",
        "x: 'Lovelace' = 1",
        "x = 1 # type: Lovelace",
        "ℒovelace = 1",
        "ａｄａ = 1",
    ],
)
def test_nobody_of_the_class_is_in_an_example(code: str) -> None:
    shown = anonymiser.example(code) or ""
    for name in ("ada", "lovelace", "4021337", "4_021_337", "example.org"):
        assert name not in shown.casefold(), shown


@pytest.mark.parametrize(
    "spelling",
    ["jorg", "joerg", "Jörg", "JOERG_2", "mueller", "muller", "müllersLoss", "li", "lukasz", "小龙", "Ольга"],
)
def test_other_spellings_are_known(spelling: str) -> None:
    assert anonymiser.example(f"{spelling} = 1") == "name_1 = 1"


@pytest.mark.parametrize("name", ["u17", "U_17", "u17_loss", "x12345678", "by_8675309", "k23"])
def test_ids_and_long_numbers_are_no_part_of_a_name(name: str) -> None:
    assert anonymiser.example(f"{name} = 1") == "name_1 = 1"


def test_what_the_assignment_says_itself_is_kept() -> None:
    code = 'def mse(y_pred, y_true, reduction="mean"):\n    raise ValueError("shapes differ")'
    assert anonymiser.example(code) == code.replace('"', "'")
    # Max is a student, and a function; li a student, and part of no name of the assignment.
    assert anonymiser.example("y = max(np.maximum(x, 0)) + line") == "y = max(np.maximum(x, 0)) + line"


def test_a_name_stays_the_same_throughout() -> None:
    shown = anonymiser.example("def ada_loss(x):\n    lovelace = x\n    return lovelace + ada_loss(lovelace)")
    assert shown == "def name_1(x):\n    name_2 = x\n    return name_2 + name_1(name_2)"


def test_texts_of_the_students_own_go_though_they_name_nobody_listed() -> None:
    assert anonymiser.example("note = 'call my sister on 0171 234567'") == "note = '…'"


def test_numbers_of_calculations_stay() -> None:
    code = "x = 1.345 * 0.6745 + 1e-12 + 1000000 + 2026"
    assert anonymiser.example(code) == "x = 1.345 * 0.6745 + 1e-12 + 1000000 + 2026"
    assert anonymiser.example("mine = 8675309") == "mine = 0"  # could be anybody's
    names = "σ2 = λ_max + x1 * loss_2026 + u1"
    assert anonymiser.example(names) == names


@pytest.mark.parametrize(
    "code",
    [
        "def f(:",
        "%matplotlib inline\nx = 1",
        "x = 1\n!ls",
        "x = '\ud800'",
        "(" * 5000,
        "x" * 50_000,
        "",
        "# Ada",
    ],
)
def test_what_is_not_plain_python_is_not_shown(code: str) -> None:
    assert anonymiser.example(code) is None


def test_a_long_example_is_cut_in_length_and_width() -> None:
    shown = anonymiser.example("\n".join(f"x{n} = {n}" for n in range(40)) + "\n")
    assert shown is not None
    assert len(shown.splitlines()) == 16
    assert shown.endswith("\n…")
    wide = anonymiser.example("x = [" + ", ".join(["y"] * 500) + "]")
    assert wide is not None
    assert len(wide) == 100


def test_a_name_without_end_is_looked_through_in_time_that_grows_with_its_length() -> None:
    """Looked up as all its parts, of which there are 200 million, it would keep an instructor waiting."""
    looked_up = 0

    class Counted(set[str]):
        def __contains__(self, part: object) -> bool:
            nonlocal looked_up
            looked_up += 1
            return super().__contains__(part)

    watched = Anonymiser(PEOPLE, [])
    watched._people, watched._numbers = Counted(watched._people), Counted(watched._numbers)
    assert watched.example(f"{'a' * 15_000} = 1{'0' * 4_000}") is not None
    assert looked_up < 200_000


@pytest.mark.parametrize("vector", [*VECTORS.values(), *LINKS.values()])
def test_nothing_hostile_survives_in_a_text_or_a_comment(vector: str) -> None:
    shown = anonymiser.example(f"x = {vector!r}\ny = {vector.encode()!r}\n# {' '.join(vector.split())}")
    assert shown == "x = '…'\ny = b''"


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_text_is_replaced_and_the_rest_stays_python(text: str) -> None:
    shown = anonymiser.example(f"x = f({text!r})")
    assert shown is not None
    ast.parse(shown)
    assert shown in ("x = f('…')", f"x = f({text!r})")
    if shown != "x = f('…')":
        assert anonymiser.keeps_text(text)

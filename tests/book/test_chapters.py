"""Every chapter keeps the promises that `CONTRIBUTING.md` lists under "What makes a chapter good"."""

from __future__ import annotations

import ast
import inspect
import io
import re
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jupytext  # type: ignore[import-untyped]
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import yaml

import solutions
from autograder.quiz import load_quiz

matplotlib.use("Agg")

BOOK = Path(__file__).parents[2] / "book"
SHAPE = (
    "Objectives",
    "Prerequisites",
    "Time",
    "The question",
    "Definition",
    "Derivation",
    "From formula to code",
    "Check it",
    "Worked examples",
    "Pitfalls",
    "Summary",
    "Quick check",
    "Exercises",
    "Practice notebook",
    "References",
)
WIDEST, WIDEST_IN_A_SOLUTION = 75, 69
"""Characters of a line of code that fit into the page without scrolling, 1280 pixels wide."""

LAST_ROWS = {
    "A": 35,
    "B": 15,
    "C": 20,
    "D": 13,
    "E": 37,
    "F": 11,
    "G": 22,
    "H": 14,
    "I": 11,
    "S": 13,
    "X": 27,
}
REQUIRED_ROWS = {f"{group}{number}" for group, last in LAST_ROWS.items() for number in range(1, last + 1)}
"""Topics A to I, the notation's symbols S, and the worked questions X that the course has to cover."""

WORDS = ("alt", "caption", "name")
"""What every figure says about itself."""

MUTANTS_PER_CELL = 40
"""Broken versions of a check cell that are tried; at most a quarter may go unnoticed."""


DISPLAYED = re.compile(r"^\$\$[ \t]*\n(.*?)^\$\$[ \t]*(?:\(([\w-]+)\))?", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#{1,2}) +(.+?)\s*$", re.MULTILINE)
OBJECTIVE = re.compile(r"^- \[(?:[^\]]|\n)+\]\{#([\w-]+)\}", re.MULTILINE)
LABEL = re.compile(r"^\(([\w-]+)\)=\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """A code cell, and the level-2 section that it stands in."""

    source: str
    section: str
    tags: frozenset[str]
    metadata: dict[str, Any]

    @property
    def checks(self) -> list[str]:
        """Labels of the equations that a check cell says it verifies."""
        named = re.match(r"# checks: (.+(?:\n#  .+)*)", self.source)
        return re.findall(r"[\w-]+", named[1]) if named else []


@dataclass(frozen=True)
class Chapter:
    """A chapter: its prose by section (the promise under the title is section "") and its code cells."""

    name: str
    front_matter: dict[str, Any]
    prose: dict[str, str]
    cells: list[Cell] = field(repr=False)

    @property
    def text(self) -> str:
        return "\n".join(self.prose.values())

    @property
    def check_cells(self) -> list[Cell]:
        return [cell for cell in self.cells if "check" in cell.tags]

    @property
    def runnable(self) -> list[Cell]:
        """The cells of the download, which leaves the movable figures out."""
        return [cell for cell in self.cells if "movable" not in cell.tags]


def page_names() -> list[str]:
    toc = yaml.safe_load((BOOK.parent / "_toc.yml").read_text(encoding="utf-8"))
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"] if "file" in entry]
    return [file.removeprefix("book/") for file in files]


def chapter_names() -> list[str]:
    return [name for name in page_names() if not name.startswith(("instructor/", "reference/"))]


@cache
def read(name: str) -> Chapter:
    path = BOOK / f"{name}.md"
    notebook = jupytext.read(path)
    prose: dict[str, str] = {}
    cells = []
    section = ""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            tags = frozenset(cell.metadata.get("tags", []))
            cells.append(Cell(cell.source, section, tags, cell.metadata))
            continue
        pieces = HEADING.split(cell.source)
        prose[section] = prose.get(section, "") + "\n" + pieces[0]
        for level, heading, body in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            section = "" if level == "#" else heading
            prose[section] = prose.get(section, "") + "\n" + body
    front_matter = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
    return Chapter(name, front_matter, prose, cells)


@pytest.fixture(params=chapter_names(), scope="module")  # all tests of one chapter, then those of the next
def chapter(request: pytest.FixtureRequest) -> Chapter:
    return read(request.param)


def run(source: str, namespace: dict[str, Any]) -> str:
    """Run a cell in a namespace and return what it prints."""
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(source, "<cell>", "exec"), namespace)
    return out.getvalue()


@dataclass(frozen=True)
class Ran:
    """A cell that ran: the names that it found, the names after it, and what it printed."""

    cell: Cell
    before: dict[str, Any]
    after: dict[str, Any]
    printed: str


@lru_cache(maxsize=1)
def ran(name: str) -> list[Ran]:
    """Run a chapter's download from top to bottom, once for all tests."""
    namespace: dict[str, Any] = {}
    record = []
    for cell in read(name).runnable:
        before = dict(namespace)
        printed = run(cell.source, namespace)
        record.append(Ran(cell, before, dict(namespace), printed))
        plt.close("all")
    return record


def test_the_page_has_its_sections_in_order(chapter: Chapter) -> None:
    shape = [heading for heading in chapter.prose if heading in SHAPE]
    assert shape == list(SHAPE)


def test_it_opens_with_a_promise_and_describes_itself_for_search_engines(chapter: Chapter) -> None:
    assert len(chapter.prose[""].split()) >= 20
    assert len(chapter.front_matter["myst"]["html_meta"]["description"]) >= 50
    assert chapter.front_matter["jupytext"]["text_representation"]["format_name"] == "myst"


def test_every_displayed_equation_is_labelled_and_checked_in_its_section(chapter: Chapter) -> None:
    for section, text in chapter.prose.items():
        checked = {label for cell in chapter.check_cells if cell.section == section for label in cell.checks}
        for formula, label in DISPLAYED.findall(text):
            assert label, f"give this equation a label: {formula}"
            assert label in checked, f"no check cell of section {section!r} names {label}"
        assert text.count("$$") == 2 * len(DISPLAYED.findall(text)), (
            f"a $$ in section {section!r} is not on its own line"
        )
        assert "```{math}" not in text
        assert not re.search(r"\\begin\{(?:align|equation)\*?\}", text), "only aligned, inside of $$"


def test_check_cells_name_equations_assert_and_say_so_in_one_line(chapter: Chapter) -> None:
    labels = {label for _, label in DISPLAYED.findall(chapter.text)}
    for done in ran(chapter.name):
        cell = done.cell
        if "check" in cell.tags:
            assert cell.checks, f"start with '# checks: <labels>': {cell.source}"
            assert set(cell.checks) <= labels, set(cell.checks) - labels
            assert any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source)))
            assert not any(tag.startswith(("hide", "remove")) for tag in cell.tags), "a check is shown"
            assert len(done.printed.splitlines()) == 1, done.printed


class _Mutate(ast.NodeTransformer):
    """Break the arithmetic at one place: swap an operator, or turn a factor 2 into 3."""

    SWAPS: tuple[tuple[type[ast.operator], type[ast.operator]], ...] = (
        (ast.Add, ast.Sub),
        (ast.Sub, ast.Add),
        (ast.Mult, ast.Div),
        (ast.Div, ast.Mult),
    )

    def __init__(self, place: int) -> None:
        self.place = place
        self.seen = -1

    def _here(self) -> bool:
        self.seen += 1
        return self.seen == self.place

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        for old, new in self.SWAPS:
            if isinstance(node.op, old) and self._here():
                node.op = new()
                break
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) in (int, float) and node.value == 2 and self._here():
            return ast.copy_location(ast.Constant(3), node)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return node  # tolerances and axes are no formulas

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return node  # what is printed is not asserted


def mutants(source: str) -> list[str]:
    """Versions of a cell with one broken formula each, evenly chosen when there are many."""
    counter = _Mutate(-2)
    counter.visit(ast.parse(source))
    places = np.linspace(0, counter.seen, min(counter.seen + 1, MUTANTS_PER_CELL)).astype(int)
    return [ast.unparse(ast.fix_missing_locations(_Mutate(int(p)).visit(ast.parse(source)))) for p in places]


def survives(mutant: str, namespace: dict[str, Any]) -> bool:
    try:
        with np.errstate(all="ignore"):
            run(mutant, dict(namespace))
    except Exception:
        return False
    return True


def test_a_broken_formula_makes_its_check_fail(chapter: Chapter) -> None:
    for done in ran(chapter.name):
        if "check" in done.cell.tags:
            broken = mutants(done.cell.source)
            alive = [mutant for mutant in broken if survives(mutant, done.before)]
            assert broken, f"nothing is computed in {done.cell.source}"
            assert len(alive) <= len(broken) / 4, f"{done.cell.checks}: not noticed, for example:\n{alive[0]}"


def test_the_download_runs_on_numpy_and_matplotlib_alone(chapter: Chapter) -> None:
    for cell in chapter.cells:
        allowed = {"numpy", "matplotlib", *sys.stdlib_module_names} | (
            {"book_ext", "solutions"} if "movable" in cell.tags else set()
        )
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] in allowed


def test_visible_code_fits_into_the_page(chapter: Chapter) -> None:
    for cell in chapter.cells:
        if not cell.tags & {"hide-input", "remove-input", "hide-cell", "remove-cell"}:
            assert [line for line in cell.source.splitlines() if len(line) > WIDEST] == []
    for snippet in re.findall(r"^```python\n(.*?)^```", chapter.text, re.MULTILINE | re.DOTALL):
        assert [line for line in snippet.splitlines() if len(line) > WIDEST_IN_A_SOLUTION] == []


def test_every_objective_is_exercised_by_the_quick_check(chapter: Chapter) -> None:
    objectives = OBJECTIVE.findall(chapter.prose["Objectives"])
    quiz_file = f"{Path(chapter.name).name}.quiz.yml"
    quiz = load_quiz(BOOK / Path(chapter.name).parent / quiz_file)
    assert len(objectives) == chapter.prose["Objectives"].count("\n- ") >= 3, "each objective has an id"
    assert {objective for question in quiz for objective in question.objectives} == set(objectives)
    assert {question.read for question in quiz} == {chapter.name}
    assert f"```{{quiz}} {quiz_file}" in chapter.prose["Quick check"]


def test_every_figure_has_a_name_a_caption_and_words_for_who_cannot_see_it(chapter: Chapter) -> None:
    names = []
    for cell in chapter.cells:
        if "movable" in cell.tags:
            keywords = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.keyword)]
            words = {k.arg: ast.literal_eval(k.value) for k in keywords if k.arg in WORDS}
        elif re.search(r"\bplt\.(figure|subplots?|show)\b", cell.source):
            mystnb = cell.metadata["mystnb"]
            words = {"alt": mystnb["image"]["alt"], **mystnb["figure"]}
        else:
            continue
        assert len(words["alt"].split()) >= 10, cell.source
        assert len(words["caption"].split()) >= 5, cell.source
        assert not re.search(r"title\(|title=", cell.source), "the caption is the title"
        names.append(words["name"])
    assert len(names) >= 3
    assert len(set(names)) == len(names)
    assert all(name.startswith("fig-") for name in names)


def test_static_figures_label_their_axes(chapter: Chapter) -> None:
    for done in ran(chapter.name):
        if "mystnb" in done.cell.metadata:
            plt.close("all")
            run(done.cell.source, dict(done.before))
            assert plt.gcf().axes
            axes = [ax for ax in plt.gcf().axes if ax.axison]  # a diagram switches them off
            assert all(ax.get_xlabel() for ax in axes), done.cell.source
            assert not axes or any(ax.get_ylabel() for ax in axes), done.cell.source


def test_exercises_have_a_folded_solution_whose_code_runs(chapter: Chapter) -> None:
    text = chapter.prose["Exercises"]
    exercises = re.findall(r"^`{3,}\{exercise\}.*\n:label: ([\w-]+)", text, re.MULTILINE)
    solved = re.findall(r"^`{3,}\{solution\} ([\w-]+)\n:class: dropdown", text, re.MULTILINE)
    assert len(exercises) >= 5
    assert solved == exercises
    namespace = ran(chapter.name)[-1].after
    snippets = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert snippets
    for snippet in snippets:
        run(snippet, dict(namespace))


def test_the_code_of_a_chapter_agrees_with_the_reference(chapter: Chapter) -> None:
    namespace = ran(chapter.name)[-1].after
    shared = [name for name in solutions.__all__ if inspect.isfunction(namespace.get(name))]
    rng = np.random.default_rng(0)
    for name in shared:
        parameters = inspect.signature(namespace[name]).parameters
        reference = inspect.signature(getattr(solutions, name)).parameters
        assert list(parameters) == list(reference)[: len(parameters)], name
        for shape in [(1,), (7,), (4, 3)]:
            inputs = [rng.normal(size=shape) for p in parameters.values() if p.default is p.empty]
            expected = getattr(solutions, name)(*inputs)
            np.testing.assert_allclose(namespace[name](*inputs), expected, rtol=1e-12)
    if chapter.name == "regression/squared-error":
        assert shared == ["mse", "mse_grad"]


def test_coverage_names_places_that_exist_and_misses_no_row() -> None:
    coverage: dict[str, str] = yaml.safe_load((BOOK / "coverage.yml").read_text(encoding="utf-8"))
    assert set(coverage) == REQUIRED_ROWS
    for row, place in coverage.items():
        require_place(row, place)


def test_misconceptions_are_answered_in_places_that_exist() -> None:
    answered: dict[str, str] = yaml.safe_load((BOOK / "misconceptions.yml").read_text(encoding="utf-8"))
    assert len(answered) == 107
    places = {row: place for row, place in answered.items() if place != "avoided"}
    assert len(places) > 100
    for row, place in places.items():
        require_place(row, place)


def require_place(row: str, place: str) -> None:
    name, label = place.split("#")
    assert name in page_names(), f"{row}: {name} is not in the table of contents"
    labels = LABEL.findall((BOOK / f"{name}.md").read_text(encoding="utf-8"))
    assert label in labels, f"{row}: no ({label})= in {name}"


def test_no_word_talks_down_to_the_reader(chapter: Chapter) -> None:
    belittling = re.compile(r"\b(?:simply|obviously|trivially|clearly|it is easy to see)\b", re.IGNORECASE)
    assert belittling.findall(chapter.text) == []

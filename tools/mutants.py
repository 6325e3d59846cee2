"""How many broken versions of the reference answers the tests of an assignment notice.

    python -m tools.mutants [UNIT ...] [--problem ID] [--to FILE]

Every solution is broken in small ways, one at a time: another operator, constant, axis or function,
a dropped term, call or statement. The tests of its problem must then fail. Survivors are listed; one that
computes the same as the reference, or differs by less than the tests may ask for, is justified in the
assignment's `survivors.yml`: by its text, with the reason.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import io
import itertools
import multiprocessing
import resource
import sys
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.assignment import Assignment, Problem, list_assignments, load_assignment
from autograder.authored import read_yaml
from autograder.checks import check_value  # noqa: F401  (loaded once here, not by every child)
from autograder.convert import source_notebooks
from autograder.mistakes import mistakes_of

LEAST_SCORE = 0.97
_SECONDS = 20  # of processor time for the tests of one mutant
_SWAPS: Mapping[type[ast.AST], tuple[type[Any], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
_FUNCTIONS = {
    "sum": ("mean", "max"), "mean": ("sum", "median"), "max": ("min",), "min": ("max",),
    "maximum": ("minimum",), "minimum": ("maximum",), "argmax": ("argmin",), "argmin": ("argmax",),
    "exp": ("expm1",), "expm1": ("exp",), "log": ("log1p", "log2"), "log1p": ("log",), "sqrt": ("square",),
    "abs": ("square",), "sign": ("abs",), "logaddexp": ("add",), "tanh": ("sin",), "zeros": ("ones",),
    "ones": ("zeros",), "zeros_like": ("ones_like",), "ones_like": ("zeros_like",), "cumsum": ("cumprod",),
    "sort": ("negative",), "dot": ("outer",), "any": ("all",), "all": ("any",), "std": ("var",),
    "var": ("std",),
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A broken version of a solution cell, and what was done to it."""

    cell: str
    change: str
    source: str


def mutants(cell: str, source: str) -> Iterator[Mutant]:
    """Break a source in all small ways, one at a time; each broken version that still compiles, once."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    for position, node in enumerate(ast.walk(tree)):
        for broken in _broken(node):
            changed = copy.deepcopy(tree)
            target = next(other for i, other in enumerate(ast.walk(changed)) if i == position)
            _replace(changed, target, broken)
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text not in seen:
                seen.add(text)
                was, now = ast.unparse(node), "nothing" if broken is None else ast.unparse(broken)
                yield Mutant(cell, f"{cell}, line {getattr(node, 'lineno', 0)}: {was} → {now}", text)


def _broken(node: ast.AST) -> Iterator[ast.AST | None]:
    """Give what may stand in place of a node; None drops a statement."""
    if isinstance(node, ast.BinOp):
        for operator in _SWAPS.get(type(node.op), ()):
            yield ast.BinOp(node.left, operator(), node.right)
        yield node.left
        yield node.right
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare):
        for operator in _SWAPS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [operator(), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        for operator in _SWAPS[type(node.op)]:
            yield ast.BoolOp(operator(), node.values)
        yield from node.values
    elif isinstance(node, ast.Constant):
        yield from _other_values(node.value)
    elif isinstance(node, ast.Call):
        yield from _broken_call(node)
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)):
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):  # a docstring
            yield None
        if isinstance(node, ast.AugAssign):
            for operator in _SWAPS.get(type(node.op), ()):
                yield ast.AugAssign(node.target, operator(), node.value)
    elif isinstance(node, ast.If):
        yield None


def _other_values(value: object) -> Iterator[ast.expr]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        for other in {value + 1, value - 1, 2 * value, -value} - {value}:
            yield ast.Constant(other) if other >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-other))


def _broken_call(node: ast.Call) -> Iterator[ast.AST]:
    if isinstance(node.func, ast.Attribute):
        for other in _FUNCTIONS.get(node.func.attr, ()):
            yield ast.Call(ast.Attribute(node.func.value, other, ast.Load()), node.args, node.keywords)
    if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]
    for keyword in node.keywords:
        yield ast.Call(node.func, node.args, [other for other in node.keywords if other is not keyword])


def _replace(tree: ast.AST, target: ast.AST, broken: ast.AST | None) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, broken)
            elif isinstance(value, list) and any(item is target for item in value):
                place = next(i for i, item in enumerate(value) if item is target)
                value[place] = ast.Pass() if broken is None else broken


def survives(before: list[tuple[str, str]], tests: list[str], source: str) -> bool:
    """Run cells, a mutant among them, then tests; whether all of these pass."""
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 1))
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for name, text in before:
                exec(compile(source if name == "mutant" else text, name, "exec"), names)
            for text in tests:
                exec(compile(text, "test", "exec"), names)
        except BaseException:
            return False
    return True


def _in_a_child(task: tuple[list[tuple[str, str]], list[str], str]) -> bool:
    """Run `survives` in a process of its own, which may end in any way."""
    reading, writing = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=lambda: writing.send(survives(*task)))
    child.start()
    writing.close()
    child.join(3 * _SECONDS)
    child.kill()
    try:
        return bool(reading.recv()) if reading.poll() else False
    except EOFError:
        return False


def _name(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", cell.id))


def survivors(assignment: Assignment, problem: Problem, every: int = 1) -> tuple[int, list[str]]:
    """Count the mutants of a problem's solutions, and list those that its tests let pass.

    `every` tries each mutant of that number only, for a quick look.
    """
    cells = source_notebooks(assignment)["practice"].cells
    code = [(_name(cell), cell) for cell in cells if cell.cell_type == "code"]
    tests = [cell.source for name, cell in code if name in problem.tests]
    last = max(i for i, (name, _) in enumerate(code) if name in problem.solutions + problem.tests)
    kept = [
        (name, cell.source)
        for name, cell in code[: last + 1]
        if not cell.metadata.get("nbgrader", {}).get("grade")
    ]
    tasks, changes = [], []
    for name, source in kept:
        if name in problem.solutions:
            for mutant in itertools.islice(mutants(name, source), None, None, every):
                before = [("mutant", "") if other == name else (other, text) for other, text in kept]
                tasks.append((before, tests, mutant.source))
                changes.append(mutant.change)
    mistakes_of(problem.id)  # read once here, and not by the child of every mutant
    with ProcessPoolExecutor() as pool:
        alive = list(pool.map(_in_a_child, tasks, chunksize=4))
    return len(tasks), [change for change, lives in zip(changes, alive, strict=True) if lives]


def main() -> int:
    """Print the score of each problem and its survivors; 1 if a score is too low or one is not justified."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("units", nargs="*", default=list_assignments())
    parser.add_argument("--problem", help="only this one")
    parser.add_argument("--to", type=Path, help="write the report to this file too")
    options = parser.parse_args()
    report: list[str] = []
    failures, all_mutants, all_alive = 0, 0, 0
    for unit in options.units:
        assignment = load_assignment(unit)
        path = assignment.folder / "survivors.yml"
        reasons: Mapping[str, str] = read_yaml(path) if path.exists() else {}
        for problem in assignment.problems:
            if options.problem in (None, problem.id):
                count, alive = survivors(assignment, problem)
                score, shown = 1 - len(alive) / count, len(report)
                report.append(f"{problem.id}: {count - len(alive)} of {count} noticed ({score:.1%})")
                for change in alive:
                    report.append(f"    {change}: {reasons.get(change, 'NOT JUSTIFIED')}")
                failures += any(change not in reasons for change in alive)
                all_mutants, all_alive = all_mutants + count, all_alive + len(alive)
                print(*report[shown:], sep="\n", flush=True)
    if not all_mutants:
        parser.error(f"no such problem: {options.problem}")
    else:
        share = 1 - all_alive / all_mutants
        report.append(f"all problems: {all_mutants - all_alive} of {all_mutants} noticed ({share:.1%})")
        print(report[-1])
        failures += share < LEAST_SCORE
    if options.to is not None:
        options.to.parent.mkdir(parents=True, exist_ok=True)
        options.to.write_text("\n".join(report) + "\n", encoding="utf-8")
    return min(1, failures)


if __name__ == "__main__":
    sys.exit(main())

"""Grades one notebook: rebuilds it, takes a candidate from the jail, and examines it.

It is a function of the source and the submission, and writes nothing. The process it runs in is the examiner,
which is trusted: no student's code runs here, and what tests may leave behind in modules that all notebooks
share is put back after each.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import os
import random
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from autograder.engine.check import Check, compile_check
from autograder.engine.examiner import Examination, Examiner
from autograder.engine.jail import Jail, JailEnded
from autograder.engine.limits import Limits
from autograder.engine.quarantine import Rebuilt, Refused, rebuild
from autograder.engine.source import SourceNotebook, imported_modules, without_magics
from autograder.engine.verdict import GradedNotebook, Verdict, refused_notebook
from autograder.sanitise import clean_notebook_outputs, clean_text


class _Examined(NamedTuple):
    verdicts: list[Verdict]
    outputs: dict[str, list[dict[str, Any]]]
    remarks: tuple[str, ...]
    died: bool


class Grader:
    """Grades notebooks of one assignment, one after the other.

    Parameters
    ----------
    sources
        The source notebooks by name.
    jail
        Where candidates come from.
    limits
        What each notebook may use.

    Attributes
    ----------
    spent
        Whether a new process should grade the next notebook: a test was torn out of its work, or
        a student's function changed an argument that tests of others may use too.
    """

    def __init__(self, sources: Mapping[str, SourceNotebook], jail: Jail, limits: Limits) -> None:
        self._sources = sources
        self._jail = jail
        self._limits = limits
        self._examinations = {name: examination(source) for name, source in sources.items()}
        self.spent = False
        gc.collect()
        gc.freeze()  # what is loaded now stays, so that collections need not look at it again

    def use(self, jail: Jail) -> None:
        """Take candidates from another jail from now on."""
        self._jail = jail

    def grade(self, notebook: str, submitted: bytes, files: Mapping[str, bytes], seed: str) -> GradedNotebook:
        """Grade a submitted notebook.

        Parameters
        ----------
        notebook
            Which notebook of the assignment it is.
        submitted
            The bytes that were handed in.
        files
            What was handed in, or comes with the assignment, beside it.
        seed
            From which this student's hidden inputs are made.
        """
        started = time.monotonic()
        source = self._sources[notebook]
        try:
            rebuilt = rebuild(source, submitted)
        except Refused as reason:
            return refused_notebook(notebook, source.max_points, str(reason))
        examined = self._examine(notebook, rebuilt, files, seed)
        if examined.died:  # the student's code need not be the reason: it gets another candidate, once
            examined = self._examine(notebook, rebuilt, files, seed)
            if examined.died and not self._jail.alive:
                raise JailEnded("it ended while a candidate ran in it")
        return GradedNotebook(
            notebook=notebook,
            verdicts=tuple(
                replace(verdict, message=clean_text(verdict.message)) for verdict in examined.verdicts
            ),
            outputs=clean_notebook_outputs(examined.outputs),
            isolation=self._jail.level,
            remarks=(*rebuilt.remarks, *examined.remarks),
            seconds=round(time.monotonic() - started, 4),
        )

    def _examine(self, notebook: str, rebuilt: Rebuilt, files: Mapping[str, bytes], seed: str) -> _Examined:
        candidate = self._jail.spawn()
        try:
            with _as_it_was():
                examiner = Examiner(self._examinations[notebook], candidate, self._limits, seed)
                verdicts, outputs = examiner.examine(rebuilt.cells, files)
        finally:
            candidate.close()
        self.spent = self.spent or examiner.touched
        return _Examined(verdicts, outputs, examiner.remarks, examiner.died)


def examination(source: SourceNotebook) -> Examination:
    """Compile the tests of a source notebook, and load now what they import, once for all students."""
    checks: dict[str, Check] = {}
    texts = [text for _, text in source.preparation]
    for cell in source.cells:
        if cell.kind == "test" and cell.grade_id is not None:
            checks[cell.grade_id] = compile_check(cell.grade_id, cell.source, cell.max_points)
            texts.append("\n".join(checks[cell.grade_id].lines))
    for text in texts:
        _import_what(text)
    preparation = {
        cell: compile(without_magics(ast.parse(text)), f"<{cell}>", "exec")
        for cell, text in source.preparation
    }
    return Examination(preparation, checks, source.exports)


def _import_what(text: str) -> None:
    for name in imported_modules(text):
        with contextlib.suppress(Exception):  # the test that needs it will say that it is missing
            importlib.import_module(name)


@contextlib.contextmanager
def _as_it_was() -> Iterator[None]:
    """Put back what test cells may change for the whole process, so that no notebook depends on another."""
    environment, folder = dict(os.environ), os.getcwd()
    states: tuple[Any, Any] = random.getstate(), np.random.get_state()  # noqa: NPY002  (tests may use it)
    with warnings.catch_warnings(), np.errstate(), np.printoptions():
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])  # noqa: NPY002
            os.chdir(folder)
            if dict(os.environ) != environment:
                os.environ.clear()
                os.environ.update(environment)

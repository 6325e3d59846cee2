"""The examiner: runs the test cells of one notebook, with the student's functions as proxies, and judges.

It is trusted. A point is given only here, and only when a test cell ran to its end.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, NamedTuple

from autograder import seeds
from autograder.engine.check import Check, filename, points_of
from autograder.engine.inside.recorder import Recorder, Stream
from autograder.engine.inside.wire import NotData
from autograder.engine.jail import Candidate, JailEnded
from autograder.engine.limits import Limits
from autograder.engine.quarantine import RebuiltCell
from autograder.engine.student import CandidateGone, OutOfTime, Student
from autograder.engine.verdict import Outcome, Verdict
from autograder.errors import shortened
from autograder.sanitise import clean_outputs

MAX_MESSAGE = 4000
MAX_STOPPED = 5  # cells stopped by an error that are named
_ABSENT = object()
_ALARM_GRACE = 2.0  # seconds for what waits for the candidate to notice by itself that time is over
_END_GRACE = 5.0  # seconds of processor time more until the process is ended


@dataclass(frozen=True)
class Examination:
    """What the examiner needs besides the student's cells; all of it from the source notebook.

    Attributes
    ----------
    preparation
        What else runs here, by cell id: cells and imports that tests rely on.
    checks
        The test cells, by grade id.
    exports
        The names that the student's code may give to the tests.
    """

    preparation: Mapping[str, CodeType]
    checks: Mapping[str, Check]
    exports: tuple[str, ...]


class _Stopped(NamedTuple):
    """A cell of the student's code that an error stopped."""

    grade_id: str | None
    source: str
    error: str

    def told(self, own: str) -> str:
        """Say which cell it was and what stopped it; `own` is what a cell without an id is called."""
        cell = f"the cell {self.grade_id!r}" if self.grade_id else own
        return f"{cell} was stopped by {self.error}"


class Examiner:
    """Runs one notebook.

    Parameters
    ----------
    examination
        The tests.
    candidate
        Where the student's cells run.
    limits
        How long they may.
    seed
        From which the inputs of hidden tests are made, other ones for each student.

    Attributes
    ----------
    torn
        Whether a test was torn out of its own work, not out of waiting for the candidate.
    """

    def __init__(self, examination: Examination, candidate: Candidate, limits: Limits, seed: str) -> None:
        self._examination = examination
        self._limits = limits
        self._seed = seed
        self._recorder = Recorder()
        self._student = Student(candidate, limits.sent, self._recorder)
        self._student.before_call = self._sync_out
        self._end = time.monotonic() + limits.notebook_seconds
        self._names: dict[str, Any] = {"__name__": "__main__", "display": self._display}
        self._synced: dict[str, Any] = {}
        self._last = "its first cell"
        self._why_gone = ""
        self._unprepared: dict[str, str] = {}
        self._stopped: list[_Stopped] = []
        self._absent: set[str] = set()
        self.torn = False

    @property
    def touched(self) -> bool:
        """Whether what other notebooks share may have changed: in a torn test, or through an argument."""
        return self.torn or self._student.wrote_back

    @property
    def died(self) -> bool:
        """Whether the candidate ended without our doing."""
        return self._student.died

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the instructor should know: which cells were stopped by an error, an untouched stub aside."""
        told = [
            stopped.told("one of the student's own cells")
            for stopped in self._stopped
            if not stopped.error.startswith("NotImplementedError")
        ]
        more = len(told) - MAX_STOPPED
        rest = [f"other cells that were stopped by an error: {more}"] if more > 0 else []
        return (*told[:MAX_STOPPED], *rest)

    def examine(
        self, cells: Sequence[RebuiltCell], files: Mapping[str, bytes]
    ) -> tuple[list[Verdict], dict[str, list[dict[str, Any]]]]:
        """Run the cells in their order; return the verdicts, and what each cell showed."""
        verdicts, outputs = [], {}
        with self._surroundings():
            self._begin()
            try:
                self._student.prepare(files)
            except (CandidateGone, OutOfTime) as error:  # nothing of the student's has run yet
                why = self._student.gone or "it did not answer in time"
                raise JailEnded(f"a candidate could not be started: {why}") from error
            here = {cell.id for cell in cells if cell.kind == "locked"}
            for cell_id in self._examination.preparation:
                if cell_id not in here:  # a student may have changed or moved it, the source's text counts
                    self._prepare(cell_id)
            for cell in cells:
                check = self._examination.checks.get(cell.grade_id or "")
                if cell.kind == "test" and check is not None:
                    verdict, shown = self._run_check(check)
                    verdicts.append(verdict)
                    outputs[cell.id] = shown
                elif cell.kind in ("student", "locked"):
                    outputs[cell.id] = self._run_cell(cell)
                if cell.kind == "locked" and cell.id in self._examination.preparation:
                    self._prepare(cell.id)
        return verdicts, outputs

    def _prepare(self, cell_id: str) -> None:
        """Run here what tests need of a cell; if it fails, a test that needs it will say what is missing."""
        try:
            with self._timed():
                self._sync_in()
                exec(self._examination.preparation[cell_id], self._names)
        except (Exception, SystemExit, KeyboardInterrupt, OutOfTime, CandidateGone) as error:
            self._unprepared[cell_id] = f"{type(error).__name__}: {shortened(error)}"
        self._recorder.take()

    @contextlib.contextmanager
    def _timed(self) -> Iterator[None]:
        """Set the time for a cell that runs here; end the process should nothing else stop it.

        An alarm that Python handles can't interrupt a single call that takes for ever, such as adding up a
        huge range; one that the system handles ends the process.
        """
        seconds = max(0.01, self._begin() - time.monotonic()) + _ALARM_GRACE
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds + _END_GRACE)
        signal.signal(signal.SIGALRM, self._out_of_time)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.setitimer(signal.ITIMER_PROF, 0)

    @contextlib.contextmanager
    def _surroundings(self) -> Iterator[None]:
        os.environ["NBGRADER_EXECUTION"] = "autograde"  # nbgrader's promise to test cells
        out, err = Stream(self._recorder, "stdout"), Stream(self._recorder, "stderr")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield

    def _out_of_time(self, *_: Any) -> None:
        self._student.late = self.torn = True
        raise OutOfTime

    def _display(self, *values: Any) -> None:
        for value in values:
            self._recorder.show("display_data", {"text/plain": repr(value)}, {})

    def _begin(self) -> float:
        """Start the clock for a cell; return when its time is over."""
        deadline = min(time.monotonic() + self._limits.cell_seconds, self._end)
        self._student.begin(deadline)
        return deadline

    def _run_cell(self, cell: RebuiltCell) -> list[dict[str, Any]]:
        """Run a cell of the student's code; return what it showed."""
        if not cell.source.strip() or self._student.gone is not None:
            return []
        name = f"the cell {cell.grade_id!r}" if cell.grade_id else "one of your own cells"
        try:
            self._begin()
            shown = clean_outputs(self._student.run(cell.source))
        except OutOfTime:
            self._note_end(name)
            shown = [_error("TimeoutError", f"This cell was stopped {self._time_spent()}.")]
        except CandidateGone:
            self._note_end(name)
            return [_error("Crashed", f"Your code ended here: {self._student.gone}.")]
        for output in shown:
            if output["output_type"] == "error":
                error = shortened(f"{output['ename']}: {output['evalue']}".removesuffix(": "), 150)
                self._stopped.append(_Stopped(cell.grade_id, cell.source, error))
        return shown

    def _time_spent(self) -> str:
        if time.monotonic() >= self._end:
            return f"because the whole notebook may run for {self._limits.notebook_seconds:g} seconds"
        return f"after {self._limits.cell_seconds:g} seconds"

    def _note_end(self, name: str) -> None:
        if self._student.gone is not None and not self._why_gone:
            self._why_gone = f"{self._student.gone}, in {name}"

    def _run_check(self, check: Check) -> tuple[Verdict, list[dict[str, Any]]]:
        started = time.monotonic()
        outcome: Outcome
        points, error = 0.0, None
        if self._student.gone is not None:
            outcome, message = "crashed", f"Your code had ended before this check: {self._why_gone}."
        elif started >= self._end:
            outcome, message = "timeout", f"Not reached: the notebook was stopped {self._time_spent()}."
        else:
            outcome, points, message, error = self._judge(check)
        shown = self._recorder.take()
        if message:
            shown.append(_error(_NAMES[outcome], message, self._student.traceback_of(error)))
        seconds = round(time.monotonic() - started, 4)
        return Verdict(check.grade_id, outcome, points, check.max_points, message, seconds), shown

    def _judge(self, check: Check) -> tuple[Outcome, float, str, BaseException | None]:
        """Run a test cell; return the outcome, the points, what the student is told, and the error if any."""
        value, error = None, None
        try:
            with self._timed(), seeds.use(self._seed, check.grade_id):
                self._student.forget_our_functions()
                self._sync_in()
                value = check.run(self._names)
                self._sync_out()
        except (Exception, SystemExit, KeyboardInterrupt, OutOfTime, CandidateGone) as raised:
            error = raised
        # Not the error decides here but what happened: a test may have caught the error.
        if self._student.late:
            self._note_end(f"the check {check.grade_id!r}")
            return "timeout", 0.0, f"Stopped {self._time_spent()}: does a loop in it have no end?", None
        if self._student.gone is not None:
            self._note_end(f"the check {check.grade_id!r}")
            return "crashed", 0.0, f"Your code ended while it was checked: {self._student.gone}.", None
        if error is None:
            return (*points_of(value, check.max_points), None)
        if isinstance(error, NotImplementedError):
            return "not attempted", 0.0, _message(error, check), None  # where it was raised tells nothing
        if missing := self._missing(error, check):
            return "failed", 0.0, missing[:MAX_MESSAGE], None
        message = _message(error, check)
        if isinstance(error, NameError):
            message += "".join(
                f" (The cell {cell!r} failed: {why}.)" for cell, why in self._unprepared.items()
            )
        return "failed", 0.0, message[:MAX_MESSAGE], error

    def _missing(self, error: BaseException, check: Check) -> str:
        """Say that a name is not there and why, if that is what a test stumbled over; else nothing.

        A test may look itself whether the name is there; its advice does not fit when the cell has run and
        was stopped.
        """
        if isinstance(error, NameError):
            names = {error.name or ""} & self._absent
        elif isinstance(error, AssertionError) and self._stopped:
            about = " ".join([str(error), *_lines(error, check)])
            names = {name for name in self._absent if _mentions(about, name)}
        else:
            return ""
        if not names:
            return ""
        name = min(names)
        stopped = [cell for cell in self._stopped if _mentions(cell.source, name)] or self._stopped
        told = [cell.told("one of your own cells") for cell in stopped[:MAX_STOPPED]]
        if not told:
            return f"`{name}` is not defined: no cell above gives it a value."
        return f"`{name}` is not defined: {'; '.join(told)}."

    def _sync_in(self) -> None:
        """Bring the names of the student's code here."""
        found = self._student.names(self._examination.exports)
        self._absent = set(self._examination.exports) - set(found)
        for name in self._examination.exports:
            if name in found:
                self._names[name] = self._synced[name] = found[name]
            else:
                self._names.pop(name, None)
                self._synced.pop(name, None)

    def _sync_out(self) -> None:
        """Bring there what a test did to the names here: a test may take a name away or replace it."""
        for name in self._examination.exports:
            here = self._names.get(name, _ABSENT)
            if here is self._synced.get(name, _ABSENT):
                continue
            if here is _ABSENT:
                del self._synced[name]
                self._student.unbind(name)
            else:
                self._synced[name] = here
                with contextlib.suppress(NotData):  # then it stays a name of the test's only
                    self._student.bind(name, here)


_NAMES: dict[Outcome, str] = {
    "partial": "Partly right",
    "failed": "Not right",
    "timeout": "TimeoutError",
    "crashed": "Crashed",
    "not attempted": "Not attempted",
}


def _message(error: BaseException, check: Check) -> str:
    """Say what a test cell complains of; where it has no words of its own, show its line."""
    text = str(error).strip()
    if isinstance(error, (AssertionError, NotImplementedError)) and text:
        return text[:MAX_MESSAGE]
    lines = _lines(error, check)
    # What is not defined says enough, and a line of the test would not help to find it.
    where = f", at `{shortened(lines[-1])}`" if lines and not isinstance(error, NameError) else ""
    said = f"{type(error).__name__}{f': {text}' if text else ''}"
    return f"{said}{where}"[:MAX_MESSAGE]


def _lines(error: BaseException, check: Check) -> list[str]:
    """Give the lines of a test cell that an error went through, the innermost last."""
    return [
        check.line(frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == filename(check.grade_id) and frame.lineno
    ]


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _error(name: str, text: str, where: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "output_type": "error",
        "ename": name,
        "evalue": text,
        "traceback": [*where, f"\x1b[31m{name}\x1b[39m: {text}"],
    }

"""Time to grade a class, with stock nbgrader and with `autograder`: everything written, in the full jail.

The class is the sample class of the unit over and over, without the student whose loop has no end; each
student's hidden inputs are different ones, so nothing is graded once for many. Stock is measured on a part of
the class, because its time grows evenly: give `--stock 200` to have it grade all.

`python -m benchmarks.grading --sizes 50 200 1000 5000` also shows how time and memory grow; with `--dask` it
compares workers of this machine with workers of a Dask cluster on this machine instead.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from nbgrader.api import Gradebook  # type: ignore[import-untyped]

from autograder.authored import ASSIGNMENTS
from autograder.engine.inside.recorder import Recorder
from autograder.engine.jail import strongest_jail
from autograder.engine.limits import Limits
from autograder.engine.quarantine import RebuiltCell, rebuild
from autograder.engine.source import load_source
from autograder.engine.student import Student
from autograder.sample_class import load_sample_class

UNIT = "u2-regression"
ENDLESS = "hana"  # her loop is stopped after the course's time-out, which would be all that is measured
ROUNDS = 3
PARTS = {"itself": "coordinator", "examiners": "examiners", "jails": "zygotes and candidates"}
_FOREMAN = "autograder.engine.foreman"
_OURS = Path(sys.executable).with_name("autograder")
_STOCK = Path(sys.executable).with_name("nbgrader")
_PLAIN = 'c = get_config()\nc.CourseDirectory.course_id = "plain"\n'
_MEMORY_EVERY = 1.0  # seconds; to ask for it costs the kernel some milliseconds
_LOOK_EVERY = 0.5  # seconds


@dataclass
class Run:
    """What a command took.

    Attributes
    ----------
    seconds
        Wall time.
    cpu
        Seconds of processor time of all its processes.
    parts
        The same in parts: of the command itself, of the foremen with their workers, and of the jails with
        zygotes and candidates.
    memory
        The most bytes that all its processes held together, with shared pages counted once.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    parts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))
    memory: int = 0


class _Watch(threading.Thread):
    """Looks at a process and all its descendants now and then until it is stopped."""

    def __init__(self, pid: int, run: Run) -> None:
        super().__init__(daemon=True)
        self._root = psutil.Process(pid)
        self._run = run
        self._end = threading.Event()
        self._next_memory = time.monotonic()
        self._known: dict[int, bool] = {}

    def run(self) -> None:
        while not self._end.wait(_LOOK_EVERY):
            with contextlib.suppress(psutil.Error):
                self._look()

    def stop(self) -> None:
        self._end.set()
        self.join()

    def _look(self) -> None:
        below = descendants(self._root)
        examiners = [process for process in below if self._examines(process)]
        jails = [process for process in below if not self._examines(process)]
        now = {
            "itself": sum(seconds_of(self._root)[:2]),
            "examiners": sum(sum(seconds_of(process)[:2]) for process in examiners),
            # With what has ended below them: candidates come and go.
            "jails": sum(sum(seconds_of(process)) for process in jails),
        }
        for part, seconds in now.items():
            self._run.parts[part] = max(self._run.parts[part], seconds)
        everything = sum(sum(seconds_of(process)) for process in (self._root, *below))
        self._run.cpu = max(self._run.cpu, everything)
        if time.monotonic() >= self._next_memory:
            self._next_memory = time.monotonic() + _MEMORY_EVERY
            self._run.memory = max(self._run.memory, sum(map(_memory, [self._root, *below])))

    def _examines(self, process: psutil.Process) -> bool:
        """Whether it is a foreman or one of its workers."""
        if process.pid not in self._known:
            try:
                self._known[process.pid] = _FOREMAN in process.cmdline()
            except psutil.Error:
                return False
        return self._known[process.pid]


def descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def seconds_of(process: psutil.Process) -> tuple[float, float, float, float]:
    """Give the processor time of a process, and of those of its children that have ended."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0, 0.0, 0.0, 0.0
    return times.user, times.system, times.children_user, times.children_system


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def run(command: Sequence[str | Path], folder: Path, *, good: Sequence[int] = (0,)) -> Run:
    """Run a command to its end and watch what it takes."""
    result = Run()
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), cwd=folder, stdout=said, stderr=said)
        watch = _Watch(process.pid, result)
        watch.start()
        process.wait()
        result.seconds = time.perf_counter() - start
        watch.stop()
        if process.returncode not in good:
            said.seek(0)
            sys.exit(f"{command}: exit status {process.returncode}\n{said.read().decode(errors='replace')}")
    return result


def grade(course: Path, *options: str) -> Run:
    """Grade a class with `autograder`."""
    return run([_OURS, "grade", UNIT, *options], course, good=(0, 3))  # 3: nobody hands in the quiz


class Classes:
    """Makes course directories with a class that hands in the practice notebook."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._base = folder / "base"
        run([_OURS, "init", self._base], folder)
        run([_OURS, "release", UNIT], self._base)
        sample = shutil.copytree(self._base, folder / "sample")
        run([_OURS, "sample-class", UNIT], sample)
        students = load_sample_class(ASSIGNMENTS / UNIT / "sample_class.yml")
        self._mix = [
            (sample / "submitted" / student.id / UNIT / "practice.ipynb", student.marks["practice"])
            for student in students
            if student.id != ENDLESS
        ]

    @property
    def source(self) -> Path:
        """The source notebook."""
        return self._base / "source" / UNIT / "practice.ipynb"

    @property
    def notebooks(self) -> list[Path]:
        """The different notebooks that are handed in."""
        return [path for path, _ in self._mix]

    def make(self, name: str, size: int) -> Path:
        """Make a course with a class of some size, which has handed in and is not graded."""
        course = self._folder / name
        shutil.copytree(self._base, course)
        for number in range(size):
            folder = course / "submitted" / f"s{number:05}" / UNIT
            folder.mkdir(parents=True)
            shutil.copy(self._mix[number % len(self._mix)][0], folder / "practice.ipynb")
        return course

    def grade(self, course: Path, *options: str) -> Run:
        """Grade a class with `autograder`, and make sure that it was graded right."""
        taken = grade(course, *options)
        with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
            scores = [s.score for s in sorted(gradebook.assignment_submissions(UNIT), key=_student)]
        wanted = [self._mix[number % len(self._mix)][1] for number in range(len(scores))]
        if scores != wanted:
            sys.exit(f"{course}: not the marks that the sample class should get")
        return taken

    def grade_stock(self, course: Path) -> Run:
        """Grade a class with nbgrader as it is, without any settings of ours."""
        (course / "nbgrader_config.py").write_text(_PLAIN, encoding="utf-8")
        return run([_STOCK, "autograde", UNIT], course)


def _student(submission: object) -> str:
    return str(submission.student.id)  # type: ignore[attr-defined]


def floor(source: Path, notebooks: Sequence[Path], rounds: int = 10) -> tuple[float, float]:
    """Measure the least that a submission can cost: a candidate forked in the jail, the cells run, no test.

    Returns
    -------
    tuple
        Seconds of wall time, and of processor time.
    """
    loaded, limits = load_source(source), Limits()
    cells = [rebuild(loaded, path.read_bytes()).cells for path in notebooks]
    with contextlib.closing(strongest_jail(limits, modules=loaded.modules)) as jail:
        processes = [psutil.Process(), *descendants(psutil.Process())]
        seconds, before = [], sum(sum(seconds_of(process)) for process in processes)
        for _ in range(rounds):
            for notebook in cells:
                start = time.perf_counter()
                candidate = jail.spawn()
                student = Student(candidate, limits.sent, Recorder())
                _run_cells(student, notebook, limits)
                candidate.close()
                seconds.append(time.perf_counter() - start)
        time.sleep(2 * _LOOK_EVERY)  # until the last ones are counted
        spent = sum(sum(seconds_of(process)) for process in processes) - before
    return statistics.median(seconds), spent / len(seconds)


def _run_cells(student: Student, cells: Sequence[RebuiltCell], limits: Limits) -> None:
    student.begin(time.monotonic() + limits.notebook_seconds)
    student.prepare({})
    for cell in cells:
        if cell.kind in ("student", "locked") and cell.source.strip():
            student.run(cell.source)


def compare(classes: Classes, size: int, stock_size: int) -> None:
    """Print how long both take for one class."""
    stock_size = min(size, stock_size)
    start = run([_STOCK, "autograde", "--version"], Path())
    part = classes.grade_stock(classes.make("stock", stock_size))
    runs = []
    for number in range(ROUNDS):
        course = classes.make(f"ours{number}", size)
        runs.append(classes.grade(course))
    again = grade(course)
    ours = sorted(runs, key=lambda taken: taken.seconds)[ROUNDS // 2]

    stock_seconds = start.seconds + (part.seconds - start.seconds) * size / stock_size
    stock_cpu = part.cpu * size / stock_size
    note = ""
    if stock_size < size:
        note = f" (from {part.seconds:.1f} s for the first {stock_size})"
    print(f"\ngrading a class of {size}, practice notebook of {UNIT}; {len(os.sched_getaffinity(0))} cores")
    print(f"{'':14}{'seconds':>10}{'per second':>12}{'CPU seconds':>13}")
    print(f"{'stock':14}{stock_seconds:10.1f}{size / stock_seconds:12.2f}{stock_cpu:13.1f}{note}")
    spread = f" (median of {', '.join(f'{taken.seconds:.2f}' for taken in runs)})"
    print(f"{'ours':14}{ours.seconds:10.2f}{size / ours.seconds:12.2f}{ours.cpu:13.1f}{spread}")
    print(f"{'ratio':14}{stock_seconds / ours.seconds:10.1f}{'':12}{stock_cpu / ours.cpu:13.1f}")
    each = f"{again.seconds / size * 1e3:.1f} ms each"
    print(f"{'nothing new':14}{again.seconds:10.2f}{size / again.seconds:12.2f}{again.cpu:13.1f} ({each})")

    wall, cpu = floor(classes.source, classes.notebooks)
    print("\nwhat remains, in milliseconds of processor time per submission, start-up included")
    for key, name in PARTS.items():
        print(f"{name:30}{ours.parts[key] / size * 1e3:8.1f}")
    print(f"{'the floor: fork, jail, cells':30}{cpu * 1e3:8.1f}  ({wall * 1e3:.1f} from beginning to end)")


def growth(classes: Classes, sizes: Sequence[int]) -> None:
    """Print how time and memory grow with the class."""
    print("\nours, by the size of the class")
    print(
        f"{'size':>6}{'seconds':>10}{'ms each':>10}{'memory in MB':>14}{'again, s':>10}{'again, ms each':>16}"
    )
    for size in sizes:
        course = classes.make(f"size{size}", size)
        taken = classes.grade(course)
        again = grade(course)
        shutil.rmtree(course)
        print(
            f"{size:6}{taken.seconds:10.2f}{taken.seconds / size * 1e3:10.1f}{taken.memory / 2**20:14.0f}"
            f"{again.seconds:10.2f}{again.seconds / size * 1e3:16.2f}",
            flush=True,
        )


def main(arguments: Sequence[str] = ()) -> None:
    """Print the comparison, what remains, and the growth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=200, metavar="N", help="size of the class")
    parser.add_argument("--stock", type=int, default=40, metavar="N", help="how many of them stock grades")
    parser.add_argument("--sizes", type=int, nargs="*", default=[50, 200, 1000], metavar="N", help="growth")
    parser.add_argument(
        "--dask", action="store_true", help="compare one worker, two, and a Dask cluster of two; nothing else"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="grading-") as folder:
        classes = Classes(Path(folder))
        if options.dask:
            from benchmarks.cluster import compare_cluster

            compare_cluster(classes, options.students)
            return
        compare(classes, options.students, options.stock)
        growth(classes, options.sizes)


if __name__ == "__main__":
    main(sys.argv[1:])

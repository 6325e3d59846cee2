"""Checks of what a course has recorded: gradebook, log, kept verdicts, class list, releases."""

from __future__ import annotations

import re
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from nbgrader.api import Base  # type: ignore[import-untyped]
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from autograder.audit_log import AuditLog
from autograder.database import shown_url
from autograder.doctor.check import Check, Finding, NotChecked, fail, note, ok
from autograder.doctor.patient import Patient
from autograder.engine.source import load_source
from autograder.errors import AutograderError, shortened
from autograder.layout import require_released_notebooks
from autograder.nbgrader_session import NbGraderSession
from autograder.private import AUDIT, PRIVATE, VERDICTS
from autograder.roster import CLASS_LIST, course_roster
from autograder.source_changes import source_changes
from autograder.wording import counted

_SHOWN = 3
_WAIT = 10.0  # seconds for another process that is writing
# On these, locks don't work between machines, or not at all.
_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\w*|afs|9p|ceph|lustre|beegfs\w*|gpfs|glusterfs|fuse\.(sshfs|ceph|\w*fs\d?)"
)


def record_checks(patient: Patient) -> list[Check]:
    """List the checks of what a course has recorded."""
    return [
        Check("gradebook", lambda: gradebook(patient)),
        Check("file system", lambda: file_system(patient)),
        Check("log of marks", lambda: log(patient)),
        Check("kept verdicts", lambda: verdicts(patient)),
        Check("class list", lambda: class_list(patient)),
        Check("releases", lambda: releases(patient)),
    ]


def gradebook(patient: Patient) -> Finding:
    """Look whether the gradebook is whole, or its server there, and whether nbgrader opens it."""
    course, file = patient.course, patient.gradebook_file
    if file is None:
        return _on_server(patient)
    if not file.exists():
        return note("none yet; `autograder release` or `autograder students` makes it")
    if (wrong := _damage(file)) is not None:
        quoted = shlex.quote(str(file))
        return fail(
            f"{file} is damaged: {wrong}",
            "Put it back from a backup. Without one, save what can be read, and grade again:",
            f"sqlite3 {quoted} .recover | sqlite3 {quoted}.new     (then move it into place)",
        )
    try:
        with NbGraderSession(course).gradebook() as opened:
            return ok(f"whole; {counted(len(opened.students), 'student')} ({file.name}, SQLite)")
    except AutograderError as error:
        return fail(
            shortened(error),
            f"cd {shlex.quote(str(course.root))} && python -m nbgrader db upgrade     (if an older "
            "nbgrader made it)",
        )


def _damage(file: Path) -> str | None:
    """Have SQLite look through a file; None if it is whole."""
    try:
        # Not read-only: SQLite first takes back what a process that was killed had begun to write.
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=_WAIT)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise NotChecked(f"another process is writing to {file}; look again later") from error
        return shortened(error)
    except sqlite3.DatabaseError as error:
        return shortened(error)
    return None if found == "ok" else shortened(found)


def _on_server(patient: Patient) -> Finding:
    url = patient.database
    shown = shown_url(url)
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10})
        with engine.connect() as connection:
            version, encoding, user, may_make = connection.execute(
                text(
                    "SELECT current_setting('server_version'), current_setting('server_encoding'), "
                    "current_user, has_schema_privilege(current_schema(), 'CREATE')"
                )
            ).one()
            there = set(inspect(connection).get_table_names()) & set(Base.metadata.tables)
            closed = [
                table
                for table in sorted(there)
                for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
                if not connection.execute(
                    text("SELECT has_table_privilege(:name, :right)"), {"name": table, "right": right}
                ).scalar_one()
            ]
    except ImportError as error:
        return fail(
            f"the driver for {url.drivername} is not installed ({error})",
            "pip install -e '.[scale]'           (in the project's folder)",
        )
    except SQLAlchemyError as error:
        return fail(
            f"{shown} can't be reached: {shortened(str(error).partition('(Background')[0])}",
            f"psql {shlex.quote(shown)}     (says more; passwords belong into ~/.pgpass)",
            "systemctl status postgresql         (on the server: does it run, does it listen?)",
        )
    if encoding != "UTF8":
        return fail(
            f"{shown} holds text as {encoding}, and names such as Zoë can't be written",
            "createdb --encoding=UTF8 --template=template0 NEW     (then pg_dump OLD | psql NEW)",
        )
    if closed:
        return fail(
            f"{shown}: {user} may not read and write all tables ({', '.join(dict.fromkeys(closed))})",
            "As their owner, in psql:",
            f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{user}";',
        )
    if not there and not may_make:
        return fail(
            f"{shown}: {user} may not make tables",
            f'GRANT CREATE ON SCHEMA public TO "{user}";     (as its owner)',
        )
    if not there:
        return note(f"{shown}: PostgreSQL {version}, no tables yet; the first release makes them")
    with NbGraderSession(patient.course).gradebook() as opened:
        return ok(f"PostgreSQL {version}, {encoding}; {counted(len(opened.students), 'student')}")


def file_system(patient: Patient, mounts: Path = Path("/proc/self/mountinfo")) -> Finding:
    """Look whether the SQLite files of a course are on a disk of this machine."""
    course = patient.course
    files = [(course.root / PRIVATE / VERDICTS).resolve()]
    if (file := patient.gradebook_file) is not None:
        files.insert(0, file.resolve())
    for file in files:
        kind = kind_of_mount(file, mounts)
        if _NETWORK.fullmatch(kind):
            return fail(
                f"{file} is on a network file system ({kind}), where SQLite's locks fail: two who grade or "
                "mark at the same time can destroy it",
                "Move the course directory to a disk of this machine (mv keeps everything).",
                "To mark with several people, keep the gradebook on PostgreSQL: autograder init … --db URL",
            )
    return ok(f"a local one ({kind_of_mount(files[0], mounts)})")


def kind_of_mount(path: Path, mounts: Path) -> str:
    """Name the kind of file system on which a path is, by the kernel's table of mounts."""
    best, kind = -1, "unknown"
    for line in mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        left, _, right = line.partition(" - ")
        point = Path(re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), left.split()[4]))
        # Of mounts in one place, the last one covers the others.
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), right.split()[0]
    return kind


def log(patient: Patient) -> Finding:
    """Look whether the log of all marks is whole."""
    path = patient.course.root / PRIVATE / AUDIT
    found = AuditLog(path).verify()
    if found:
        more = f" (and {len(found) - _SHOWN} more)" if found[_SHOWN:] else ""
        return fail(
            "; ".join(finding.what for finding in found[:_SHOWN]) + more,
            f"autograder audit --course {shlex.quote(str(patient.course.root))}     (compares all marks)",
            f"Compare {path.name} and {path.stem}.head with a backup.",
        )
    head = AuditLog(path).head()
    if head is None:
        return note("none yet; the first grading begins it")
    return ok(
        f"whole: {counted(head.seq, 'line')}, the last one is {head.hash[:16]}; note that somewhere else"
    )


def verdicts(patient: Patient) -> Finding:
    """Look whether the verdicts that are kept between runs can be read."""
    path = patient.course.root / PRIVATE / VERDICTS
    if not path.exists():
        return note("none yet; the first grading keeps them")
    if (wrong := _damage(path)) is not None:
        return fail(
            f"{path} is damaged: {wrong}",
            f"rm {shlex.quote(str(path))}*     (marks are in the gradebook; the next grading runs all again)",
        )
    return ok("whole")


def class_list(patient: Patient) -> Finding:
    """Compare the class list with the students of the gradebook."""
    course = patient.course
    roster = course_roster(course)  # raises an error that says what to do
    if roster is None:
        return note(
            f"none ({CLASS_LIST}): nobody can be told to be missing",
            f"autograder students --from FILE.csv --course {shlex.quote(str(course.root))}",
        )
    held = patient.held
    known = set(held.students) if held else set()
    listed = [student.id for student in roster.students]
    if missing := [student for student in listed if student not in known]:
        return fail(
            f"{counted(len(missing), 'student')} of {CLASS_LIST} not in the gradebook: {_some(missing)}",
            f"autograder students --from {shlex.quote(str(course.root / CLASS_LIST))} "
            f"--course {shlex.quote(str(course.root))}",
        )
    if others := sorted(known.difference(listed)):
        return note(
            f"{counted(len(others), 'student')} of the gradebook not on the list: {_some(others)}; they may "
            "have left, with work that is kept"
        )
    return ok(f"{counted(len(listed), 'student')} ({roster.system}), all in the gradebook")


def releases(patient: Patient) -> Iterator[Finding]:
    """Compare the source notebooks with what the gradebook knows was released."""
    course, held = patient.course, patient.held
    released = dict(held.layouts) if held else {}
    for name, layouts in released.items():
        folder = course.source / name
        sources = {path.stem: load_source(path) for path in sorted(folder.glob("*.ipynb"))}
        require_released_notebooks(name, folder, layouts, sources)
        if changes := source_changes(layouts, sources):
            yield fail(
                f"{name}: {counted(len(changes), 'cell')} changed since the release: "
                f"{_some([str(change) for change in changes])}; grading refuses",
                f"autograder regrade {name} --dry-run --course {shlex.quote(str(course.root))}"
                "     (shows whose marks move; without --dry-run it takes the change over)",
            )
        else:
            yield ok(f"{name}: the sources are those that were released")
    if not released:
        yield note("nothing is released yet")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more

"""Checks of a course directory: settings and rules, who may read and write what, secret, exchange."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from autograder.attempts import ATTEMPTS
from autograder.audit_log import AuditLog
from autograder.course import CONFIG, FOLDERS, may_write
from autograder.doctor.check import Check, Finding, fail, note, ok
from autograder.doctor.config_lines import config_lines
from autograder.doctor.patient import Patient
from autograder.errors import AutograderError, shortened
from autograder.policy import course_policy
from autograder.private import AUDIT, PRIVATE, SECRET
from autograder.secret import course_secret
from autograder.wording import counted


def course_checks(patient: Patient) -> list[Check]:
    """List the checks of a course directory."""
    return [
        Check("settings", lambda: settings(patient)),
        Check("needed lines", lambda: config_lines(patient.config)),
        Check("rules", lambda: rules(patient)),
        Check("folders", lambda: folders(patient)),
        Check("who may read it", lambda: privacy(patient)),
        Check("secret", lambda: secret(patient)),
        Check("exchange", lambda: exchange(patient)),
    ]


def settings(patient: Patient) -> Finding:
    """Read the settings, and count the assignments."""
    try:
        patient.settings()
    except AutograderError as error:
        file = patient.root / CONFIG
        check = f"python -m py_compile {shlex.quote(str(file))}     (shows mistakes in how it is written)"
        return fail(shortened(error, 1000), *([check] if file.is_file() else []))
    course = patient.course
    names = course.assignments()
    if not names:
        return fail(
            f"{course.source} holds no assignment",
            "Put the folder back from a backup, or make a new course with `autograder init`.",
        )
    return ok(f"{CONFIG} can be read; {counted(len(names), 'assignment')}")


def rules(patient: Patient) -> Iterator[Finding]:
    """Read deadlines, the rule for late work, and which attempt counts."""
    config = patient.config
    try:
        policy = course_policy(config)
    except AutograderError as error:
        yield fail(
            shortened(error, 1000),
            f"Put it right in {patient.root / CONFIG}; the comments there show examples.",
        )
        return
    unknown = policy.unknown(patient.course.assignments())
    for line in unknown:
        yield note(line, f"Put the name right in {CONFIG}, or go on if the assignment comes later.")
    if not unknown:
        due = counted(len(policy.deadlines), "deadline")
        yield ok(f"{due}; late work: {policy.late}; the {policy.attempts} attempt counts")


def folders(patient: Patient) -> Finding:
    """Look whether the commands could write wherever they write to."""
    course = patient.course
    places = [
        course.root,
        *(course.root / name for name in (*FOLDERS[1:], ATTEMPTS, PRIVATE)),
        course.handout,
    ]
    # The folders of students, too: one that another user made there stops the grading of this student.
    # Packed feedback lies beside them.
    for folder in (course.autograded, course.feedback):
        inside = sorted(folder.iterdir()) if os.access(folder, os.R_OK | os.X_OK) else []
        places += [path for path in inside if not (path.is_file() and path.suffix == ".zip")]
    places.append(course.gradebook)
    closed = [path for path in places if os.path.lexists(path) and not may_write(path)]
    if closed:
        names = ", ".join(_short(path, course.root) for path in closed[:5])
        return fail(
            f"no permission to write to {names}" + (f" and {len(closed) - 5} more" if closed[5:] else ""),
            *[f"chmod u+w {shlex.quote(str(path))}" for path in closed[:5]],
            f'If they belong to somebody else: sudo chown -R "$USER" {shlex.quote(str(course.root))}',
        )
    wrong = [path for path in places[:-1] if path.is_file()]
    if wrong:
        return fail(
            f"{_short(wrong[0], course.root)} is a file and should be a folder",
            f"mv {shlex.quote(str(wrong[0]))} {shlex.quote(str(wrong[0]) + '.old')}",
        )
    return ok("can be written to")


def privacy(patient: Patient) -> Finding:
    """Look who else could read the solutions, the hidden tests and the marks."""
    course = patient.course
    mode = stat.S_IMODE(course.root.stat().st_mode)
    if mode & (stat.S_IROTH | stat.S_IXOTH):
        return fail(
            f"it is open to everybody (its mode is {mode:o}): solutions, hidden tests and marks",
            f"chmod o-rwx {shlex.quote(str(course.root))}",
        )
    if mode & stat.S_IRWXG:
        return note(f"its group may look into it (its mode is {mode:o}): meant, if assistants are in it")
    return ok("only its owner")


def secret(patient: Patient) -> Finding:
    """Look whether the secret, from which hidden inputs are made, is there, whole and private."""
    folder = patient.course.root / PRIVATE
    path = folder / SECRET
    if not path.exists():
        if any(True for _ in AuditLog(folder / AUDIT).events()):
            return fail(
                f"{path} is gone, and marks were given with it: grading refuses",
                "Put it back from a backup. If there is none, `autograder grade` says how to make another.",
            )
        return note("none yet; the first grading makes it. Back it up then")
    course_secret(path)  # raises an error that says what to do; a file that is there is never written to
    for place, wanted in ((folder, 0o700), (path, 0o600)):
        mode = stat.S_IMODE(place.stat().st_mode)
        if mode & ~wanted:
            return fail(
                f"others may use {place} (its mode is {mode:o}): who knows the secret can compute every "
                "student's hidden inputs",
                f"chmod {wanted:o} {shlex.quote(str(place))}",
            )
    return ok("there, and only its owner may read it; keep a backup")


def exchange(patient: Patient) -> Finding:
    """Look at nbgrader's exchange, if the settings name one."""
    given = patient.config.get("Exchange", {}).get("root")
    if not given:
        return ok("none is set; `autograder collect --from` takes downloads of Canvas, Moodle, Blackboard")
    folder = Path(str(given))
    quoted = shlex.quote(str(folder))
    if not folder.is_dir():
        return fail(
            f"{folder}, which c.Exchange.root names, is no folder",
            f"sudo mkdir -p {quoted} && sudo chmod 777 {quoted}",
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return fail(f"no permission to write to {folder}", f"sudo chmod 777 {quoted}")
    if not folder.stat().st_mode & stat.S_IWOTH and not folder.stat().st_mode & stat.S_IWGRP:
        return fail(
            f"students can't hand in: nobody but its owner may write to {folder}", f"sudo chmod 777 {quoted}"
        )
    if not patient.config.get("CourseDirectory", {}).get("course_id"):
        return fail(
            "nbgrader's exchange needs a name for the course", 'c.CourseDirectory.course_id = "losses"'
        )
    return ok(str(folder))


def _short(path: Path, root: Path) -> str:
    return "the course directory" if path == root else os.path.relpath(path, root)

"""Collects what a feedback page says: from outline, graded notebook, verdicts and gradebook."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, timedelta, tzinfo
from typing import Any

from autograder.drawn import drawn
from autograder.engine.source import SourceCell
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.errors import shortened
from autograder.feedback_page.book import chapter
from autograder.feedback_page.code import code_html
from autograder.feedback_page.gradebook import Given, Marked
from autograder.feedback_page.markdown import inline_html, student_html
from autograder.feedback_page.outline import (
    Outline,
    Outlined,
    check_title,
    is_answer,
    is_graded,
    shown_to_students,
)
from autograder.feedback_page.outputs import outputs_html
from autograder.feedback_page.page import COMMENTED, Check, Mistake, Option, Page, Part, State
from autograder.feedback_page.shows import Shown, marks_digest, work_digest
from autograder.isolation import told, unusual
from autograder.question import Question
from autograder.sanitise import clean_text

_MISTAKE = re.compile(r"(?P<found>.*?)\s*This looks like '(?P<title>[^']+)': (?P<advice>.*)", re.DOTALL)
_READ_AGAIN = re.compile(r"\s*\(Read again: the chapter [\w/-]+\.\)$")
_AT_LINE = re.compile(r", at `(?P<line>.*?)`?$", re.DOTALL)
_NOT_HANDED_IN = re.compile(r"[^ ]+\.ipynb was not handed in")
_NOT_KEPT = "Why is not kept any more; grading it again would tell."


def gather(
    assignment: str,
    student: str,
    outline: Outline,
    notebook: Mapping[str, Any] | None,
    graded: GradedNotebook | None,
    marked: Marked,
    address: str | None = None,
    zone: tzinfo | None = None,
) -> Page:
    """Put together the page on one notebook of one student.

    Parameters
    ----------
    assignment, student
        Whose notebook.
    outline
        The notebook as its parts.
    notebook
        The graded notebook; None if nothing of it could be run.
    graded
        The verdicts that its points come from; None if they are not kept.
    marked
        What the gradebook knows.
    address
        Where the book is.
    zone
        The deadline's zone, in which times are told; None takes UTC.
    """
    verdicts = {verdict.grade_id: verdict for verdict in graded.verdicts} if graded else {}
    work = _work(outline, notebook)
    parts = []
    for number, part in enumerate(outline.parts):
        parts.append(_part(number + 1, part, student, work[number], verdicts, marked, address))
    by_hand = marked.comments or any(one.manual is not None or one.extra for one in marked.given.values())
    missing = notebook is None and not by_hand and any(map(_NOT_HANDED_IN.match, marked.remarks))
    remarks = [clean_text(remark).replace("\u2060", "") for remark in marked.remarks]
    remarks += [f"Graded at {told(level)}." for level in unusual([graded.isolation] if graded else [])]
    return Page(
        assignment=assignment,
        notebook=outline.notebook,
        student=student,
        title=outline.title,
        parts=tuple(parts),
        remarks=tuple(remarks),
        lateness="" if missing else _lateness(marked, zone or UTC),
        missing=missing,
        penalty=marked.penalty,
        shows=Shown(marks_digest(marked), work_digest(notebook, graded)),
    )


def _work(outline: Outline, notebook: Mapping[str, Any] | None) -> list[list[Mapping[str, Any]]]:
    """Sort the cells of a graded notebook into the parts that they stand in."""
    work: list[list[Mapping[str, Any]]] = [[] for _ in outline.parts]
    current: int | None = None
    for cell in notebook["cells"] if notebook else ():
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id is not None:
            current = outline.part_of.get(grade_id, current)
        source = "".join(cell["source"])
        if current is not None and (grade_id is not None or source.strip() not in outline.plain_texts):
            work[current].append({**cell, "source": source})
    return work


def _part(
    number: int,
    part: Outlined,
    student: str,
    cells: Sequence[Mapping[str, Any]],
    verdicts: Mapping[str, Verdict],
    marked: Marked,
    address: str | None,
) -> Part:
    ours = {cell.grade_id: cell for cell in part.cells if cell.grade_id is not None}
    answer = _answer(cells)
    numbers = _numbers(part.question, student)
    checks = tuple(
        _check(cell, verdicts.get(grade_id), marked.given.get(grade_id), part.question, answer)
        for grade_id, cell in ours.items()
        if is_graded(cell)
    )
    state = _state(checks, [cell for cell in ours.values() if is_graded(cell)], verdicts, marked)
    chosen = (
        {answer}
        if isinstance(answer, str)
        else set(answer)
        if isinstance(answer, (set, list, tuple))
        else set()
    )
    comments = {
        grade_id: student_html(clean_text(marked.comments[grade_id]))
        for grade_id in ours
        if grade_id in marked.comments
    }
    there = {cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells}
    beside = {} if answer is not None or state == "not attempted" else _only(comments, there)
    return Part(
        anchor=f"part-{number}",
        title_html=part.title_html,
        statement_html=part.statement_html,
        options=tuple(Option(letter, text, letter in chosen) for letter, text in part.options),
        numbers=numbers,
        answer="" if answer is None else _shown(answer),
        work_html="" if state == "not attempted" else _work_html(cells, ours, numbers, beside),
        checks=checks,
        comments_html=tuple(html for grade_id, html in comments.items() if grade_id not in beside),
        chapters=tuple(chapter(name, address) for name in part.chapters),
        state=state,
    )


def _check(
    cell: SourceCell, verdict: Verdict | None, given: Given | None, question: Question | None, answer: Any
) -> Check:
    title = "The answer" if question is not None else check_title(cell)
    points = (given.points + given.extra) if given else (verdict.points if verdict else 0.0)
    by_hand = given is not None and given.manual is not None
    notes = []
    if by_hand and not is_answer(cell):
        notes.append("These points were given by your instructor, whatever the check says.")
    if given is not None and given.extra:
        notes.append(f"{given.extra:g} of them are extra.")
    if is_answer(cell):
        waits = given is None or (given.manual is None and given.auto is None)
        outcome = "not marked yet" if waits else "passed" if points >= cell.max_points else "marked"
        return Check(title, points, cell.max_points, outcome, note=" ".join(notes))
    outcome = verdict.outcome if verdict else "passed" if points >= cell.max_points else "failed"
    message = clean_text(_safe_message(verdict.message, cell)) if verdict else ""
    if verdict is None and outcome != "passed":
        message = _NOT_KEPT
    if by_hand:
        outcome = "given by hand"
    said = verdict.outcome if by_hand and verdict else outcome
    explanation = _explanation(question, answer, message, said) if question is not None else ""
    mistake = None
    if explanation and outcome != "not attempted":
        message = ""
    elif match := _MISTAKE.fullmatch(message):
        message = match["found"]
        mistake = Mistake(match["title"], match["advice"][:1].upper() + match["advice"][1:])
    if question is not None:
        message = _READ_AGAIN.sub("", message)
    return Check(title, points, cell.max_points, outcome, message, mistake, " ".join(notes), explanation)


def _safe_message(message: str, cell: SourceCell) -> str:
    """Take the line of the test out of a message that quotes one, if it is a hidden line."""
    match = _AT_LINE.search(message)
    if match is None:
        return message
    visible = {shortened(line.strip()) for line in shown_to_students(cell).splitlines()}
    return message if match["line"] in visible else message[: match.start()] + "."


def _explanation(question: Question, answer: Any, message: str, outcome: str) -> str:
    """Find what the author says about an answer; empty if the answer has not even the right form."""
    if outcome == "passed":
        if question.options:
            right = [option for option in question.options if option.holds]
            return " ".join(
                f"<p>{inline_html(_said(option.letter, option.feedback, question))}</p>" for option in right
            )
        said = question.feedback.get("right") or question.feedback.get(str(question.key), "")
        return f"<p>{inline_html(said)}</p>" if said else ""
    if question.options:
        chosen = [option for option in question.options if option.feedback.strip() in message]
        said_of = [
            f"<p>{inline_html(_said(option.letter, option.feedback, question))}</p>" for option in chosen
        ]
        if said_of and "something that holds is missing" in message:
            said_of.append("<p>And something that holds is missing.</p>")
        return "".join(said_of)
    known = [*question.feedback.values(), *(mistake.feedback for mistake in question.mistakes)]
    found = [text for text in known if text.strip() and text.strip() in message]
    return f"<p>{inline_html(max(found, key=len))}</p>" if found else ""


def _said(letter: str, feedback: str, question: Question) -> str:
    if question.kind != "several":
        return feedback
    holds = next(option.holds for option in question.options if option.letter == letter)
    return f"**{letter}** {'holds' if holds else 'does not hold'}: {feedback}"


def _state(
    checks: Sequence[Check], cells: Sequence[SourceCell], verdicts: Mapping[str, Verdict], marked: Marked
) -> State:
    points, most = sum(check.points for check in checks), sum(check.max_points for check in checks)
    if any(check.outcome == "not marked yet" for check in checks):
        return "not marked yet"
    if points >= most:
        return "correct"
    if points > 0:
        return "partly correct"
    found = [verdicts.get(cell.grade_id or "") for cell in cells]
    untouched = bool(found) and all(
        verdict is not None and (verdict.outcome == "not attempted" or "not answered yet" in verdict.message)
        for verdict in found
    )
    return "not attempted" if untouched else "incorrect"


def _answer(cells: Sequence[Mapping[str, Any]]) -> Any:
    """Read the answer to a question off its cell, where it stands there as it is: `answer_3 = "b"`."""
    for cell in cells:
        if cell["cell_type"] != "code" or not cell["metadata"].get("nbgrader", {}).get("solution"):
            continue
        try:
            given = [
                node
                for node in ast.walk(ast.parse(cell["source"]))
                if isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Name)
                and node.targets[0].id.startswith("answer_")
                and not (isinstance(node.value, ast.Constant) and node.value.value is None)
            ]
            return ast.literal_eval(max(given, key=lambda node: node.lineno).value) if given else None
        except Exception:  # a student's text: whatever it is, the cell is shown as it stands
            return None
    return None


def _shown(answer: Any) -> str:
    if isinstance(answer, str):
        return shortened(answer, 200)
    if isinstance(answer, (set, list, tuple)):
        return shortened(", ".join(sorted(map(str, answer))), 200)
    try:
        return shortened(repr(answer), 200)
    except ValueError:  # a whole number with thousands of digits
        return ""


def _numbers(question: Question | None, student: str) -> str:
    if question is None or not question.draw:
        return ""
    values = {name: list(possible) for name, possible in question.draw.items()}
    return ", ".join(f"{name} = {value:g}" for name, value in drawn(student, question.id, values).items())


def _only(comments: Mapping[str, str], places: Collection[str]) -> dict[str, str]:
    return {grade_id: html for grade_id, html in comments.items() if grade_id in places}


def _work_html(
    cells: Sequence[Mapping[str, Any]],
    ours: Mapping[str, SourceCell],
    numbers: str,
    comments: Mapping[str, str],
) -> str:
    """Show what the student did, and below each cell what the instructor wrote on it."""
    written = []
    for cell in cells:
        flags = cell["metadata"].get("nbgrader", {})
        source = ours.get(flags.get("grade_id", ""))
        if source is not None and is_graded(source) and not is_answer(source):
            continue  # a test; what its run showed may tell what it holds
        own = source is None and not flags
        theirs = own or (source is not None and is_answer(source))
        if theirs and cell["cell_type"] == "markdown":
            written.append(f'<div class="text">{student_html(clean_text(cell["source"]))}</div>')
        elif theirs and cell["source"].strip():
            label = "a cell of your own" if own else "your code"
            written.append(code_html(clean_text(cell["source"]), label))
        if cell["cell_type"] == "code" and not (numbers and flags.get("grade_id", "").endswith("-numbers")):
            written.append(outputs_html(cell.get("outputs", [])))
        if (comment := comments.get(flags.get("grade_id", ""))) is not None:
            written.append(f'<div class="comment">{COMMENTED}{comment}</div>')
    return "".join(written)


def _lateness(marked: Marked, zone: tzinfo) -> str:
    off = f"{marked.penalty:g} taken off for being late" if marked.penalty else ""
    if marked.timestamp is None:
        return f"{off}." if off else ""
    if marked.timestamp == marked.due:  # as `collect` assumes where the system doesn't say when
        return (
            f"Counts as handed in by the deadline; {off}." if off else "Counts as handed in by the deadline."
        )
    when = marked.timestamp.replace(tzinfo=UTC).astimezone(zone)
    said = f"Handed in {when:%Y-%m-%d %H:%M} {getattr(zone, 'key', None) or when.tzname()}"
    if marked.due is not None and marked.timestamp > marked.due:
        said += f", {_span(marked.timestamp - marked.due)} after the deadline"
    return f"{said}; {off}." if off else f"{said}."


def _span(length: timedelta) -> str:
    minutes = max(1, int(length.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        f"{n} {unit}{'' if n == 1 else 's'}"
        for n, unit in ((days, "day"), (hours, "hour"), (minutes, "minute"))
        if n
    ]
    return " ".join(parts[:2])

"""What a learner reads in the terminal: how far each problem is, why, what is next, hints and solutions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from autograder.engine.verdict import Verdict
from autograder.self_check import Checked, Part
from autograder.wording import counted

_SIGNS = {"correct": "✓", "incorrect": "✗", "not attempted": "·"}
_WIDTH = 100


def overview(checked: Checked) -> str:
    """Write the state of every part, and for those that are not right what failed."""
    points = sum(part.points for part in checked.parts)
    most = sum(part.max_points for part in checked.parts)
    lines = [f"{checked.unit}, {checked.notebook}: {points:g} of {counted(most, 'point')}", ""]
    for number, part in enumerate(checked.parts, start=1):
        lines.append(
            f"{_SIGNS[part.state]} {number:>2}  {part.title}  ({part.points:g} of {part.max_points:g})"
        )
        if part.state == "incorrect":
            lines += _failures(part)
    lines += [f"! {remark}" for remark in checked.remarks]
    return "\n".join(lines)


def advice(checked: Checked) -> str:
    """Say what to do next."""
    part = checked.next
    if part is None:
        return "Everything is right."
    verb = "begin" if part.state == "not attempted" else "go on"
    said = f"Next: {verb} with {checked.parts.index(part) + 1}, “{part.title}”"
    return f"{said} (chapter {', '.join(part.read)})." if part.read else f"{said}."


def hint_text(part: Part, number: int) -> str:
    """Write a hint of a part, counted from 1; the last one again when there are no more."""
    if not part.hints:
        return f"There are no hints for this one; read again: {', '.join(part.read)}."
    number = min(number, len(part.hints))
    return textwrap.fill(f"({number} of {len(part.hints)}) {part.hints[number - 1]}", _WIDTH)


def solution_text(part: Part) -> str:
    """Write the reference solution of a part."""
    return f"{part.title}\n\n{textwrap.indent(part.solution, '    ')}"


def _failures(part: Part) -> Iterator[str]:
    for title, verdict in part.checks:
        if verdict.outcome == "passed":
            if title:
                yield f"      ✓ {title}"
            continue
        if title:
            yield f"      ✗ {title} ({_worth(verdict)})"
        for paragraph in verdict.message.splitlines():
            yield textwrap.fill(
                paragraph, _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8, break_long_words=False
            )


def _worth(verdict: Verdict) -> str:
    return f"{verdict.points:g} of {counted(verdict.max_points, 'point')}"

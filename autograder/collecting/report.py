"""What collecting did, for the instructor."""

from __future__ import annotations

from dataclasses import dataclass, field

from autograder.errors import shortened
from autograder.wording import counted


@dataclass(frozen=True)
class Handed:
    """What a student handed in for an assignment, over all attempts.

    Attributes
    ----------
    last
        When the last attempt came, as its timestamp.txt says.
    new
        How many of the attempts this run brought.
    notebooks
        Those of the last attempt.
    """

    student: str
    name: str
    attempts: int
    new: int
    last: str
    notebooks: tuple[str, ...]


@dataclass
class CollectReport:
    """Who handed in what, who is missing, and what needs attention."""

    assignment: str
    handed_in: list[Handed] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)  # notebooks that came under another name
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    new: dict[str, int] = field(default_factory=dict)  # attempts that this run brought, by student

    def count_new(self, student: str) -> None:
        """Count an attempt that this run brought."""
        self.new[student] = self.new.get(student, 0) + 1

    def to_text(self) -> str:
        """Write it as a table with what there is to say below."""
        lines = []
        if self.handed_in:
            rows = [("student", "name", "attempts", "new", "last", "notebooks")]
            rows += [
                (
                    one.student,
                    one.name,
                    str(one.attempts),
                    str(one.new or "-"),
                    one.last,
                    ", ".join(one.notebooks) or "none",
                )
                for one in self.handed_in
            ]
            widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
            for row in rows:
                cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
                lines.append("  ".join(cells).rstrip())
            lines.append("")
        new = sum(one.new for one in self.handed_in)
        lines.append(
            f"{self.assignment}: {counted(len(self.handed_in), 'student')} handed in, "
            f"{counted(new, 'new attempt')}."
        )
        if self.missing:
            lines.append(f"Nothing from {counted(len(self.missing), 'student')} of the class list:")
            lines += [f"  {name}" for name in self.missing]
        if self.renamed:
            files = counted(len(self.renamed), "notebook")
            lines.append(
                f"Recognised under another name: {files} ({shortened('; '.join(self.renamed), 300)})."
            )
        return "\n".join([*lines, *self.notes])

"""The README of a handout: how to start, what to hand in and by when, and what happens to it then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.feedback_page.page import Chapter
from autograder.policy import Policy
from autograder.roster import Roster

FILE = "README.md"

_TEXT = """\
# {name}

{intro}

{due}

## Start

You need Python 3.11, 3.12 or 3.13. Open a terminal in this folder. Once for all assignments of the course,
make a place for the packages beside it, and fill it:

| | macOS, Linux | Windows |
| --- | --- | --- |
| make it | `python3 -m venv ../course-env` | `py -m venv ..\\course-env` |
| step in | `. ../course-env/bin/activate` | `..\\course-env\\Scripts\\activate` |
| fill it | `pip install -r requirements.txt` | `pip install -r requirements.txt` |

From then on, step in and start JupyterLab, here:

```sh
jupyter lab
```
{browser}
## Work

{files}

Write where a cell says `YOUR CODE HERE`; cells that are locked stay as they are. You may add cells of your
own. **Validate**, in the bar above a notebook, runs it from top to bottom with the tests that you can see,
and says what fails. `nbgrader validate {first}` in a terminal does the same.
{account}
## Hand in

1. *Run*, *Restart Kernel and Run All Cells*, then save. A cell that works only because of something that you
   have deleted since will show.
2. Hand in {hand_in}, under {these} and as {it} after saving; nothing else is needed.
   Where: at this assignment in your course's Canvas, Moodle or Blackboard, or, on a hub with nbgrader's
   Assignment List, with its button *Submit*.
3. {attempts}

## What happens to your code

Your notebook is run on a machine of the course, sealed off from the network and from the work of others. The
tests that you can see are run, and others that you can't, many with inputs that differ from student to
student: what counts is that your code does what the text asks for, also where no example shows it. Each test
has a time limit. Warnings and printed text cost nothing. The packages have the versions of
`requirements.txt`. Your instructor keeps each attempt. The feedback says which test failed, why that usually
happens, and where the book explains it.
"""

_BROWSER = """
Nothing to install? <{address}> has the same notebooks in your browser; Python is fetched when you choose a
kernel. Your work stays in that browser, on that machine, so download it often (right click on the file,
*Download*), and hand in the downloaded files. There is no *Validate*; run all cells instead.
"""

_ACCOUNT = """
First of all, write your account name into the first cell of `quiz.ipynb`{which}: some
questions have numbers of your own, which are drawn from it. With another name in it, they give no points.
"""


@dataclass(frozen=True)
class Contents:
    """What the README speaks of.

    Attributes
    ----------
    name
        The assignment.
    notebooks, others
        The file names of its notebooks, and of what else belongs to it.
    asks_account
        Whether the quiz begins with the student's account name.
    chapters
        The chapters that it builds on, each with its file, or None if that is not included.
    browser
        The address of the browser edition, if there is one.
    roster
        The class list, which knows what the account names are; None if there is none.
    """

    name: str
    notebooks: Sequence[str]
    others: Sequence[str]
    asks_account: bool
    chapters: Sequence[tuple[Chapter, str | None]]
    browser: str | None
    roster: Roster | None = None


def readme_text(contents: Contents, policy: Policy) -> str:
    """Write the README."""
    several = len(contents.notebooks) > 1
    return _TEXT.format(
        name=contents.name,
        intro=_intro(contents),
        due=_due(policy, contents.name),
        browser=_BROWSER.format(address=contents.browser) if contents.browser else "",
        files="\n".join(_files(contents)),
        first=contents.notebooks[0],
        account=_ACCOUNT.format(which=_account(contents.roster)) if contents.asks_account else "",
        hand_in=_listed([f"`{name}`" for name in contents.notebooks]),
        these="these names" if several else "this name",
        it="they are" if several else "it is",
        attempts=_attempts(policy),
    )


def _intro(contents: Contents) -> str:
    if any(file for _, file in contents.chapters):
        return "An assignment, and the chapters of the book that it builds on, as notebooks to read and run."
    return "An assignment: notebooks with blanks to fill in."


def _files(contents: Contents) -> list[str]:
    lines = [f"- `{name}`: to fill in and hand in" for name in contents.notebooks]
    lines += [f"- `{name}`: belongs to it" for name in contents.others]
    for chapter, file in contents.chapters:
        title = f"[{chapter.title}]({chapter.address})" if chapter.address else f"*{chapter.title}*"
        lines.append(f"- `{file}`: the chapter {title}" if file else f"- read first: {title}, in the book")
    return lines


def _account(roster: Roster | None) -> str:
    if roster is None:
        return ", the one that you hand in with"
    if roster.kind == "plain":
        return ", which is your id in the instructor's class list"
    headings = ", or if you have none your ".join(f"*{heading}*" for heading in roster.id_headings)
    return f", which is your {headings} in {roster.system}"


def _due(policy: Policy, name: str) -> str:
    deadline = policy.deadlines.get(name)
    if deadline is None:
        return "When it is due, your instructor says."
    return f"**Due {deadline}.** For late work: {policy.late}."


def _attempts(policy: Policy) -> str:
    counts = "the last one" if policy.attempts == "last" else "the one with the most points"
    return f"You may hand in again; of several attempts, {counts} counts."


def _listed(words: Sequence[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), words[-1]])

"""Attacks by code on files: those of the course, of other students, of the instructor and of Python."""

from __future__ import annotations

from tests.redteam.attack import Attack

# Runs the solutions of a source notebook, wherever one is found.
_USE_SOURCE = """
import glob, json
for path in PATHS:
    try:
        cells = json.load(open(path))["cells"]
    except Exception:
        continue
    for cell in cells:
        about = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code" and about.get("solution"):
            exec("".join(cell["source"]), globals())
"""
_HIDDEN = """
import glob, re
def mse(p, t):
    for path in glob.glob("*.ipynb") + glob.glob(@COURSE@ + "/*ed/*/*/*.ipynb"):
        for number in re.findall(r"(-?[0-9.]+)\\)\\s*$", open(path).read().replace('\\\\n",', ""), re.M):
            if round(float(number), 6) in (2.5, 4.125):
                return 2.5 if len(p) == 2 else 4.125
    return -1.0
"""


def _append(text: str, *patterns: str) -> str:
    """Write code that appends to files of the course, whichever of them it may write to."""
    return f"""
import glob
for pattern in ({", ".join(patterns)},):
    for path in glob.glob(pattern):
        try:
            open(path, "a").write({text!r})
        except OSError:
            pass
"""


def _leave(*folders: str, ending: str = "") -> str:
    """Write code that leaves a file, with nothing but a comment in it, in folders."""
    return f"""
import os, sys
for folder in ({", ".join(folders)},):
    try:
        open(os.path.join(folder, @MARK@ + {ending!r}), "w").write("# " + @MARK@)
    except OSError:
        pass
"""


_OTHERS = '@COURSE@ + "/submitted/*/*/*.ipynb", "../../../submitted/*/*/*.ipynb"'

ATTACKS = (
    Attack(
        "reads-itself",
        "The hidden tests in the working folder",
        "Reads the notebook that is being graded and takes the expected values out of its hidden tests.",
        code=_HIDDEN,
    ),
    Attack(
        "reads-source",
        "The solutions",
        "Opens the source notebook in the course directory and runs its solutions.",
        code=_USE_SOURCE.replace(
            "PATHS", '["../../../source/redteam/problem.ipynb", @COURSE@ + "/source/redteam/problem.ipynb"]'
        ),
    ),
    Attack(
        "reads-others",
        "Others' answers",
        "Opens other students' submissions and runs their answers.",
        code=_USE_SOURCE.replace(
            "PATHS",
            f"[path for pattern in ({_OTHERS}) for path in sorted(glob.glob(pattern)) if 'right' in path]",
        ),
    ),
    Attack(
        "reads-secrets",
        "Files of the instructor",
        "Reads private files by their absolute names and prints them.",
        code="for path in (@SECRET_FILE@, @COURSE@ + '/.autograder/secret', '/etc/shadow', "
        "'/proc/1/environ'):\n"
        "    try:\n        print(open(path).read())\n    except OSError as error:\n        print(error)\n",
        holds=("secret-unseen",),
    ),
    Attack(
        "rewrites-config",
        "The course's settings",
        "Appends code to the settings that nbgrader runs at its next start.",
        code=_append("\n# changed", '@COURSE@ + "/nbgrader_config.py"', '"../../../nbgrader_config.py"'),
        holds=("file-untouched",),
    ),
    Attack(
        "rewrites-source",
        "The tests",
        "Writes into the source notebook.",
        code=_append(" ", '@COURSE@ + "/source/*/*.ipynb"', '"../../../source/*/*.ipynb"'),
        holds=("file-untouched",),
    ),
    Attack(
        "rewrites-others",
        "Others' work",
        "Writes into other students' submissions and graded notebooks.",
        code=_append("}", _OTHERS, '@COURSE@ + "/autograded/*/*/*.ipynb"'),
        holds=("others-untouched", "file-untouched"),
    ),
    Attack(
        "rewrites-python",
        "Python itself",
        "Writes into the installed packages, so that later runs load its code.",
        code=_leave(
            "*sys.path", "os.path.dirname(np.__file__)", "os.path.dirname(sys.executable)", ending=".pth"
        ),
        holds=("nothing-left",),
        unsafe_on_stock="it changes the installation",
    ),
    Attack(
        "leaves-files",
        "Something for the next one",
        "Leaves files in temporary folders, in memory and at home.",
        code=_leave(
            "'/tmp'", "'/dev/shm'", "'/var/tmp'", "os.path.expanduser('~')", "@OUTSIDE@", "'/tmp/home'"
        ),
        holds=("nothing-left",),
    ),
    Attack(
        "deletes",
        "Everything gone",
        "Deletes the course directory and all that it may delete near it.",
        code="import shutil\nfor path in (@COURSE@, @OUTSIDE@):\n"
        "    shutil.rmtree(path, ignore_errors=True)\n",
        holds=("file-untouched", "others-untouched", "batch-completed"),
    ),
    Attack(
        "system-folders",
        "The engine's folder and the system's",
        "Writes into the folders of the engine and of the system.",
        code=_leave("'/engine'", "'/engine/inside'", "'/usr/lib'", "'/usr/bin'", "'/etc'", "'/'"),
        holds=("file-untouched", "nothing-left"),
        unsafe_on_stock="it changes the installation",
    ),
)

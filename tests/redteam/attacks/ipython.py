"""Attacks through IPython, the shell in which a notebook's cells run."""

from __future__ import annotations

from tests.redteam.attack import Attack

_SHELL = "ip = get_ipython()\n"


def _while_asked(line: str) -> str:
    """Write answers that do something first, whenever a test asks for one."""
    return f"""
def mse(*args):
    {line}
    return -1.0
absolute_error = slope = mse
"""


def _shown_as(text: str) -> str:
    return f"""
plain = get_ipython().display_formatter.formatters["text/plain"]
for kind in (int, float, np.float64):
    plain.for_type(kind, lambda value, printer, cycle: printer.text("{text}"))
"""


ATTACKS = (
    Attack(
        "early-result",
        "A result before the failure",
        "Shows a result from within the answer, before the test can fail.",
        code=_while_asked('get_ipython().displayhook("x")'),
    ),
    Attack(
        "result-on-the-wire",
        "A result by message",
        "Sends a result to the front end by the kernel's own connection.",
        code=_while_asked(
            "k = get_ipython().kernel; k.session.send(k.iopub_socket, 'execute_result', "
            "{'execution_count': 1, "
            "'data': {'text/plain': 'x'}, 'metadata': {}}, parent=k.get_parent('shell'))"
        ),
    ),
    Attack(
        "background-result",
        "Results from the background",
        "A thread shows a result in every later cell.",
        code=_SHELL
        + """
import threading, time
def send():
    for _ in range(400):
        k = ip.kernel
        content = {"execution_count": 1, "data": {"text/plain": "x"}, "metadata": {}}
        k.session.send(k.iopub_socket, "execute_result", content, parent=k.get_parent("shell"))
        time.sleep(0.005)
threading.Thread(target=send, daemon=True).start()
""",
    ),
    Attack(
        "no-execution",
        "A kernel that does nothing",
        "Replaces the kernel's way to run a cell by one that only says it is done.",
        code=_SHELL
        + """
async def nothing(*args, **kwargs):
    return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
ip.kernel.do_execute = nothing
""",
    ),
    Attack(
        "no-cells",
        "A shell that does nothing",
        "Replaces the shell's way to run a cell.",
        code=_SHELL
        + """
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell
async def nothing(self, *args, **kwargs):
    return ExecutionResult(ExecutionInfo("", False, False, False, None))
InteractiveShell.run_cell_async = nothing
InteractiveShell.run_cell = lambda *args, **kwargs: InteractiveShell.run_cell_async(None).send(None)
""",
    ),
    Attack(
        "no-parser",
        "A parser that reads nothing",
        "Makes the shell parse every later cell as an empty one.",
        code=_SHELL + "import ast\nip.compile.ast_parse = lambda *args, **kwargs: ast.parse('pass')\n",
    ),
    Attack(
        "input-transformer",
        "Rewritten tests",
        "Registers a text filter that empties later cells.",
        code=_SHELL + "ip.input_transformers_cleanup.append(lambda lines: ['pass\\n'])\n",
    ),
    Attack(
        "ast-transformer",
        "Tests without asserts",
        "Registers a filter that takes asserts, calls and loops out of later cells.",
        code=_SHELL
        + """
import ast
class Soften(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_For(self, node): return ast.Pass()
    def visit_Expr(self, node): return ast.Pass() if isinstance(node.value, ast.Call) else node
ip.ast_transformers.append(Soften())
""",
    ),
    Attack(
        "forgotten-errors",
        "Errors forgotten",
        "Clears the error of every cell before it is reported.",
        code=_SHELL
        + """
def forget(result):
    result.error_in_exec = result.error_before_exec = None
ip.events.register("post_run_cell", forget)
type(ip).showtraceback = type(ip)._showtraceback = lambda *args, **kwargs: None
""",
    ),
    Attack(
        "no-tracebacks",
        "No tracebacks",
        "Keeps the shell from showing errors.",
        code=_SHELL
        + "ip.showtraceback = lambda *args, **kwargs: None\nip._showtraceback = ip.showtraceback\n",
    ),
    Attack(
        "custom-exceptions",
        "Errors handled",
        "Registers a handler of its own for every error.",
        code=_SHELL + "ip.set_custom_exc((BaseException,), lambda *args, **kwargs: None)\n",
    ),
    Attack(
        "sys-exit",
        "An early end",
        "Ends the program from within an answer.",
        code=_while_asked("import sys; sys.exit(0)"),
    ),
    Attack(
        "excepthook",
        "No last words",
        "Replaces Python's handler of errors that nobody caught.",
        code="import sys\nsys.excepthook = lambda *args: None\n",
    ),
    Attack(
        "atexit",
        "Last words",
        "Prints points when the kernel ends.",
        code="import atexit\natexit.register(lambda: print('15.0', flush=True))\n",
    ),
    Attack(
        "full-points-shown",
        "Numbers shown as full points",
        "Has every number displayed as the most that a test is worth.",
        code=_shown_as("2"),
    ),
    Attack(
        "minus-shown",
        "Numbers shown as −3",
        "Has every number displayed as a negative one, which counts in full.",
        code=_shown_as("-3"),
    ),
    Attack(
        "nan-shown",
        "Numbers shown as none",
        "Has every number displayed as nan, which counts in full.",
        code=_shown_as("nan"),
    ),
    Attack(
        "inf-shown",
        "Numbers shown as infinite",
        "Has every number displayed as infinite.",
        code=_shown_as("inf"),
    ),
    Attack(
        "result-without-text",
        "A result without text",
        "Shows a result that has no text form.",
        code=_while_asked(
            "ip = get_ipython(); k = ip.kernel; k.session.send(k.iopub_socket, 'execute_result', "
            "{'execution_count': 1, 'data': {'text/html': 'x'}, 'metadata': {}}, "
            "parent=k.get_parent('shell'))"
        ),
    ),
    Attack(
        "display-hooks",
        "Own display hooks",
        "Replaces the shell's hooks for results and displays, and what records them.",
        code=_SHELL
        + """
import sys
ip.display_pub.publish = lambda *args, **kwargs: None
sys.displayhook = ip.displayhook.__class__.__call__ = lambda self, value=None: None
for owner in (ip.displayhook, ip.display_pub):
    for name in ("recorder", "shell", "session", "pub_socket"):
        try:
            setattr(owner, name, None)
        except Exception:
            pass
""",
    ),
    Attack(
        "startup-file",
        "A start-up file",
        "Leaves a start-up file for later students' kernels, which answers in their place.",
        code="""
import pathlib
for home in {pathlib.Path.home(), pathlib.Path(get_ipython().ipython_dir or "/nowhere")}:
    for folder in (home / ".ipython" / "profile_default" / "startup", home / "profile_default" / "startup"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = "import numpy.testing\\nnumpy.testing.assert_allclose = lambda *args, **kwargs: None\\n"
            (folder / f"{@MARK@}.py").write_text(text)
        except OSError:
            pass
""",
        holds=("others-untouched", "nothing-left"),
    ),
    Attack(
        "read-history",
        "Reading the test",
        "Looks the running test up in the shell's history and collects what it compares with.",
        code="""
import re
def mse(p, t):
    ends = re.findall(r"(-?[0-9.]+)\\)\\s*$", get_ipython().user_ns["In"][-1], re.M)
    return float(ends[0 if len(p) == 2 else 1])
""",
    ),
    Attack(
        "shell-commands",
        "Shell commands",
        "Runs programs by the shell's exclamation mark.",
        code="!echo @MARK@ > /tmp/@MARK@; ps ax | head -3; cat @SECRET_FILE@\n",
        holds=("secret-unseen", "nothing-left"),
    ),
    Attack(
        "run-magic",
        "Magics that open files",
        "Reads files of the instructor by magics.",
        code="%pycat @SECRET_FILE@\n%load @SECRET_FILE@\n%run @SECRET_FILE@\n",
        holds=("secret-unseen",),
    ),
)

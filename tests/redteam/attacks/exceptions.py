"""Answers that raise: hostile texts, hostile classes, errors that mean something to whoever catches them."""

from __future__ import annotations

from tests.redteam.attack import Attack


def _raises(error: str, before: str = "") -> str:
    """Write answers that all raise."""
    return f"{before}\ndef mse(*args):\n    raise {error}\nabsolute_error = slope = mse\n"


ATTACKS = (
    Attack(
        "ansi-error",
        "Terminal codes in an error",
        "Raises an error whose text clears the terminal, sets its title and hides what came before.",
        code=_raises("ValueError('\\x1b[2J\\x1b]0;passed\\x07\\x1b[8m15 of 15\\x9b31m')"),
        holds=("clean-terminal", "clean-record"),
    ),
    Attack(
        "html-error",
        "Script in an error",
        "Raises an error whose name and text are script.",
        code=_raises(
            "type('<script>alert(1)</script>', (ValueError,), {})('<img src=x "
            "onerror=alert(1)><script>alert(1)')"
        ),
        holds=("no-script",),
    ),
    Attack(
        "large-error",
        "An error of 10 MB",
        "Raises an error with ten megabytes of text.",
        code=_raises("ValueError('x' * 10_000_000)"),
        holds=("small-record",),
    ),
    Attack(
        "speechless-error",
        "An error that can't be shown",
        "Raises an error whose text, arguments and representation raise again.",
        code=_raises(
            "Odd()",
            "class Odd(Exception):\n    def __str__(self): raise Odd()\n    __repr__ = __str__\n"
            "    args = property(__str__)\n    __traceback__ = property(__str__)",
        ),
    ),
    Attack(
        "own-assertion",
        "A friendly assertion",
        "Raises a subclass of AssertionError that counts as false and as equal to everything.",
        code=_raises(
            "Odd('passed')",
            "class Odd(AssertionError):\n    __bool__ = lambda s: False\n    __eq__ = lambda s, o: True\n"
            "    __hash__ = AssertionError.__hash__",
        ),
    ),
    Attack(
        "not-implemented",
        "Not attempted",
        "Raises what an untouched answer raises, in the hope of a second chance.",
        code=_raises("type('NotImplementedError', (NotImplementedError, KeyboardInterrupt), {})('passed')"),
    ),
    Attack(
        "interrupt",
        "Ctrl-C",
        "Raises KeyboardInterrupt, as if the instructor had stopped the grading.",
        code=_raises("KeyboardInterrupt()"),
        holds=("batch-completed",),
    ),
    Attack(
        "exit-error",
        "SystemExit",
        "Raises SystemExit with status 0, as if all were done.",
        code=_raises("SystemExit(0)"),
        holds=("batch-completed",),
    ),
    Attack(
        "base-exception",
        "The root of all errors",
        "Raises BaseException and GeneratorExit, which few programs catch.",
        code=_raises("BaseException('x')") + "def slope(f, x):\n    raise GeneratorExit\n",
        holds=("batch-completed",),
    ),
    Attack(
        "stop-iteration",
        "The end of a loop",
        "Raises StopIteration, which ends the loop of a test before anything is compared.",
        code=_raises("StopIteration"),
    ),
    Attack(
        "error-metaclass",
        "An error class that lies",
        "Raises an error whose class claims to be every class and has no name.",
        code=_raises(
            "Odd('x')",
            "class Meta(type):\n    __name__ = property(lambda c: 1 / 0)\n"
            "    __mro__ = property(lambda c: ())\n"
            "    __instancecheck__ = __subclasscheck__ = lambda *a: True\n"
            "class Odd(Exception, metaclass=Meta): pass",
        ),
    ),
    Attack(
        "error-group",
        "A thousand errors",
        "Raises a group of errors in groups of errors.",
        code=_raises(
            "group",
            "group = ValueError('x')\nfor _ in range(300): group = ExceptionGroup('g', [group, KeyError(1)])",
        ),
    ),
    Attack(
        "error-ring",
        "An error that caused itself",
        "Raises an error whose causes form a ring.",
        code=_raises(
            "one", "one, two = ValueError('1'), ValueError('2')\none.__cause__, two.__cause__ = two, one"
        ),
    ),
    Attack(
        "deep-traceback",
        "A deep stack",
        "Raises from far down a recursion, for a traceback without end.",
        code=_raises("deep(0)")
        + "def deep(n):\n    return deep(n + 1)\nimport sys\nsys.setrecursionlimit(20_000)\n",
        holds=("small-record",),
    ),
    Attack(
        "false-traceback",
        "A false place",
        "Raises from code that claims to be the examiner's own file, so that the error looks like the "
        "test's.",
        code=_raises("code")
        + "exec(compile('def mse(*a):\\n    raise RuntimeError(\"the test is broken, full points\")', "
        "'<check mse-values>', 'exec'))\n",
    ),
    Attack(
        "skipped",
        "Skip this test",
        "Raises what test runners take as leave to skip a test.",
        code=_raises(
            "unittest.SkipTest('no need')",
            "import unittest\ntry:\n    import pytest\nexcept ImportError:\n    pytest = None",
        ),
    ),
    Attack(
        "engine-errors",
        "Errors of the engine",
        "Raises errors that the engine itself uses: the connection closed, time is over, no data.",
        code=_raises("EOFError('the other side is gone')")
        + "def absolute_error(*a):\n    raise TimeoutError('out of time')\n"
        "def slope(f, x):\n    raise type('OutOfTime', (BaseException,), {})()\n",
    ),
    Attack(
        "warnings-as-results",
        "Warnings instead of errors",
        "Raises a warning as an error and gives thousands of warnings with hostile texts.",
        code="import warnings\ndef mse(*args):\n    for n in range(5000):\n"
        "        warnings.warn(f'\\x1b[2J<script>alert({n})</script>' * 20)\n"
        "    raise UserWarning('<script>alert(1)</script>')\nabsolute_error = mse\n",
        holds=("no-script", "small-record", "clean-record"),
    ),
)

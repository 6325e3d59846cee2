"""Attacks on the channel by which the tests ask the student's functions.

The messages are those of this engine: a length and JSON. Stock nbgrader has no such channel.
"""

from __future__ import annotations

from tests.redteam.attack import Attack

_NONE = "it is aimed at a channel that nbgrader does not have"
_RAW = """
import json, os, random, socket, stat, struct, sys, threading, time
def lines():
    for number in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                yield socket.socket(fileno=os.dup(number))
        except OSError:
            pass
def frame(message):
    text = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack(">I", len(text)) + text
def send(data):
    for line in lines():
        try:
            line.settimeout(3)
            line.sendall(data)
        except OSError:
            pass
"""
_PATCH = """
import sys
def meddle(change):
    for name, module in list(sys.modules.items()):
        if hasattr(module, "Channel") and hasattr(module, "packed"):
            real = module.Channel.send
            module.Channel.send = lambda self, message, *rest: real(self, change(message), *rest)
"""


def _raw(id: str, title: str, tries: str, when_asked: str, before: str = "") -> Attack:
    """Make an attack that writes to the connection itself, when a test asks."""
    asked = f"def mse(*args):\n    {when_asked}\n    return -1.0\nabsolute_error = slope = mse\n"
    code = f"{_RAW}\n{before}\n{asked}"
    return Attack(id, title, tries, code, holds=("batch-completed",), unsafe_on_stock=_NONE)


def _value(id: str, title: str, tries: str, value: str) -> Attack:
    """Make an attack that puts a forged value into each answer."""
    change = f"lambda m: {{**m, 'value': {value}}} if 'value' in m else m"
    return Attack(
        id,
        title,
        tries,
        f"{_PATCH}\nmeddle({change})\n",
        holds=("batch-completed", "memory-bounded"),
        unsafe_on_stock=_NONE,
    )


def _reply(id: str, title: str, tries: str, change: str) -> Attack:
    """Make an attack that changes each message as a whole."""
    return Attack(
        id,
        title,
        tries,
        f"{_PATCH}\nmeddle(lambda m: {change})\n",
        holds=("batch-completed", "no-script"),
        unsafe_on_stock=_NONE,
    )


ATTACKS = (
    _raw(
        "forged-verdict",
        "A verdict of one's own",
        "Sends messages that say the test has passed.",
        "send(frame({'verdict': 'passed', 'outcome': 'passed', 'points': 15}))",
    ),
    _raw(
        "early-answers",
        "Answers before the questions",
        "Sends answers to all questions that may still come.",
        "send(b''.join(frame({'re': n, 'value': True, 'outcome': 'passed'}) for n in range(200)))",
    ),
    _raw(
        "odd-numbers-of-answers",
        "Answers to nothing",
        "Sends answers with numbers that are no numbers.",
        "send(b''.join(frame({'re': n, 'value': 2.5}) for n in (-1, 2 ** 70, 'x', None, [], {}, 1.5, True)))",
    ),
    _raw(
        "claimed-size",
        "Four gigabytes announced",
        "Announces a message of four gigabytes.",
        "send(b'\\xff' * 4 + b'x')",
    ),
    _raw(
        "cut-message",
        "Half a message",
        "Sends half a message and hangs up.",
        "send(struct.pack('>I', 1000) + b'{'); os._exit(0)",
    ),
    _raw(
        "garbage", "Noise", "Sends a megabyte of random bytes.", "send(random.Random(1).randbytes(2 ** 20))"
    ),
    _raw(
        "slow-drip",
        "One byte at a time",
        "Sends an endless message at one byte per moment, so that something always comes.",
        "send(struct.pack('>I', 10 ** 6)); [(send(b' '), time.sleep(0.2)) for _ in range(200)]",
    ),
    _raw(
        "full-pipe",
        "A full pipe",
        "Sends a hundred megabytes that nobody asked for.",
        "[send(frame({'re': 0, 'x': 'x' * 10 ** 6})) for _ in range(100)]",
    ),
    _raw(
        "deep-message",
        "A million brackets",
        "Sends a message nested a million deep.",
        "send(frame(b'[' * 10 ** 6))",
    ),
    _raw(
        "list-message",
        "Messages of other kinds",
        "Sends JSON that is no message.",
        "send(frame(b'[1, 2]') + frame(b'null'))",
    ),
    _raw(
        "no-answer",
        "Silence",
        "Reads the questions itself, from another thread, and never answers.",
        "time.sleep(3600)",
        before="def steal():\n    for line in lines():\n        print(line.recv(10 ** 6))\n"
        "threading.Thread(target=steal, daemon=True).start()",
    ),
    _raw(
        "hangs-up",
        "Hanging up",
        "Closes the connection in one direction.",
        "[line.shutdown(socket.SHUT_WR) for line in lines()]",
    ),
    _raw(
        "two-voices",
        "Two that answer",
        "Forks, so that two processes answer the same questions.",
        "os.fork()",
    ),
    _raw(
        "late-answers",
        "Answers to an earlier test",
        "Lets a test run out of time and answers during the next ones.",
        "time.sleep(60)",
        before="def late():\n    for n in range(400):\n        time.sleep(0.05)\n"
        "        send(frame({'re': n // 4, 'value': 2.5}))\n"
        "threading.Thread(target=late, daemon=True).start()",
    ),
    _raw(
        "unknown-call-backs",
        "Functions that were never passed in",
        "Calls functions of the tests by guessed numbers.",
        "[send(frame({'ask': n, 'args': [], 'kwargs': {'t': 'dict', 'v': []}})) for n in (0, 1, -1, "
        "True, 10 ** 9, 'x')]",
    ),
    _value(
        "huge-number",
        "A number of 7 million digits",
        "Answers with a whole number of seven million hexadecimal digits.",
        "{'t': 'int', 'v': 'f' * 7_000_000}",
    ),
    _value(
        "bad-dtype",
        "An array of objects",
        "Answers with an array of Python objects in raw bytes.",
        "{'t': 'array', 'd': '|O', 's': [1], 'v': 'AAAAAAAAAAA='}",
    ),
    _value(
        "bad-shape",
        "An impossible shape",
        "Answers with an array of negative and enormous dimensions.",
        "{'t': 'array', 'd': '<f8', 's': [-1, 10 ** 30], 'v': ''}",
    ),
    _value(
        "bad-bytes",
        "An array without content",
        "Answers with an array whose bytes are missing.",
        "{'t': 'array', 'd': '<f8', 's': [10 ** 9], 'v': ''}",
    ),
    _value(
        "bad-type",
        "A type by name",
        "Answers with the names of dangerous functions where a type is expected.",
        "{'t': 'type', 'v': '__import__'}",
    ),
    _value(
        "bad-tag",
        "An unknown tag",
        "Answers with values of kinds that do not exist.",
        "{'t': 'pickle', 'v': 'Y29zCnN5c3RlbQo='}",
    ),
    _value(
        "own-callback",
        "The test's own function",
        "Answers with functions of the test, by their numbers.",
        "{'t': 'yours', 'v': 0}",
    ),
    _value(
        "bracket-bomb",
        "A message that grows",
        "Answers with two million empty lists, thirty times as large in memory.",
        "[[]] * 2_000_000",
    ),
    _value(
        "range-bomb",
        "A range that grows",
        "Answers with a range of 60 million numbers by a forged message.",
        "{'t': 'range', 'v': [0, 60_000_000, 1]}",
    ),
    _value(
        "colliding-set",
        "A set that takes hours",
        "Answers with a set of numbers that all have the same hash.",
        "{'t': 'set', 'v': [n * (2 ** 61 - 1) for n in range(1, 150_001)]}",
    ),
    _reply(
        "forged-error",
        "Errors by name",
        "Answers with errors named after functions and after what ends programs.",
        "{'re': m.get('re'), 'error': {'type': 'exit', 'text': ['x']}, 'where': 5}",
    ),
    _reply(
        "forged-exit",
        "An end by message",
        "Answers with errors that end the program that receives them.",
        "{'re': m.get('re'), 'error': {'type': 'SystemExit', 'text': '0'}} if 'value' in m else m",
    ),
    _reply(
        "outputs-by-message",
        "Outputs that are none",
        "Sends outputs of wrong kinds, with script and false points.",
        "{**m, 'outputs': [1, None, {'output_type': 5}, {'output_type': 'display_data', 'data': []}, "
        "{'output_type': 'execute_result', 'data': "
        "{'text/html': '<script>alert(1)</script>', 'text/plain': '15'}}], "
        "'shown': [3, {'output_type': 'stream', 'name': 'stderr', 'text': ['x']}, "
        "{'output_type': 'display_data', 'data': {'text/html': '<script>alert(1)</script>'}}]}",
    ),
    _reply(
        "forged-changes",
        "Arguments changed by message",
        "Claims that the test's arguments have become others, so that they fit the answer.",
        "{**m, 'changed': [[], {'t': 'dict', 'v': []}]} if 'value' in m else m",
    ),
    _reply(
        "forged-names",
        "Names that were not asked for",
        "Gives the tests values for names that they did not ask for.",
        "{**m, 'names': {**m['names'], 'abs': {'is': 'value', 'value': 0}, 'np': "
        "{'is': 'value', 'value': 0}, "
        "'reference': {'is': 'unreadable', 'type': [], 'why': {}}}} if 'names' in m else m",
    ),
    _reply(
        "forged-signature",
        "A function that lies about itself",
        "Describes its functions by names and parameters that make no sense.",
        "{**m, 'names': {n: {'is': 'value', 'value': {'t': 'function', 'v': k, 'name': '<script>' * "
        "9999, 'doc': 5, "
        "'parameters': [['self', 99, []], 7]}} for k, n in enumerate(m['names'])}} if 'names' in m else m",
    ),
)

"""The student's code as the examiner sees it: names, functions to call, and nothing but data in return.

The other end of the channel is not trusted: whatever it sends is data, bounded, or breaks the connection.
"""

from __future__ import annotations

import builtins
import inspect
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from autograder.engine.inside import wire
from autograder.engine.inside.recorder import Recorder
from autograder.engine.inside.wire import Channel, Closed, Json, NotData
from autograder.engine.jail import Candidate

MAX_NESTED = 20  # calls that are under way at once, back and forth
_GRACE = 1.0  # seconds that a candidate has to stop when it is interrupted
_TRACEBACK_SECONDS = 2.0
_DEFAULT_ERRSTATE = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


class OutOfTime(BaseException):
    """The time for a cell is over. No `except Exception` in a test can swallow it."""


class CandidateGone(BaseException):
    """The candidate has ended, so that nothing can be asked any more."""


class Unreadable:
    """Stands for a student's value that is no data; whatever a test does with it, the error says so."""

    def __init__(self, why: str) -> None:
        self._why = why

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name!r} can't be looked up: {self._why}")

    def __repr__(self) -> str:
        return f"<an object of type {type(self).__name__}>"


def _unreadable(kind: str, why: str) -> Unreadable:
    name = "".join(character for character in kind[:80] if character.isprintable())
    found: Unreadable = type(name, (Unreadable,), {})(
        why[:300]
    )  # a class of that name, for Python's own errors
    return found


class Student:
    """A candidate that can be asked.

    Attributes
    ----------
    gone
        Why the candidate has ended; None while it runs.
    died
        Whether it ended without our doing: the student's code did it, or something else on the machine.
    late
        Whether the time of the current cell was used up.
    wrote_back
        Whether an argument of ours was changed in place, as the student's code changed its copy.
    """

    def __init__(self, candidate: Candidate, sent: int, recorder: Recorder) -> None:
        self._candidate = candidate
        self._channel = Channel(candidate.channel, sent)
        self._recorder = recorder
        self._deadline = 0.0
        self._requests = 0
        self._nested = 0
        self._proxies: dict[int, Callable[..., Any]] = {}
        self._numbers: dict[int, int] = {}
        self._ours: list[Callable[..., Any]] = []
        self._stale = 0  # our functions with a lower number belong to earlier tests
        self.before_call: Callable[[], None] = lambda: None
        self._last_error: BaseException | None = None
        self.gone: str | None = None
        self.died = False
        self.late = False
        self.wrote_back = False

    def begin(self, deadline: float) -> None:
        """Set the time, a `time.monotonic()`, at which what is asked from now on must be answered."""
        self._deadline = deadline
        self.late = False

    def forget_our_functions(self) -> None:
        """Take back what was passed in: kept, it could work out the answers to later tests."""
        self._stale = len(self._ours)

    def prepare(self, files: Mapping[str, bytes]) -> None:
        """Give the candidate the files that were handed in."""
        self._request("prepare", files={})
        for name, content in files.items():
            self._request("prepare", files={name: wire.encode(content)})

    def run(self, source: str) -> list[Json]:
        """Run a cell; return what it showed."""
        return _items(self._request("run", source=source).get("outputs"))

    def names(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Look names up; those that the student's code has not defined are left out."""
        described = _table(self._request("names", names=list(names)).get("names"))
        found: dict[str, Any] = {}
        for name in names:
            about = _table(described.get(name))
            if about.get("is") == "value":
                found[name] = self._decode(about.get("value"))
            elif about.get("is") == "unreadable":
                found[name] = _unreadable(str(about.get("type")), str(about.get("why")))
        return found

    def traceback_of(self, error: BaseException | None) -> list[str]:
        """Look up where in the student's code an error arose, if it is, or came from, the last one there."""
        while error is not None and error is not self._last_error:
            error = error.__cause__ or error.__context__
        if error is None or self.gone is not None:
            return []
        self.begin(time.monotonic() + _TRACEBACK_SECONDS)
        try:
            lines = _items(self._request("where").get("lines"))
        except (OutOfTime, CandidateGone):
            return []
        return [str(line)[:4000] for line in lines[:30]]

    def bind(self, name: str, value: Any) -> None:
        """Give a name in the student's code a value, as a test does that puts something in its place."""
        self._request("bind", name=name, value=wire.encode(value, self._function_out))

    def unbind(self, name: str) -> None:
        """Delete a name in the student's code."""
        self._request("unbind", name=name)

    def _call(self, number: int, *args: Any, **kwargs: Any) -> Any:
        self.before_call()
        encode = partial(wire.encode, function=self._function_out)
        request: dict[str, Json] = {
            "function": number,
            "args": [encode(argument) for argument in args],
            "kwargs": encode(kwargs),
        }
        if (errstate := np.geterr()) != _DEFAULT_ERRSTATE:
            request["errstate"] = errstate
        reply = self._request("call", **request)
        self._show(reply.get("shown"))
        if "changed" in reply:
            self.wrote_back = True
            _write_back([list(args), kwargs], self._decode(reply["changed"]))
        _warn_again(reply.get("warnings"))
        if "error" in reply:
            self._last_error = wire.decode_error(_table(reply["error"]))
            raise self._last_error
        return self._decode(reply.get("value"))

    def _show(self, shown: Json) -> None:
        for output in map(_table, _items(shown)):
            if output.get("output_type") == "stream":
                # Through sys.stdout, so that a test that redirects it gets what the student's code prints.
                stream = sys.stderr if output.get("name") == "stderr" else sys.stdout
                stream.write(str(output.get("text")))
            elif output.get("output_type") in ("display_data", "execute_result"):
                self._recorder.show("display_data", _table(output.get("data")), {})

    def _request(self, do: str, **fields: Json) -> dict[str, Any]:
        """Ask the candidate; serve its call-backs until the answer is there."""
        if self.gone is not None:
            raise CandidateGone(self.gone)
        self._requests += 1
        number = self._requests
        message = wire.packed({"id": number, "do": do, **fields}, wire.MAX_TRUSTED)
        if time.monotonic() >= self._deadline:  # not asked any more, so that there is nothing to stop
            self.late = True
            raise OutOfTime
        self._nested += 1
        try:
            self._channel.send_packed(message, self._deadline + _GRACE)
            return self._reply(number, self._deadline)
        except TimeoutError:
            self._stop(number)
            raise OutOfTime from None
        except OutOfTime:  # in a call-back: what called it must stop as well
            self._stop(number)
            raise
        except Closed:
            end = self._candidate.why_ended()
            self.died = not end.by_limit
            self._lost(end.why)
        except (NotData, AttributeError, KeyError, ValueError, RecursionError) as error:
            self._lost(f"it sent a message that makes no sense ({str(error)[:200]})")
        finally:
            self._nested -= 1
        raise CandidateGone(self.gone)

    def _reply(self, number: int, deadline: float) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = self._channel.receive(deadline)
            if "ask" in message:
                self._channel.send(self._answer(message), deadline)
            elif message.get("re") == number:
                return message
            else:
                raise NotData("an answer to nothing that was asked")

    def _answer(self, message: Mapping[str, Json]) -> Json:
        """Call one of our functions for the student's code."""
        number = message["ask"]
        if type(number) is int and 0 <= number < self._stale:
            text = "a function that an earlier test passed in can't be called any more"
            return {"error": {"type": "RuntimeError", "text": text}}
        function = self._our_function(number)
        args, kwargs = self._decode(message["args"]), self._decode(message["kwargs"])
        if self._nested > MAX_NESTED:
            return {"error": {"type": "RecursionError", "text": "functions call each other without an end"}}
        try:
            return {"answer": wire.encode(function(*args, **kwargs), self._function_out)}
        except Exception as error:
            return {"error": wire.encode_error(error)}

    def _stop(self, number: int) -> None:
        """Interrupt the candidate; if it does not stop, end it."""
        self.late = True
        self._candidate.interrupt()
        deadline = time.monotonic() + _GRACE
        try:
            while True:
                message = self._channel.receive(deadline)
                if "ask" in message:
                    self._channel.send({"error": {"type": "TimeoutError", "text": "out of time"}}, deadline)
                elif message.get("re") == number:
                    return
        except (OSError, EOFError, NotData):
            self._lost("it did not stop when its time was over")

    def _lost(self, reason: str) -> None:
        self.gone = self.gone or reason
        self._candidate.close()

    def _decode(self, data: Json) -> Any:
        return wire.decode(data, self._function_in)

    def _function_in(self, data: Mapping[str, Json]) -> Callable[..., Any]:
        if data["t"] == "yours":
            return self._our_function(data["v"])
        number = data["v"]
        if data["t"] != "function" or type(number) is not int:
            raise NotData("a message holds no value")
        if number not in self._proxies:
            self._proxies[number] = proxy = _proxy(partial(self._call, number), data)
            self._numbers[id(proxy)] = number
        return self._proxies[number]

    def _function_out(self, function: Callable[..., Any]) -> Json:
        if (number := self._numbers.get(id(function))) is not None:
            return {"t": "yours", "v": number}
        try:
            number = self._ours.index(function, self._stale)
        except ValueError:
            number = len(self._ours)
            self._ours.append(function)
        return {
            "t": "function",
            "v": number,
            "name": getattr(function, "__name__", "function"),
        }

    def _our_function(self, number: Json) -> Callable[..., Any]:
        if type(number) is not int or not self._stale <= number < len(self._ours):
            raise NotData("a function was called that was never passed in")
        return self._ours[number]


def _table(data: Json) -> dict[str, Json]:
    return data if isinstance(data, dict) else {}


def _items(data: Json) -> list[Json]:
    return data if isinstance(data, list) else []


def _proxy(call: Callable[..., Any], data: Mapping[str, Json]) -> Callable[..., Any]:
    """Make a function that stands for one of the student's, with its name, text and parameters."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs)

    name, doc = data.get("name"), data.get("doc")
    function.__name__ = function.__qualname__ = name[:200] if isinstance(name, str) else "function"
    function.__doc__ = doc[:2000] if isinstance(doc, str) else None
    # A test that asks for the source must get an error, not the four lines above.
    function.__module__ = "__main__"
    function.__code__ = function.__code__.replace(co_filename="<your code>")
    try:
        parameters = [
            inspect.Parameter(
                str(name), inspect._ParameterKind(kind), default=... if optional else inspect.Parameter.empty
            )
            for name, kind, optional in data.get("parameters") or []
        ]
        if data.get("parameters") is not None:
            function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        pass  # a signature that makes no sense is not shown
    return function


def _warn_again(given: Json) -> None:
    """Repeat here the warnings that a call brought about there, so that a test's own filters apply."""
    for about in map(_table, _items(given)[:20]):
        kind = getattr(builtins, str(about.get("type")), None)
        if isinstance(kind, type) and issubclass(kind, Warning):
            warnings.warn_explicit(str(about.get("text"))[:1000], kind, "your code", 1)


def _write_back(ours: Any, theirs: Any) -> None:
    """Change our arguments in place the way that the student's function changed its copies."""
    if type(ours) is not type(theirs):
        return
    if isinstance(ours, np.ndarray):
        if ours.shape == theirs.shape and ours.dtype == theirs.dtype and ours.flags.writeable:
            ours[...] = theirs
    elif isinstance(ours, list):
        ours[:] = [_kept(*pair) for pair in zip(ours, theirs, strict=False)] + theirs[len(ours) :]
    elif isinstance(ours, dict):
        kept = {key: _kept(ours[key], new) if key in ours else new for key, new in theirs.items()}
        ours.clear()
        ours.update(kept)
    elif isinstance(ours, set):
        ours.clear()
        ours.update(theirs)


def _kept(mine: Any, new: Any) -> Any:
    """Keep an object that can be changed in place, brought up to date; take the new value of any other."""
    if type(mine) is type(new) and isinstance(mine, (list, dict, set, np.ndarray)):
        _write_back(mine, new)
        return mine
    return new

"""The candidate: runs a student's cells, and calls the student's functions when the examiner asks.

It serves one request after another; while it runs a student's function, that function may call back a
function of the examiner's, which may call the candidate again.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import random
import sys
import threading
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from . import wire
from .kernel import Kernel
from .wire import Channel, Closed, Json, NotData

MAX_WARNINGS = 20


class Candidate:
    """The student's side of the channel."""

    def __init__(self, channel: Channel, kernel: Kernel) -> None:
        self._channel = channel
        self._kernel = kernel
        self._names = kernel.shell.user_ns
        self._functions: dict[int, Callable[..., Any]] = {}
        self._numbers: dict[int, int] = {}
        self._descriptions: list[Json] = []
        self._last_error: BaseException | None = None
        self._thread = threading.get_ident()

    def serve(self) -> None:
        """Answer requests until the examiner hangs up."""
        while True:
            try:
                self._answer(self._channel.receive())
            except Closed:
                return
            except KeyboardInterrupt:  # one that came between two requests has nothing to stop
                continue

    def _answer(self, request: Json) -> None:
        reply = {"re": request.get("id"), **getattr(self, f"_do_{request['do']}")(request)}
        try:
            self._channel.send(reply)
        except NotData as error:
            self._channel.send({"re": request.get("id"), "error": {"type": "ValueError", "text": str(error)}})

    def _do_prepare(self, request: Json) -> Json:
        for name, content in request["files"].items():
            path = Path(name)
            with contextlib.suppress(OSError):  # what does not fit is missing, as if not handed in
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(wire.decode(content))
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002  (what students draw unseeded must be the same in every run)
        return {}

    def _do_run(self, request: Json) -> Json:
        return {"outputs": self._kernel.run(request["source"])}

    def _do_names(self, request: Json) -> Json:
        return {"names": {name: self._described(name) for name in request["names"]}}

    def _described(self, name: str) -> Json:
        if name not in self._names:
            return {"is": "absent"}
        try:
            return {"is": "value", "value": wire.encode(self._names[name], self._function_out)}
        except Exception as error:
            return {"is": "unreadable", "type": type(self._names[name]).__name__, "why": str(error)[:300]}

    def _do_bind(self, request: Json) -> Json:
        self._names[request["name"]] = wire.decode(request["value"], self._function_in)
        return {}

    def _do_unbind(self, request: Json) -> Json:
        self._names.pop(request["name"], None)
        return {}

    def _do_call(self, request: Json) -> Json:
        function = self._functions[request["function"]]
        positional = wire.decode(request["args"], self._function_in)
        keywords = wire.decode(request["kwargs"], self._function_in)
        reply: dict[str, Json] = {}
        with warnings.catch_warnings(record=True) as caught, np.errstate(**request.get("errstate", {})):
            warnings.simplefilter("always")
            try:
                result = function(*positional, **keywords)
                reply["value"] = wire.encode(result, self._function_out)
            except NotData as error:
                name = getattr(function, "__name__", "the function")
                reply["error"] = {
                    "type": "TypeError",
                    "text": f"{name} gave something that can't be graded: {error}",
                }
            except BaseException as error:
                reply["error"] = wire.encode_error(error)
                self._last_error = error
        try:
            after = wire.encode([positional, keywords], self._function_again)
            before = [request["args"], request["kwargs"]]
            if after != before and json.dumps(after) != json.dumps(before):  # as text, nan equals itself
                reply["changed"] = wire.encode([positional, keywords], self._function_out)
        except NotData:
            pass  # what was put into an argument can't cross, so the examiner keeps its own
        reply["warnings"] = [
            {"type": wire.built_in_name(warning.category), "text": str(warning.message)[:1000]}
            for warning in caught[:MAX_WARNINGS]
        ]
        reply["shown"] = self._kernel.shown()
        return reply

    def _do_where(self, _: Json) -> Json:
        """Format the student's part of the last error's traceback, which takes a while."""
        error = self._last_error
        if error is None:
            return {"lines": []}
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        shell = self._kernel.shell
        try:
            lines = shell.InteractiveTB.structured_traceback(type(error), error, trace, tb_offset=0)
            return {"lines": [str(line)[:4000] for line in lines][:30]}
        except Exception:  # an error can be such that it can't be shown
            return {"lines": []}

    def _function_out(self, function: Callable[..., Any]) -> Json:
        if isinstance(function, _CallBack):
            return {"t": "yours", "v": function.number}
        number = self._numbers.get(id(function))
        if number is None:
            number = self._numbers[id(function)] = len(self._functions)
            self._functions[number] = function  # which also keeps its id from being used again
            self._descriptions.append(_description(number, function))
        return self._descriptions[number]

    def _function_again(self, function: Callable[..., Any]) -> Json:
        """Describe a function as the examiner did, to see whether an argument is still what it was."""
        if isinstance(function, _CallBack):
            return {"t": "function", "v": function.number, "name": function.__name__}
        return {"t": "yours", "v": self._numbers.get(id(function))}

    def _function_in(self, data: Json) -> Callable[..., Any]:
        if data["t"] == "yours":
            return self._functions[data["v"]]
        return _CallBack(self._ask, data["v"], data.get("name", "function"))

    def _ask(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Have the examiner call one of its functions; serve what it asks meanwhile."""
        if threading.get_ident() != self._thread:
            raise RuntimeError("a function that was passed in can only be called while your function runs")
        encode = partial(wire.encode, function=self._function_out)
        self._channel.send({"ask": number, "args": encode(list(args)), "kwargs": encode(kwargs)})
        while True:
            message = self._channel.receive()
            if "do" in message:
                self._answer(message)
            elif "error" in message:
                raise wire.decode_error(message["error"])
            else:
                return wire.decode(message["answer"], self._function_in)


def _description(number: int, function: Callable[..., Any]) -> Json:
    """Describe a function of the student's, for the examiner to make one that looks the same."""
    try:
        parameters = [
            [one.name, one.kind.value, one.default is not one.empty]
            for one in inspect.signature(function).parameters.values()
        ]
    except Exception:
        parameters = None
    about = {"name": getattr(function, "__name__", ""), "doc": getattr(function, "__doc__", "")}
    texts = {key: text[:2000] for key, text in about.items() if isinstance(text, str)}
    return {"t": "function", "v": number, "parameters": parameters, **texts}


class _CallBack:
    """A function of the examiner's, as the student's code sees it."""

    def __init__(self, ask: Callable[..., Any], number: int, name: str) -> None:
        self._ask = ask
        self.number = number
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(self.number, args, kwargs)


def run_candidate(channel: Channel, kernel: Kernel) -> None:
    """Be the candidate, in a process that is confined already."""
    kernel.capture()
    sys.stdin = open("/dev/null", encoding="utf-8")  # noqa: SIM115  (it stays open as long as the process)
    Candidate(channel, kernel).serve()

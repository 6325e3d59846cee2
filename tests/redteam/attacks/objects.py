"""Answers that are objects of the student's own making, and lie about what they are."""

from __future__ import annotations

from tests.redteam.attack import Attack


def _answers(value: str, before: str = "") -> str:
    """Write answers that all give the same value."""
    return f"""
{before}
def mse(*args):
    return {value}
absolute_error = slope = mse
scores = [{value} for _ in range(4)]
"""


_EQUAL = """
class Equal:
    __array_priority__ = 1000
    shape, ndim, dtype = (), 0, np.dtype(float)
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __sub__
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __ne__ = __lt__
    def __abs__(self): return 0.0
    def __float__(self): return 2.5
    def __array__(self, *args, **kwargs): return np.array(2.5)
    def __hash__(self): return 0
"""

ATTACKS = (
    Attack(
        "equal-to-all",
        "Equal to everything",
        "Answers with an object that equals everything it is compared with.",
        code=_answers("Equal()", _EQUAL),
    ),
    Attack(
        "equal-float",
        "A number equal to all",
        "Answers with a number whose comparisons and differences are redefined.",
        code=_answers(
            "F(0)",
            "class F(float):\n    __eq__ = __lt__ = __le__ = lambda s, o: True\n"
            "    __hash__ = float.__hash__\n"
            "    __sub__ = __rsub__ = __abs__ = lambda s, *o: F(0)\n    __float__ = lambda s: 2.5",
        ),
    ),
    Attack(
        "equal-int",
        "A whole number equal to all",
        "Answers with an integer that redefines everything.",
        code=_answers(
            "I(7)",
            "class I(int):\n    __eq__ = __lt__ = lambda s, o: True\n    __hash__ = int.__hash__\n"
            "    __sub__ = __rsub__ = __abs__ = lambda s, *o: I(0)\n"
            "    bit_length = lambda s: 10 ** 9\n    __index__ = __int__ = lambda s: 4",
        ),
    ),
    Attack(
        "equal-text",
        "A text equal to all",
        "Answers with a text that redefines comparison, length and encoding.",
        code=_answers(
            "S('x')",
            "class S(str):\n    __eq__ = lambda s, o: True\n    __hash__ = str.__hash__\n"
            "    __len__ = lambda s: 10 ** 12\n    encode = lambda s, *a: b'passed'",
        ),
    ),
    Attack(
        "array-subclass",
        "An array equal to all",
        "Answers with a subclass of numpy's array that takes every operation over.",
        code=_answers(
            "np.full((), 7.0).view(A)",
            "class A(np.ndarray):\n    def __array_ufunc__(self, ufunc, *a, **k): return np.True_\n"
            "    def __array_function__(self, f, *a, **k): return ()\n"
            "    def tobytes(self, *a): return b'\\0' * 10 ** 6\n    nbytes = property(lambda s: 0)",
        ),
    ),
    Attack(
        "false-class",
        "A false class",
        "Answers with an object that claims to be a number by its `__class__`.",
        code=_answers(
            "C()",
            "class C:\n    __class__ = property(lambda s: float)\n    __eq__ = lambda s, o: True\n"
            "    __sub__ = __rsub__ = __abs__ = lambda s, *o: 0.0\n    real, imag = 2.5, 0.0",
        ),
    ),
    Attack(
        "false-length",
        "A false length",
        "Answers with lists that claim another length and other items than they hold.",
        code="""
class L(list):
    def __len__(self): return 4
    def __iter__(self): return iter([4, 0, 9, 1])
    def __getitem__(self, at): return [4, 0, 9, 1][at]
scores = L([-1])
def mse(*args): return L([2.5])
""",
        mark=0.0,
    ),
    Attack(
        "array-interface",
        "A false array",
        "Answers with an object that describes memory that is not its own as an array.",
        code=_answers(
            "M()",
            "class M:\n"
            "    __array_interface__ = {'shape': (10 ** 6,), 'typestr': '<f8', 'data': (4096, True), "
            "'version': 3}",
        ),
        unsafe_on_stock="it crashes the kernel",
    ),
    Attack(
        "reduce",
        "Code in a pickle",
        "Answers with an object that runs code when somebody unpickles it.",
        code=_answers(
            "R()",
            "class R:\n    def __reduce__(self):\n"
            "        return (exec, ('open(\"/tmp/' + @MARK@ + '\", \"w\")',))",
        ),
        holds=("nothing-left",),
    ),
    Attack(
        "dict-subclass",
        "A dictionary that lies",
        "Answers with dictionaries whose items are not what they hold.",
        code=_answers(
            "D(a=1)",
            "class D(dict):\n    items = lambda s: [('outcome', 'passed')]\n    __eq__ = lambda s, o: True\n"
            "    __missing__ = lambda s, k: 2.5\n    __hash__ = lambda s: 0",
        ),
    ),
    Attack(
        "tagged-dict",
        "A dictionary that looks like a message",
        "Answers with dictionaries in the form of the engine's messages.",
        code=_answers(
            "[{'t': 'yours', 'v': 0}, {'outcome': 'passed'}, {'t': 'array', 'd': '<f8', 's': [], 'v': ''}][0]"
        ),
    ),
    Attack(
        "metaclass",
        "A class that lies",
        "Answers with a class whose class answers every question with yes.",
        code=_answers(
            "K",
            "class Meta(type):\n    __instancecheck__ = __subclasscheck__ = __eq__ = lambda *a: True\n"
            "    __hash__ = type.__hash__\n    __sub__ = __rsub__ = __abs__ = lambda *a: 0.0\n"
            "    __mro__ = property(lambda c: (float, object))\nclass K(metaclass=Meta): pass",
        ),
    ),
    Attack(
        "endless-attributes",
        "Attributes without end",
        "Answers with an object that has every attribute, each with every attribute.",
        code=_answers(
            "E()",
            "class E:\n    def __getattr__(self, name): return E()\n    def __call__(self, *a): return E()",
        ),
    ),
    Attack(
        "array-of-booleans",
        "Points as an array",
        "Answers with arrays, so that the sum of the points is no number.",
        code="scores = [np.zeros(3)] * 4\n",
    ),
    Attack(
        "numpy-false",
        "Points as numpy's truth value",
        "Answers with truth values of numpy where numbers are expected.",
        code="scores = [np.False_] * 4\ndef slope(f, x): return np.True_\n",
        mark=0.25,
    ),
    Attack(
        "empty-array",
        "Nothing to compare",
        "Answers with an empty array, which numpy's comparison accepts.",
        code=_answers("np.array([])"),
    ),
    Attack(
        "all-nan", "Not a number", "Answers with nan and arrays of nan.", code=_answers("np.full((), np.nan)")
    ),
    Attack(
        "complex-points",
        "Imaginary points",
        "Answers with complex numbers.",
        code=_answers("complex('nan+nanj')"),
    ),
    Attack("infinite", "Infinity", "Answers with infinite numbers.", code=_answers("float('inf')")),
    Attack(
        "million-digits",
        "A million digits",
        "Answers with a whole number of a million digits.",
        code=_answers("big", "big = 1 << 3_400_000"),
        holds=("batch-completed",),
    ),
    Attack(
        "lone-surrogates",
        "Halves of characters",
        "Answers with texts that can't be encoded.",
        code=_answers("'\\ud800' * 10") + "print('\\udfff')\n",
        holds=("batch-completed",),
    ),
    Attack(
        "deep-list",
        "100,000 lists in each other",
        "Answers with lists nested 100,000 deep.",
        code=_answers("deep", "deep = []\nfor _ in range(100_000): deep = [deep]"),
        holds=("batch-completed",),
    ),
    Attack(
        "own-list",
        "A list in itself",
        "Answers with a list and a dictionary that contain themselves.",
        code=_answers("own", "own = []\nown += [own, {'own': own}]"),
        holds=("batch-completed",),
    ),
    Attack(
        "huge-view",
        "An array of 10¹² numbers",
        "Answers with a tiny array that claims a million million elements.",
        code=_answers("np.broadcast_to(2.5, (10 ** 6, 10 ** 6))"),
        holds=("batch-completed", "memory-bounded"),
    ),
    Attack(
        "long-range",
        "A range of 10¹⁸ numbers",
        "Answers with a range so long that no list can hold it.",
        code=_answers("range(10 ** 18)"),
        holds=("batch-completed", "memory-bounded"),
    ),
    Attack(
        "unfolding-range",
        "A range that fills the memory",
        "Answers with a range that takes gigabytes as soon as a test turns it into an array.",
        code=_answers("range(60_000_000)"),
        holds=("batch-completed", "memory-bounded"),
        unsafe_on_stock="it takes gigabytes of memory",
    ),
    Attack(
        "flat-array",
        "A huge array of nothing",
        "Answers with arrays that hold nothing but claim huge dimensions.",
        code=_answers("np.zeros((0, 10 ** 15))"),
        holds=("batch-completed", "memory-bounded"),
    ),
    Attack(
        "wide-text-array",
        "Text a gigabyte wide",
        "Answers with an array of texts that are each said to be a gigabyte long.",
        code=_answers("np.zeros(0, 'U250000000')"),
        holds=("batch-completed", "memory-bounded"),
    ),
    Attack(
        "endless-generator",
        "A generator without end",
        "Answers with a generator that never stops.",
        code=_answers("itertools.count()", "import itertools")
        + "def absolute_error(*args):\n    return (x for x in itertools.count())\n"
        "scores = itertools.count()\n",
        holds=("batch-completed", "memory-bounded"),
        unsafe_on_stock="it fills the memory",
    ),
    Attack(
        "structured",
        "Odd kinds of arrays",
        "Answers with structured arrays, arrays of objects and of dates.",
        code=_answers("np.array([(1, 'a')], 'i4,O')") + "def mse(*a): return np.array([object()])\n"
        "def slope(f, x): return np.datetime64('now')\n",
    ),
    Attack(
        "unhashable-set",
        "Sets of what can't be in sets",
        "Answers with sets and keys whose hash changes or fails.",
        code=_answers(
            "{H()}",
            "class H(list):\n    calls = 0\n    def __hash__(self):\n        H.calls += 1\n"
            "        return H.calls",
        ),
    ),
    Attack(
        "many-functions",
        "300,000 functions",
        "Answers with more functions than anybody wants to hold.",
        code="def mse(*args):\n    return [eval('lambda: 0') for _ in range(60_000)]\nabsolute_error = mse\n"
        "scores = mse()\n",
        holds=("batch-completed", "memory-bounded"),
        unsafe_on_stock="it takes minutes",
    ),
    Attack(
        "own-proxy",
        "A function as an answer",
        "Answers with functions: its own, those of the test and their parts.",
        code="def slope(f, x):\n    return f\ndef mse(*a): return mse\n"
        "def absolute_error(*a): return type(mse)\n"
        "scores = [mse, print, type, max]\n",
    ),
    Attack(
        "coroutine",
        "An answer that is not there yet",
        "Answers with coroutines, futures and context managers.",
        code="async def mse(*a): return 2.5\nasync def absolute_error(*a): yield 2.0\nscores = mse()\n",
    ),
    Attack(
        "deleted-late",
        "A farewell",
        "Answers with objects that act when they are thrown away.",
        code=_answers(
            "D()",
            "class D:\n    def __del__(self):\n        print('15', flush=True); __import__('os')._exit(0)",
        ),
    ),
    Attack(
        "odd-numbers",
        "Numbers of other kinds",
        "Answers with fractions, decimals, masked and matrix values that are wrong.",
        code="import decimal, fractions\n"
        "scores = [fractions.Fraction(1, 3), decimal.Decimal('nan'), np.ma.masked, np.matrix([[9]])]\n"
        "def mse(*a): return np.ma.masked_all(())\ndef absolute_error(*a): return decimal.Decimal('sNaN')\n",
    ),
)

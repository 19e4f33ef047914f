"""Whether a snippet can only ever do the same again, judged from its text before anything is remembered.

Default deny: only modules that compute count, and of those that also look at the machine only what does not. What a
snippet reaches in a roundabout way (`exec`, `getattr`, an unknown module) makes it unfit, and so does every name that
is somewhere a clock, a file's date, a process, fresh memory or fresh randomness, whoever it belongs to. Whether the
randomness that it draws was seeded is not judged here.
"""

from __future__ import annotations

import ast
import re

_COMPUTING = frozenset(
    (
        "__future__",
        "abc",
        "array",
        "base64",
        "bisect",
        "collections",
        "contextlib",
        "copy",
        "csv",
        "dataclasses",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "h5py",
        "hashlib",
        "heapq",
        "io",
        "itertools",
        "jax",
        "json",
        "keras",
        "keras_hub",
        "keras_tuner",
        "math",
        "matplotlib",
        "numbers",
        "numpy",
        "operator",
        "pandas",
        "PIL",
        "pprint",
        "random",
        "re",
        "scipy",
        "sklearn",
        "statistics",
        "string",
        "struct",
        "tensorflow",
        "textwrap",
        "torch",
        "typing",
        "unicodedata",
        "warnings",
        "zlib",
    )
)
# Modules that look at the machine too, with what of them does not.
_PARTLY = {
    "os": frozenset(("environ", "path", "makedirs", "mkdir", "listdir", "remove", "getcwd", "sep", "linesep")),
    "sys": frozenset(("argv", "stdout", "stderr", "stdin", "path", "version", "version_info", "exit", "maxsize")),
}
_RESTLESS = re.compile(
    r"""(?x) ^(?:
      now | utcnow | today | \w*timestamp\w* | Timestamp | times? | \w*_time | \w*perf_counter\w* | monotonic\w* | clock
    | (?:c|asc|local|gm|strf|m)time | get[mca]time | st_\w+ | \w*stat | timeit | Timer | profiler? | benchmark
    | urandom | SystemRandom | getrandom | uuid\d? | getpid | getppid | id | mkdtemp | mkstemp | gettempdir
    | empty(?:_like|_strided)? | new_empty | ndarray | \w*Tensor | frombuffer | create_file_writer | summary_writer
    | hash | SeedSequence | \w*[gG]enerator\w* | \w*non_deterministic\w* | default_rng | RandomState | Random
    | Event | memory_\w+ | max_memory\w* | cpu_count | \w*thread\w* | Thread\w*
    | \w*[Pp]rocess\w* | Pool | fork | DataLoader | exec | eval | compile_command | getattr | globals | vars | locals
    | __\w*(?:import|dict|loader|builtins|subclasses|globals|code)\w*__ | import_module | modules | settrace | ctypes
    | save | export | savez\w* | TensorBoard | BackupAndRestore | gc | getrefcount | _\w+
    )$"""
)
_OWN_UNDERSCORES = frozenset(
    ("_", "__name__", "__init__", "__call__", "__len__", "__getitem__", "__class__", "__version__")
)
# What asks the machine for new entropy, whatever was seeded before, or looks at it by a path. The names stand above as
# well: Python also reads them in other forms of their letters (full-width ones), which only the tree shows.
_FRESH = re.compile(r"default_rng|RandomState|\bGenerator|\bRandom\b|\bseed\(\s*(?:None)?\s*\)|SeedSequence|/proc|/sys")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")


def may_repeat(source: str) -> bool:
    """True when two runs of `source` with the same random numbers cannot differ."""
    if _FRESH.search(source):
        return False
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    own = _defined(tree)
    return not any(_is_restless(node, own) for node in ast.walk(tree))


def shows_addresses(text: str) -> bool:
    """True when a text holds what looks like a place in memory, as the default `repr` of an object does."""
    return _ADDRESS.search(text) is not None


def _defined(tree: ast.AST) -> frozenset[str]:
    """Return the functions, classes and arguments that the snippet itself makes: their names say nothing."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return frozenset(names)


def _is_restless(node: ast.AST, own: frozenset[str]) -> bool:
    if isinstance(node, ast.Import):
        return any(not _is_known(alias.name.partition(".")[0]) for alias in node.names) or any(
            alias.name.partition(".")[0] in _PARTLY and (alias.asname or "." in alias.name) for alias in node.names
        )
    if isinstance(node, ast.ImportFrom):
        root = (node.module or "").partition(".")[0]
        allowed = _PARTLY.get(root)
        if node.level or not _is_known(root):
            return True
        return any((allowed is not None and alias.name not in allowed) or _restless(alias.name) for alias in node.names)
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id in _PARTLY:
            return node.attr not in _PARTLY[node.value.id]
        return node.attr not in own and _restless(node.attr)
    if isinstance(node, ast.Name):
        return node.id not in own and isinstance(node.ctx, ast.Load) and node.id in _BUILTINS_LOOKING
    if isinstance(node, ast.Constant):
        # NumPy and pandas take a clock by these words; devices and /proc are read by their paths.
        text = node.value.strip().lower() if isinstance(node.value, str) else ""
        return text in ("now", "today") or text.startswith(("/dev", "/proc", "/sys"))
    return isinstance(node, ast.AsyncFunctionDef | ast.Await)


# Of plain names only what is built in can look: any other was bound by code that is judged by itself.
_BUILTINS_LOOKING = frozenset(
    (
        "hash",
        "default_rng",
        "RandomState",
        "SeedSequence",
        "Random",
        "ndarray",
        "id",
        "exec",
        "eval",
        "compile",
        "getattr",
        "globals",
        "vars",
        "locals",
        "__import__",
        "__builtins__",
        "__loader__",
    )
)


def _is_known(root: str) -> bool:
    return root in _COMPUTING or root in _PARTLY


def _restless(name: str) -> bool:
    return name not in _OWN_UNDERSCORES and _RESTLESS.match(name) is not None

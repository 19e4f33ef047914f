"""Reads what a pickle would do without letting it: nothing is imported, called or built."""

import pickletools
from pathlib import Path

FILE = ""
PLAIN = {"numpy", "_codecs", "collections", "builtins", "copyreg", "datetime", "pandas"}

names: list[str] = []
texts: list[str] = []
with Path(FILE).open("rb") as file:
    for operation, argument, _ in pickletools.genops(file):
        if operation.name == "GLOBAL":
            names.append(str(argument).replace(" ", "."))
        elif operation.name == "STACK_GLOBAL":
            names.append(".".join(texts[-2:]))
        elif isinstance(argument, str):
            texts.append(argument)

print(f"{FILE} was not loaded: loading a pickle runs what is in it. It would use:")
for name in dict.fromkeys(names):
    known = name.partition(".")[0] in PLAIN and name not in {"builtins.eval", "builtins.exec", "builtins.__import__"}
    print(f"  {name}" + ("" if known else "   <- not plain data"))
if not names:
    print("  nothing but plain values")

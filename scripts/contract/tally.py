"""Says what was answered: `tally.py DIRECTORY` has a folder for each role, with its `statuses.json`."""

import json
import sys
from collections import Counter
from pathlib import Path

METHODS = ("get", "post", "put", "patch", "delete")

with open("openapi.json") as file:
    paths = json.load(file)["paths"]
operations = {f"{method.upper()} {path}" for path, item in paths.items() for method in METHODS if method in item}
answered, done = Counter(), set()
for file in sorted(Path(sys.argv[1]).glob("*/statuses.json")):
    statuses = json.loads(file.read_text())
    fine = {label: sum(n for status, n in counts.items() if status.startswith("2")) for label, counts in statuses.items()}
    counts = Counter({label: sum(counts.values()) for label, counts in statuses.items()})
    answered += counts
    done |= {label for label, n in fine.items() if n}
    share = sum(fine.values()) / counts.total()
    print(f"{file.parent.name:16} {counts.total():6} answers, {share:4.0%} 2xx; {sum(map(bool, fine.values())):3} operations answered 2xx")
print(f"{'all':16} {answered.total():6} answers; {len(done)} of {len(operations)} operations answered 2xx at least once")
for label in sorted(operations - done):
    print(f"  never 2xx: {label}")
if operations - set(answered):
    sys.exit(f"never asked: {sorted(operations - set(answered))}")

#!/usr/bin/env python3
"""How fast the disk itself is, without any of our code: 4 KiB appended and fdatasync'ed, one after the other, for a few seconds.

usage: flush-probe.py FOLDER [SECONDS]      prints one JSON object
"""
import json
import os
import sys
import tempfile
import time

seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 5
block = os.urandom(4096)
took = []
with tempfile.NamedTemporaryFile(dir=sys.argv[1]) as file:
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        start = time.perf_counter()
        os.write(file.fileno(), block)
        os.fdatasync(file.fileno())
        took.append((time.perf_counter() - start) * 1000)
took.sort()
print(json.dumps({
    "flushes": len(took),
    "perSecond": round(len(took) / seconds),
    "p50Ms": round(took[len(took) // 2], 3),
    "p99Ms": round(took[len(took) * 99 // 100], 3),
    "maxMs": round(took[-1], 3),
}))

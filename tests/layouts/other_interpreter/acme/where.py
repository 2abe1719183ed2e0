import os
from pathlib import Path

started_with = Path("/proc/self/environ").read_bytes().decode().split("\0")
names = ", ".join(sorted(entry.partition("=")[0] for entry in started_with if entry))
print("hello from", Path("/proc", str(os.getppid()), "cwd").resolve(), "with", names)

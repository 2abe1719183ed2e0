import atexit
import logging
import os
import subprocess
import sys
import threading
import warnings

from flytekit import task

print("hello from print")
os.write(1, b"hello from the file descriptor\n")
subprocess.run([sys.executable, "-c", "print('hello from a child')"], check=True)
logging.basicConfig(stream=sys.stdout, level="INFO")
logging.getLogger("acme").info("hello from logging")
warnings.warn("hello from a warning", stacklevel=1)
sys.stdin.read()
os.chdir("/")
sys.path[:] = [entry for entry in sys.path if "site-packages" in entry or "lib" in entry]
os.environ["FLYTE_INTERNAL_IMAGE"] = "ghcr.io/nobody/nothing:1"


def leave() -> None:
    raise SystemExit(7)


atexit.register(leave)
threading.Thread(target=threading.Event().wait).start()
subprocess.Popen(["sleep", "600"])
if os.fork() == 0:
    raise SystemExit(5)


@task
def double(a: int) -> int:
    return 2 * a

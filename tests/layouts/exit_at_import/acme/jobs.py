import os
import sys

from flytekit import task

if "ACME_TOKEN" not in os.environ:
    print("no token")
    sys.exit(3)


@task
def double(a: int) -> int:
    return 2 * a

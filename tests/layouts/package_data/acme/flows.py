import csv
import json
import pkgutil
from importlib.resources import files
from pathlib import Path

from flytekit import LaunchPlan, task, workflow

HERE = Path(__file__).parent
SETTINGS = json.loads((files("acme") / "data" / "settings.json").read_text())
IMAGE = pkgutil.get_data("acme", "data/image.txt").decode().strip()
HARBOURS = list(csv.reader((HERE / "data" / "harbours.csv").open()))


@task(container_image=IMAGE, retries=SETTINGS["retries"])
def double(a: int) -> int:
    return 2 * a


@workflow
def flow(a: int) -> int:
    return double(a=a)


for name, number in HARBOURS:
    LaunchPlan.get_or_create(flow, name=f"acme.{name}", fixed_inputs={"a": int(number)})

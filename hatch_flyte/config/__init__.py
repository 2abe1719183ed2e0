"""The configuration: tables, variables and options in, frozen values out. See docs/configuration.md.

Cheap to import: what costs (a TOML parser, platformdirs, difflib) is imported where it is needed.
"""

from hatch_flyte.config.endpoint import Endpoint
from hatch_flyte.config.load import Config, Sources, load
from hatch_flyte.config.target import Activation, Overrides, Target, Transport
from hatch_flyte.config.values import Call, Cluster, Packaging, Publishing, Setting

__all__ = [
    "Activation",
    "Call",
    "Cluster",
    "Config",
    "Endpoint",
    "Overrides",
    "Packaging",
    "Publishing",
    "Setting",
    "Sources",
    "Target",
    "Transport",
    "load",
]

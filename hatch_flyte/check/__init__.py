"""The use case `check`: what a control plane would refuse of an archive, and what our own rules say of it.

A function of values: it asks `rules`, and needs neither a registry nor the modules that were serialized. What depends
on the target (project and domain, what is registered there, the platform's limits) it leaves to the registry.
"""

from hatch_flyte.check.archive_check import check
from hatch_flyte.check.finding import Finding
from hatch_flyte.check.judgement import judged
from hatch_flyte.check.selection import EVERY_RULE, Selection, selected

__all__ = ["EVERY_RULE", "Finding", "Selection", "check", "judged", "selected"]

"""What a new release breaks for those who use the one before. Its public names.

Functions of values: entities as a registry stores them and as an archive would register them in, breaking changes out.
"""

from hatch_flyte.breaking.changes import breaking_changes
from hatch_flyte.breaking.rules import RULES, BreakingChange, BreakingRule

__all__ = ["RULES", "BreakingChange", "BreakingRule", "breaking_changes"]

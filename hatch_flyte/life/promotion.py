"""The use case `promote`: archives are published to clusters, once others are proven to hold exactly them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hatch_flyte.config import Activation
from hatch_flyte.errors import ConflictError, RejectedError
from hatch_flyte.outcome import Report, common_code, exit_code
from hatch_flyte.plan import Plan, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_flyte.config import Target
    from hatch_flyte.deploy import Deployment
    from hatch_flyte.report_text import Published
    from hatch_flyte.shares import Errand


@dataclass(frozen=True, slots=True)
class Promotion:
    """What came of a promotion."""

    proof: tuple[Plan | Report, ...]
    """What publishing to the clusters promoted from would do; a report where that could not be found out."""
    published: tuple[Published, ...] = ()
    """What came of it in the clusters promoted to; empty without proof."""

    @property
    def proven(self) -> bool:
        """Whether all clusters promoted from hold exactly the archives."""
        return all(isinstance(one, Plan) and holds(one) for one in self.proof)

    @property
    def exit_code(self) -> int:
        """0, the code of what came of publishing, or why there is no proof (docs/exit-codes.md)."""
        if self.proven:
            return exit_code(tuple(one.report for one in self.published))
        return common_code(_code(one) for one in self.proof)


def holds(plan: Plan) -> bool:
    """Return whether a cluster holds exactly what `plan` is about: its entities, and the bundle that they download."""
    return not unlike(plan)


def unlike(plan: Plan) -> str:
    """Return what a cluster has instead of exactly what `plan` is about; empty if it holds that."""
    if any(one.verdict is not Verdict.UNCHANGED for one in plan.entities):
        return "what publishing it would change"
    stored = plan.bundle is None or plan.bundle.stored
    return "" if stored else "all but the bundle that its tasks download"


def promote(deployment: Deployment, sources: Sequence[Target]) -> Promotion:
    """Publish `deployment`, if every one of `sources` holds exactly its archives; writes nothing otherwise.

    Each source is asked with its own overrides. What is active there doesn't matter, nor what changed since. Raises
    what `Deployment.publish` raises.
    """
    shares = [[_asked(errand, source) for errand in deployment.shares[0]] for source in sources]
    promotion = Promotion(replace(deployment, shares=shares).plan())
    return replace(promotion, published=deployment.publish()) if promotion.proven else promotion


def _asked(errand: Errand, source: Target) -> Errand:
    """Return the errand that asks what `source` would make of an archive that goes elsewhere."""
    order = replace(errand.order, dry_run=False, prune=False)
    return replace(errand, order=order, target=replace(source, activation=Activation(), breaking_changes="allow"))


def _code(one: Plan | Report) -> int:
    if isinstance(one, Report):
        return one.exit_code
    if holds(one):
        return 0
    conflict = any(entity.verdict is Verdict.CONFLICT for entity in one.entities)
    return ConflictError.exit_code if conflict else RejectedError.exit_code

"""Our own rules: what a control plane takes, and what then fails in the cluster, or is hardly what was meant.

`lints` has what they mean in code.
"""

from __future__ import annotations

from typing import Final

from hatch_flyte.rules.rule import Rule, Severity

_WARNING: Final = Severity.WARNING

IMAGE_TAG: Final = Rule(
    "image-tag",
    "kubernetes: concepts/containers/images, image names and pull policy",
    "An image has a digest, or a tag that is never moved.",
    "What runs would depend on when it is pulled: name a tag that is never moved, or a digest.",
    _WARNING,
)
REQUEST_OVER_LIMIT: Final = Rule(
    "request-over-limit",
    "kubernetes: pkg/apis/core/validation, ValidateContainerResourceRequirements",
    "No request is greater than its limit: exactly, of every resource, and where a node overrides them.",
    "Lower the request, or raise the limit.",
    _WARNING,
)
CACHE_VERSION: Final = Rule(
    "cache-version",
    "flytepropeller/pkg/controller/nodes/catalog: the key of what is cached",
    "What is cached has a version of the cache.",
    "Set `cache_version`, or `cache=Cache(version=…)`, and change it with the code.",
    _WARNING,
)
KUBERNETES_NAME: Final = Rule(
    "kubernetes-name",
    "kubernetes: apimachinery/pkg/util/validation",
    "Labels, annotations, variables, service accounts and pod templates are named as Kubernetes has it.",
    "Rename it, or Kubernetes refuses the pod.",
    _WARNING,
)
NEVER_STARTED: Final = Rule(
    "never-started",
    "what no execution can be given, and the dates that a calendar has",
    "A launch plan can be started: every required input has values, and its schedule a date.",
    "Give the input a default or another type, and the schedule a date that comes.",
    _WARNING,
)

LINTS: Final = (IMAGE_TAG, REQUEST_OVER_LIMIT, CACHE_VERSION, KUBERNETES_NAME, NEVER_STARTED)
"""All of them."""

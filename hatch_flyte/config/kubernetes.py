"""What Kubernetes takes as labels, annotations and names (k8s.io/apimachinery's validation), as expectations.

`rules.labels` has the same rules in the control plane's words; it stands above the configuration.
"""

from __future__ import annotations

import re
from typing import Final

_LABEL_LENGTH: Final = 63
_SUBDOMAIN_LENGTH: Final = 253
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NAME: Final = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_NAME_TEXT: Final = "letters, digits, '-', '_' and '.', the first and last a letter or digit, 63 at most"


def label_key_expectation(text: str) -> str:
    """Check a label's key: a name, perhaps after a DNS domain and a slash."""
    domain, slash, name = text.rpartition("/")
    if (slash and not _is_subdomain(domain)) or not _is_name(name):
        return f"{_NAME_TEXT}; before it perhaps a domain in lower case and '/', as in 'acme.io/team'"
    return ""


def annotation_key_expectation(text: str) -> str:
    """Check an annotation's key: a label's, in upper or lower case."""
    return label_key_expectation(text.lower())


def label_value_expectation(text: str) -> str:
    """Check a label's value."""
    return "" if not text or _is_name(text) else _NAME_TEXT


def object_name_expectation(text: str) -> str:
    """Check the name of an object, such as a service account."""
    return "" if _is_subdomain(text) else "letters in lower case, digits, '-' and '.', as Kubernetes names objects"


def _is_subdomain(text: str) -> bool:
    return len(text) <= _SUBDOMAIN_LENGTH and bool(_SUBDOMAIN.fullmatch(text))


def _is_name(text: str) -> bool:
    return len(text) <= _LABEL_LENGTH and bool(_NAME.fullmatch(text))

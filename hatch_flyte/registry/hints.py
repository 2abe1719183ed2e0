"""What to do about failures that calls and uploads have in common: the client's hints, one wording each."""

from __future__ import annotations

from typing import Final

LATER: Final = "Publish again later: what is registered stays, the rest follows."
TRUST: Final = (
    "Name the file of the authority that signed it in `ca-file` of this cluster or in SSL_CERT_FILE, or add it to this "
    "machine's certificates."
)

"""What to do about failures that calls and uploads have in common: the client's hints, one wording each."""

from __future__ import annotations

from typing import Final

LATER: Final = "Publish again later: what is registered stays, the rest follows."
TRUST: Final = "Add the authority that signed it to this machine's certificates, or name its file in SSL_CERT_FILE."

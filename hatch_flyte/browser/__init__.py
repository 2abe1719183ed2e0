"""The local registry's pages, for browsers: `hatch-flyte serve` answers with them at its HTTP port.

HTML made here, which works without JavaScript. Read through the control plane's own methods; what comes from the
registry is untrusted text. Imported when the first page is asked for.
"""

from hatch_flyte.browser.routes import application

__all__ = ["application"]

"""The methods of the services that the local registry offers, each module those about one noun.

Each goes from a request's fields to what does the work, and back. Knows no grpc: a method takes a message and returns
one, or raises.
"""

from hatch_flyte.registry.methods.method import Method, Offices, services
from hatch_flyte.registry.methods.table import absent_text, methods

__all__ = ["Method", "Offices", "absent_text", "methods", "services"]

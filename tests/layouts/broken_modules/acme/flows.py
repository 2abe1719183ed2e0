"""A slip of the pen."""

from flytekit import workflow

from acme.jobs import double


flow = doubel

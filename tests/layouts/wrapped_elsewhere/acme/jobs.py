from flytekit import task

from acme.plain import double as plain

double = task(plain)

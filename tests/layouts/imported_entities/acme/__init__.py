from acme.jobs import double

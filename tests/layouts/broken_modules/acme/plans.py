from acme.flows import flow

import acme_torch

"""One file a check of the contract."""

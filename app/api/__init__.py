"""Questions in, answers out: the HTTP contract over what the store and the analyses know."""

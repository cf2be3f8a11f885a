"""Story one: a change, from the words somebody typed to its outcome."""

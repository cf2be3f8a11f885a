"""Our tables: the only place where SQL is written."""

"""Rows in, Block Kit out: pure, and the only place that writes a block."""

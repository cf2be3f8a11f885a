"""What the bot knows and how it decides: pure, no I/O, no clock, no event loop."""

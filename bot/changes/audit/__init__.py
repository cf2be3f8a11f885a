"""What is written down of who did what, told, and reviewed."""

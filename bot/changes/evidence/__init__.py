"""What speaks for a version and against it: measured, drawn, acted on."""

"""The everyday questions: asked of every source at once, answered in one card."""

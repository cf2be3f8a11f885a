"""What sources know about an alert group, each in a shape of its own."""

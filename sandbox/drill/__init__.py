"""The drill: every alert that is shipped is driven to fire into a card, by the files that are
shipped."""

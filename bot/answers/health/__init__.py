"""How a place is: every source asked at once, each with two seconds, and what was silent named."""

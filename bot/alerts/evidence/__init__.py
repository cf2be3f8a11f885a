"""Sources that know more about an alert group: each asks one system and writes down what it said."""

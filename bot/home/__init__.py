"""App Home: what a person sees of everything, on one page of their own."""

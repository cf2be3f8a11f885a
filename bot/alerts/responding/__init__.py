"""What people ask of PagerDuty from a card: who they are there, the forms, what is asked."""

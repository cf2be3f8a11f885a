"""Scaling: how many tasks a service has, what somebody wants of it, and for how long.

`capacity` is what AWS shows, `wish` what somebody asked for, `proposal` what is shown before it
begins, `scaling` the row of one scaling and its states, and `promise` what is done when its time is
over.
"""

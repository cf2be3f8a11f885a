"""Scaling, in order: accept, propose, press, apply, watch, revert.

`work` is the durable workflow that does a row's next step, `promise` begins it and sees to it that
what stands for a while only goes back. Why it is so: docs/decisions/scaling.md.
"""

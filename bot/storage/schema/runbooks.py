"""Runbooks that stand in threads, and their steps that are done."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, PrimaryKeyConstraint, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

runbooks = Table(
    "runbooks",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), primary_key=True),
    Column("name", Text, nullable=False, comment="of the file, without its ending"),
    Column("steps", JSON, nullable=False, comment="as the file said when the group began"),
    Column("revision", Integer, nullable=False, comment="goes up with each tick and untick"),
    comment="The runbook that stands in an alert group's thread",
)

runbook_ticks = Table(
    "runbook_ticks",
    metadata,
    Column("group_id", Text, ForeignKey("runbooks.group_id"), nullable=False),
    Column("step", Integer, nullable=False, comment="counted from 0"),
    Column("by", Text, nullable=False, comment="Slack's id"),
    Column("name", Text, nullable=False, comment="what they are called"),
    Column("at", Moment, nullable=False),
    Column("revision", Integer, nullable=False, comment="of the runbook once it was ticked"),
    PrimaryKeyConstraint("group_id", "step"),
    comment="The steps that are done, each ticked by whoever was first",
)

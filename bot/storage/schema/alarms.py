"""CloudWatch's alarms, as far as they were told of."""

from sqlalchemy import Column, Table, Text

from bot.storage.database import Moment
from bot.storage.schema.base import metadata

alarm_states = Table(
    "alarm_states",
    metadata,
    Column("arn", Text, primary_key=True),
    Column("state", Text, nullable=False, comment="in CloudWatch's word"),
    Column("since", Moment, nullable=False, comment="as CloudWatch says, which may tell it late"),
    comment="The newest state of each CloudWatch alarm that was told of; older news is none",
)

"""Addresses in the AWS console, which people open as whoever they are there."""

import re
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

_DOMAINS = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}
_DOMAIN = "console.aws.amazon.com"


def service_page(region: str, cluster: str, service: str, tab: str = "health") -> str:
    """An ECS service; clusters and services are named, or given by ARN."""
    names = (quote(name.rpartition("/")[2], safe="") for name in (cluster, service))
    page = "ecs/v2/clusters/{}/services/{}/".format(*names)
    return f"{_console(region)}/{page}{tab}?region={region}"


def target_group_page(region: str, arn: str) -> str:
    """A load balancer's target group."""
    page = f"{_console(region)}/ec2/home?region={region}"
    return f"{page}#TargetGroup:targetGroupArn={quote(arn, safe=':/')}"


def alarm_page(region: str, name: str) -> str:
    """One alarm."""
    return f"{_cloudwatch(region)}#alarmsV2:alarm/{quote(name, safe='')}"


def alarms_page(region: str, prefix: str) -> str:
    """The alarms whose names begin so."""
    return f"{_cloudwatch(region)}#alarmsV2:?{urlencode({'search': prefix}, quote_via=quote)}"


def log_search(region: str, group: str, pattern: str, start: datetime, end: datetime) -> str:
    """The events of a log group that match a filter pattern."""
    asked = "$26".join(
        (
            f"filterPattern$3D{_twice(pattern)}",
            f"start$3D{start.timestamp() * 1000:.0f}",
            f"end$3D{end.timestamp() * 1000:.0f}",
        )
    )
    page = f"#logsV2:log-groups/log-group/{_twice(group)}/log-events$3F{asked}"
    return f"{_cloudwatch(region)}{page}"


def insights_search(region: str, group: str, text: str, start: datetime, end: datetime) -> str:
    """Logs Insights with a query for the lines that contain a text, ready to be run."""
    literal = text.replace("\\", "\\\\").replace('"', '\\"')
    query = (
        f'fields @timestamp, @message\n| filter @message like "{literal}"\n'
        "| sort @timestamp asc\n| limit 200"
    )
    detail = (
        f"~(end~'{_moment(end)}~start~'{_moment(start)}~timeType~'ABSOLUTE~tz~'UTC"
        f"~editorString~'{_jsurl(query)}~source~(~'{_jsurl(group)}))"
    )
    return f"{_cloudwatch(region)}#logsV2:logs-insights$3FqueryDetail$3D{detail}"


def _cloudwatch(region: str) -> str:
    return f"{_console(region)}/cloudwatch/home?region={region}"


def _console(region: str) -> str:
    domain = next((d for start, d in _DOMAINS.items() if region.startswith(start)), _DOMAIN)
    return f"https://{region}.{domain}"


def _twice(text: str) -> str:
    """Quoted twice, with `$` for `%`: the console reads what follows `#` so."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")


def _jsurl(text: str) -> str:
    """Text as the console writes it in a query's detail: JSURL.

    Source: https://github.com/Sage/jsurl
    """
    return re.sub(r"[^\w.-]", _starred, text, flags=re.ASCII)


def _starred(found: re.Match[str]) -> str:
    code = ord(found[0])
    if found[0] == "$":
        return "!"
    return f"*{code:02x}" if code < 0x100 else f"**{code:04x}"


def _moment(at: datetime) -> str:
    return _jsurl(f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}")

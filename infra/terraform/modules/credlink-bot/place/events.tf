# What others do, and alarms that change their state, are in the bot's queue a second later.

locals {
  service_arn = "arn:${data.aws_partition.current.partition}:ecs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:service/${var.access.cluster}/${var.access.service}"

  rules = {
    ecs = {
      description = "ECS tells of deployments of ${var.access.service}, of hooks they wait at, and of what the service does."
      pattern = {
        source      = ["aws.ecs"]
        detail-type = ["ECS Deployment State Change", "ECS Hook State Change", "ECS Service Action"]
        resources   = [local.service_arn]
      }
    }
    alarms = {
      description = "CloudWatch tells of alarms that begin with ${var.access.alarm_prefix}."
      pattern = {
        source      = ["aws.cloudwatch"]
        detail-type = ["CloudWatch Alarm State Change"]
        detail      = { alarmName = [{ prefix = var.access.alarm_prefix }] }
      }
    }
  }
}

resource "aws_cloudwatch_event_rule" "told" {
  for_each = local.rules

  name          = "${var.name}-${each.key}"
  description   = each.value.description
  event_pattern = jsonencode(each.value.pattern)
}

resource "aws_cloudwatch_event_target" "queue" {
  for_each = aws_cloudwatch_event_rule.told

  rule = each.value.name
  arn  = aws_sqs_queue.events.arn

  dead_letter_config {
    arn = aws_sqs_queue.lost.arn
  }

  retry_policy { # an event is a reason to look: after an hour the sweep has looked
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 20
  }
}

resource "aws_sqs_queue" "events" {
  name                       = "${var.name}-events"
  sqs_managed_sse_enabled    = true
  visibility_timeout_seconds = 60
  message_retention_seconds  = 86400
  receive_wait_time_seconds  = 3

  # The bot itself gives a message up after 20 deliveries, and counts it; this catches what kills it.
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.lost.arn
    maxReceiveCount     = 50
  })
}

resource "aws_sqs_queue" "lost" {
  name                      = "${var.name}-events-lost"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
}

data "aws_iam_policy_document" "queue" {
  for_each = { events = aws_sqs_queue.events.arn, lost = aws_sqs_queue.lost.arn }

  statement {
    sid       = "EventBridgeSends"
    actions   = ["sqs:SendMessage"]
    resources = [each.value]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [for rule in aws_cloudwatch_event_rule.told : rule.arn]
    }
  }

  statement {
    sid       = "OnlyEncrypted"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.id
  policy    = data.aws_iam_policy_document.queue["events"].json
}

resource "aws_sqs_queue_policy" "lost" {
  queue_url = aws_sqs_queue.lost.id
  policy    = data.aws_iam_policy_document.queue["lost"].json
}

resource "aws_cloudwatch_metric_alarm" "not_taken" {
  alarm_name          = "${var.name}-events-not-taken"
  alarm_description   = "Nobody has taken ECS's events for five minutes: the bot is away, or may not read its queue."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.events.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 300
  period              = 60
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "lost" {
  alarm_name          = "${var.name}-events-lost"
  alarm_description   = "An event could not be put into the queue, or was taken fifty times and never finished."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.lost.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
}

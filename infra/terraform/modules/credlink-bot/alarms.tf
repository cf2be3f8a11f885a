locals {
  of_service  = { ClusterName = aws_ecs_cluster.bot.name, ServiceName = var.name }
  of_database = { DBInstanceIdentifier = aws_db_instance.bot.identifier }

  alarms = {
    away = {
      description = "No task of the bot runs."
      namespace   = "ECS/ContainerInsights"
      metric      = "RunningTaskCount"
      comparison  = "LessThanThreshold"
      threshold   = 1
      minutes     = 3
      missing     = "breaching"
      dimensions  = local.of_service
    }
    memory-high = {
      description = "The bot's tasks use more than 85 % of their memory."
      namespace   = "AWS/ECS"
      metric      = "MemoryUtilization"
      comparison  = "GreaterThanThreshold"
      threshold   = 85
      minutes     = 10
      missing     = "missing"
      dimensions  = local.of_service
    }
    database-cpu-high = {
      description = "The bot's database uses more than 80 % of its CPU."
      namespace   = "AWS/RDS"
      metric      = "CPUUtilization"
      comparison  = "GreaterThanThreshold"
      threshold   = 80
      minutes     = 15
      missing     = "missing"
      dimensions  = local.of_database
    }
    database-storage-low = {
      description = "The bot's database has less than 2 GB left, and storage that grows by itself did not."
      namespace   = "AWS/RDS"
      metric      = "FreeStorageSpace"
      comparison  = "LessThanThreshold"
      threshold   = 2000000000
      minutes     = 10
      missing     = "missing"
      dimensions  = local.of_database
    }
  }

  # `action` of log lines that a person must see (docs/operations.md).
  actions = {
    audit-broken = { action = "audit_broken", description = "The audit lost what was posted before: run credlink audit verify." }
    bug          = { action = "*_broken", description = "The bot made a mistake: the log line beside it tells which." }
  }
}

resource "aws_cloudwatch_metric_alarm" "one_metric" {
  for_each = var.image == null ? {} : local.alarms # nothing runs yet

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = "Average"
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.minutes
  treat_missing_data  = each.value.missing
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
}

resource "aws_cloudwatch_log_metric_filter" "said" {
  for_each = local.actions

  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.bot.name
  pattern        = "{ $.action = \"${each.value.action}\" }"

  metric_transformation {
    namespace = "CredlinkBot"
    name      = "${var.name}-${each.key}"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "said" {
  for_each = aws_cloudwatch_log_metric_filter.said

  alarm_name          = each.value.name
  alarm_description   = local.actions[each.key].description
  namespace           = "CredlinkBot"
  metric_name         = each.value.name
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
}

# The role the bot has in one place: one service in one environment. Its policy is a JSON file, so that
# it can be read, used without Terraform, and compared with what the bot calls (tests/infra).

data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  policy = jsondecode(templatefile("${path.module}/policy.json.tftpl", {
    partition          = data.aws_partition.current.partition
    region             = data.aws_region.current.region
    account            = data.aws_caller_identity.current.account_id
    cluster            = var.access.cluster
    service            = var.access.service
    task_family        = var.access.task_family
    execution_role_arn = var.access.execution_role_arn
    task_role_arn      = var.access.task_role_arn
    repository_arn     = var.access.repository_arn
    log_group_arn      = var.access.log_group_arn
    alarm_prefix       = var.access.alarm_prefix
    distributions      = jsonencode(compact([var.access.distribution_arn]))
    secrets            = jsonencode(var.access.secret_arns)
    hook_roles         = jsonencode(var.access.hook_role_arns)
    queue_arn          = aws_sqs_queue.events.arn
  }))
}

resource "aws_iam_role" "place" {
  name                 = var.name
  description          = "credlink-bot, for ${var.access.service} in ${var.access.cluster}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.bot_role_arn]
    }
  }
}

resource "aws_iam_role_policy" "place" {
  name = "place"
  role = aws_iam_role.place.id

  # IAM refuses a statement about nothing: a place may have no distribution and no secrets.
  policy = jsonencode({
    Version   = local.policy.Version
    Statement = [for statement in local.policy.Statement : statement if length(statement.Resource) > 0]
  })
}

# Three roles: ECS starting a task, the service itself, and ECS shifting its traffic.

data "aws_iam_policy_document" "trust" {
  for_each = {
    execution = "ecs-tasks.amazonaws.com"
    task      = "ecs-tasks.amazonaws.com"
    shifting  = "ecs.amazonaws.com"
  }

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [each.value]
    }

    # No other account can have ECS use our role for it. ECS's manual promises the key for the role of
    # tasks alone.
    dynamic "condition" {
      for_each = each.key == "task" ? [1] : []

      content {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-${var.service}-execution"
  assume_role_policy = data.aws_iam_policy_document.trust["execution"].json
}

resource "aws_iam_role_policy" "execution" {
  name   = "start"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "LogInToEcr"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "PullTheImage"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.service.arn]
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.service.arn}:*"]
  }

  dynamic "statement" {
    for_each = length(var.secrets) > 0 ? [1] : []

    content {
      sid       = "ReadItsSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = local.secret_arns
    }
  }
}

locals {
  # Without the key behind it: arn:aws:secretsmanager:region:account:secret:name.
  secret_arns = distinct([for arn in values(var.secrets) : join(":", slice(split(":", arn), 0, 7))])
}

resource "aws_iam_role" "task" {
  name               = "${var.name}-${var.service}-task"
  assume_role_policy = data.aws_iam_policy_document.trust["task"].json
}

resource "aws_iam_role_policy" "task" {
  for_each = var.task_policies

  name   = each.key
  role   = aws_iam_role.task.id
  policy = each.value
}

resource "aws_iam_role" "shifting" {
  name               = "${var.name}-${var.service}-shifting"
  assume_role_policy = data.aws_iam_policy_document.trust["shifting"].json
}

resource "aws_iam_role_policy_attachment" "shifting" {
  role       = aws_iam_role.shifting.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
}

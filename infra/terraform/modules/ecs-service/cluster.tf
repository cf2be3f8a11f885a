data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting { # RunningTaskCount, by which the service scales and an alarm fires, is one of its metrics
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE"]
}

resource "aws_cloudwatch_log_group" "service" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with a key of its own; a key of ours would be one more thing whose loss loses the logs
  name              = "/ecs/${var.name}/${var.service}"
  retention_in_days = var.log_retention_days
}

# CI pushes here; the bot only reads.
resource "aws_ecr_repository" "service" {
  #checkov:skip=CKV_AWS_136:ECR encrypts with a key of its own; images hold no secrets
  name                 = coalesce(var.repository_name, var.service)
  image_tag_mutability = "IMMUTABLE" # an approval is bound to a digest: a tag that moves would be another image

  image_scanning_configuration {
    scan_on_push = true
  }
}

# Only what nothing points to any more is taken away: a tag may be a version to go back to.
resource "aws_ecr_lifecycle_policy" "service" {
  repository = aws_ecr_repository.service.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "untagged images"
      selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 14 }
      action       = { type = "expire" }
    }]
  })
}

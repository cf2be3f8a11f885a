data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  region      = data.aws_region.current.region
  account     = data.aws_caller_identity.current.account_id
  port        = 8080 # webhooks, and Slack in HTTP mode
  operations  = 9090 # /healthz, /readyz, /metrics: never public
  has_way_in  = var.load_balancer != null
  mount_point = "/etc/credlink"
}

data "aws_vpc" "this" {
  id = var.vpc_id
}

resource "aws_ecr_repository" "bot" {
  #checkov:skip=CKV_AWS_136:ECR encrypts with a key of its own; images hold no secrets
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecs_cluster" "bot" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "bot" {
  cluster_name       = aws_ecs_cluster.bot.name
  capacity_providers = ["FARGATE"]
}

resource "aws_cloudwatch_log_group" "bot" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with a key of its own, and the bot writes no secret
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_service_discovery_service" "bot" {
  count = var.discovery == null ? 0 : 1

  name = var.name

  dns_config {
    namespace_id   = var.discovery.namespace_id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }
}

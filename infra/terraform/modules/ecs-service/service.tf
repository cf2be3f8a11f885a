locals {
  asked = "curl -fsS -m 4 http://127.0.0.1:${var.port}${var.health_path} || exit 1"
}

resource "aws_ecs_task_definition" "service" {
  family                   = var.service
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  # A revision that Terraform replaces stays: it may be the one that runs, or the one to go back to.
  skip_destroy = true

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  container_definitions = jsonencode([{
    name         = var.service
    image        = "${aws_ecr_repository.service.repository_url}:${var.image_tag}"
    essential    = true
    stopTimeout  = 30
    portMappings = [{ containerPort = var.port, protocol = "tcp" }]
    environment  = [for name in sort(keys(var.environment)) : { name = name, value = var.environment[name] }]
    secrets      = [for name in sort(keys(var.secrets)) : { name = name, valueFrom = var.secrets[name] }]

    healthCheck = {
      command     = var.health_command == null ? ["CMD-SHELL", local.asked] : var.health_command
      interval    = 15
      timeout     = 5
      retries     = 3
      startPeriod = 30
    }

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.service.name
        awslogs-region        = local.region
        awslogs-stream-prefix = var.service
        mode                  = "non-blocking" # a CloudWatch that is slow must not stop the service
        max-buffer-size       = "25m"
      }
    }
  }])
}

resource "aws_ecs_service" "this" {
  name             = var.service
  cluster          = aws_ecs_cluster.this.arn
  task_definition  = aws_ecs_task_definition.service.arn
  desired_count    = var.scaling.min
  launch_type      = "FARGATE"
  platform_version = "LATEST"

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.private_subnets
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = false
  }

  # The second group and the rules make the service fit for blue/green, canary and linear; a rolling
  # deployment uses whichever group has the traffic.
  load_balancer {
    target_group_arn = aws_lb_target_group.this["blue"].arn
    container_name   = var.service
    container_port   = var.port

    advanced_configuration {
      alternate_target_group_arn = aws_lb_target_group.this["green"].arn
      production_listener_rule   = aws_lb_listener_rule.production.arn
      test_listener_rule         = aws_lb_listener_rule.test.arn
      role_arn                   = aws_iam_role.shifting.arn
    }
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.tasks[*].arn

    content {
      registry_arn = service_registries.value
    }
  }

  lifecycle {
    ignore_changes = [
      task_definition,          # the bot's: Terraform would undo every deploy
      desired_count,            # autoscaling's, and the bot's
      deployment_configuration, # of the last deploy: strategy, bakes and the bot's hooks
      load_balancer,            # ECS exchanges the groups when it shifts traffic
    ]
  }

  # ECS refuses a group that no listener knows, and shifts nothing without the role's policy.
  depends_on = [
    aws_lb_listener_rule.production,
    aws_lb_listener_rule.test,
    aws_iam_role_policy_attachment.shifting,
    aws_iam_role_policy.execution,
  ]
}

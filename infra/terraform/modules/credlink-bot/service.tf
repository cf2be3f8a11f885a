locals {
  # Runs once before the bot, as root: it lays the catalogue down where the image expects it and lets
  # the bot's user write to /tmp, all else being read-only.
  lay_down = join("\n", [
    "import base64, gzip, os, pathlib",
    "text = gzip.decompress(base64.b64decode(os.environ['CATALOGUE']))",
    "pathlib.Path('${local.mount_point}/credlink.yml').write_bytes(text)",
    "os.chmod('/tmp', 0o1777)",
  ])

  environment = merge(var.environment, {
    AWS_REGION                 = local.region
    SLACK_MODE                 = var.slack_mode
    CREDLINK_CONFIG            = "${local.mount_point}/credlink.yml"
    CREDLINK_LISTEN            = "0.0.0.0:${local.port}"
    CREDLINK_OPERATIONS_LISTEN = "0.0.0.0:${local.operations}"
    DATABASE_PASSWORD_VERSION  = tostring(var.database_password_version) # a new password starts new tasks
  })

  secrets = merge(
    { for key in var.secrets : key => "${aws_secretsmanager_secret.settings.arn}:${key}::" },
    { for key in ["DATABASE_URL", "ENGINE_DATABASE_URL"] : key => "${aws_secretsmanager_secret.database.arn}:${key}::" },
  )

  log_configuration = {
    logDriver = "awslogs"
    options = {
      awslogs-group         = aws_cloudwatch_log_group.bot.name
      awslogs-region        = local.region
      awslogs-stream-prefix = "bot"
    }
  }
}

resource "aws_ecs_task_definition" "bot" {
  count = var.image == null ? 0 : 1

  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  skip_destroy             = true # the revision before stays, to go back to

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  volume {
    name = "catalogue"
  }

  volume {
    name = "tmp"
  }

  container_definitions = jsonencode([
    {
      name                   = "catalogue"
      image                  = var.image
      essential              = false
      user                   = "0"
      readonlyRootFilesystem = true
      entryPoint             = ["python", "-c"]
      command                = [local.lay_down]
      environment            = [{ name = "CATALOGUE", value = base64gzip(var.catalogue) }]
      logConfiguration       = local.log_configuration
      mountPoints = [
        { sourceVolume = "catalogue", containerPath = local.mount_point, readOnly = false },
        { sourceVolume = "tmp", containerPath = "/tmp", readOnly = false },
      ]
    },
    {
      name                   = "bot"
      image                  = var.image
      essential              = true
      readonlyRootFilesystem = true
      stopTimeout            = 30 # draining takes up to 20 s
      dependsOn              = [{ containerName = "catalogue", condition = "SUCCESS" }]
      environment            = [for name in sort(keys(local.environment)) : { name = name, value = local.environment[name] }]
      secrets                = [for name in sort(keys(local.secrets)) : { name = name, valueFrom = local.secrets[name] }]
      logConfiguration       = local.log_configuration
      portMappings = [
        { containerPort = local.port, protocol = "tcp" },
        { containerPort = local.operations, protocol = "tcp" },
      ]
      mountPoints = [
        { sourceVolume = "catalogue", containerPath = local.mount_point, readOnly = true },
        { sourceVolume = "tmp", containerPath = "/tmp", readOnly = false },
      ]

      # The image's own HEALTHCHECK is not read by ECS. Not /readyz: an outage of Slack would have the
      # tasks killed again and again, and nothing would be better for it.
      healthCheck = {
        command     = ["CMD", "python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:${local.operations}/healthz', timeout=4)"]
        interval    = 15
        timeout     = 5
        retries     = 3
        startPeriod = 60
      }
    },
  ])
}

resource "aws_ecs_service" "bot" {
  count = var.image == null ? 0 : 1

  name             = var.name
  cluster          = aws_ecs_cluster.bot.arn
  task_definition  = aws_ecs_task_definition.bot[0].arn
  desired_count    = var.tasks
  launch_type      = "FARGATE"
  platform_version = "LATEST"

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  wait_for_steady_state              = true # an apply that ends well is a bot that runs

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.private_subnets
    security_groups  = [aws_security_group.bot.id]
    assign_public_ip = false
  }

  dynamic "load_balancer" {
    for_each = local.has_way_in ? [1] : []

    content {
      target_group_arn = aws_lb_target_group.bot[0].arn
      container_name   = "bot"
      container_port   = local.port
    }
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.bot[*].arn

    content {
      registry_arn = service_registries.value
    }
  }

  depends_on = [
    aws_lb_listener.https,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_secretsmanager_secret_version.database,
  ]
}

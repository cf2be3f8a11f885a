# The way in for webhooks, and for Slack in HTTP mode.

resource "aws_security_group" "balancer" {
  count = local.has_way_in ? 1 : 0

  name        = "${var.name}-balancer"
  description = "The bot's load balancer"
  vpc_id      = var.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  for_each = toset(local.has_way_in ? var.load_balancer.allowed_cidrs : [])

  security_group_id = aws_security_group.balancer[0].id
  description       = "Senders of webhooks; each request is proved by its signature or token"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  for_each = local.has_way_in ? { webhooks = local.port, health = local.operations } : {}

  security_group_id            = aws_security_group.balancer[0].id
  description                  = "The bot: ${each.key}"
  referenced_security_group_id = aws_security_group.bot.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_lb" "bot" {
  #checkov:skip=CKV_AWS_150:a load balancer that is deleted is made anew in minutes, and holds nothing
  #checkov:skip=CKV2_AWS_76:nothing here is written in Java
  count = local.has_way_in ? 1 : 0

  name                       = var.name
  load_balancer_type         = "application"
  internal                   = var.load_balancer.internal
  subnets                    = var.load_balancer.subnets
  security_groups            = [aws_security_group.balancer[0].id]
  drop_invalid_header_fields = true

  dynamic "access_logs" {
    for_each = var.load_balancer.access_logs == null ? [] : [var.load_balancer.access_logs]

    content {
      bucket  = access_logs.value
      prefix  = var.name
      enabled = true
    }
  }
}

resource "aws_lb_target_group" "bot" {
  count = local.has_way_in ? 1 : 0

  name                 = var.name
  vpc_id               = var.vpc_id
  port                 = local.port
  protocol             = "HTTP"
  target_type          = "ip"
  deregistration_delay = 30

  # /healthz and not /readyz: ECS replaces what is unhealthy here, and an outage of Slack would have
  # every task replaced again and again.
  health_check {
    port                = local.operations
    path                = "/healthz"
    matcher             = "200"
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "https" {
  count = local.has_way_in ? 1 : 0

  load_balancer_arn = aws_lb.bot[0].arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.load_balancer.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.bot[0].arn
  }
}

resource "aws_wafv2_web_acl_association" "bot" {
  count = try(var.load_balancer.web_acl, null) == null ? 0 : 1

  resource_arn = aws_lb.bot[0].arn
  web_acl_arn  = var.load_balancer.web_acl.arn
}

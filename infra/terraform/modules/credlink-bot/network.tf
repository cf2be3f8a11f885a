resource "aws_security_group" "bot" {
  name        = "${var.name}-tasks"
  description = "The bot's tasks"
  vpc_id      = var.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "bot_from_balancer" {
  for_each = local.has_way_in ? { webhooks = local.port, health = local.operations } : {}

  security_group_id            = aws_security_group.bot.id
  description                  = "The load balancer: ${each.key}"
  referenced_security_group_id = aws_security_group.balancer[0].id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_ingress_rule" "bot_from_prometheus" {
  security_group_id = aws_security_group.bot.id
  description       = "Prometheus in the network: /metrics"
  cidr_ipv4         = data.aws_vpc.this.cidr_block
  ip_protocol       = "tcp"
  from_port         = local.operations
  to_port           = local.operations
}

resource "aws_vpc_security_group_egress_rule" "bot_to_services" {
  security_group_id = aws_security_group.bot.id
  description       = "Slack, AWS, PagerDuty, Sentry"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "bot_within" {
  security_group_id = aws_security_group.bot.id
  description       = "Prometheus, Alertmanager, Grafana and the database in the network"
  cidr_ipv4         = data.aws_vpc.this.cidr_block
  ip_protocol       = "tcp"
  from_port         = 1024
  to_port           = 65535
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "The bot's database"
  vpc_id      = var.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "database_from_bot" {
  security_group_id            = aws_security_group.database.id
  description                  = "The bot"
  referenced_security_group_id = aws_security_group.bot.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

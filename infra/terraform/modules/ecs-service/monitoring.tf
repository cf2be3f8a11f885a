# How Prometheus finds the tasks and asks them.

resource "aws_service_discovery_service" "tasks" {
  count = var.discovery == null ? 0 : 1

  name = var.service

  dns_config {
    namespace_id   = var.discovery.namespace_id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }
}

resource "aws_vpc_security_group_ingress_rule" "tasks_from_prometheus" {
  for_each = var.scraped_from

  security_group_id            = aws_security_group.tasks.id
  description                  = "Prometheus: /metrics"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}

output "task_role_arn" {
  description = "The role of the bot's tasks: bot_role_arn of every place, in whichever account."
  value       = aws_iam_role.task.arn
}

output "repository_url" {
  description = "Where the bot's image is pushed."
  value       = aws_ecr_repository.bot.repository_url
}

output "settings_secret" {
  description = "The secret into which the tokens are put by hand."
  value       = aws_secretsmanager_secret.settings.name
}

output "address" {
  description = "Where DNS points for the host that webhooks are sent to; null without a load balancer."
  value       = one(aws_lb.bot[*].dns_name)
}

output "cluster" {
  description = "The bot's own cluster."
  value       = aws_ecs_cluster.bot.name
}

output "security_group" {
  description = "The bot's tasks, to be let in by Prometheus, Alertmanager and Grafana."
  value       = aws_security_group.bot.id
}

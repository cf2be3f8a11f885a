output "catalogue" {
  description = "What credlink.yml says of this place; role and events_queue are in the output of credlink-bot/place."
  value = {
    account          = local.account
    region           = local.region
    cluster          = aws_ecs_cluster.this.name
    ecs_service      = aws_ecs_service.this.name
    container        = var.service
    image_repository = aws_ecr_repository.service.name
    target_group     = aws_lb_target_group.this["blue"].name
    scale            = { min = var.scaling.min, max = var.scaling.max }
    logs             = aws_cloudwatch_log_group.service.name
    alarms           = "${var.name}-"
    cloudfront = var.cloudfront == null ? null : {
      distribution = aws_cloudfront_distribution.this[0].id
      paths        = var.cloudfront.static_paths
    }
  }
}

output "access" {
  description = "What the bot may touch of this place: the input of credlink-bot/place."
  value = {
    cluster            = aws_ecs_cluster.this.name
    service            = aws_ecs_service.this.name
    task_family        = aws_ecs_task_definition.service.family
    execution_role_arn = aws_iam_role.execution.arn
    task_role_arn      = aws_iam_role.task.arn
    repository_arn     = aws_ecr_repository.service.arn
    log_group_arn      = aws_cloudwatch_log_group.service.arn
    alarm_prefix       = "${var.name}-"
    distribution_arn   = var.cloudfront == null ? null : aws_cloudfront_distribution.this[0].arn
    secret_arns        = local.secret_arns
    hook_role_arns     = var.hook_role_arns
  }
}

output "address" {
  description = "Where DNS points for the service's host: CloudFront, or the load balancer where there is none."
  value       = var.cloudfront == null ? aws_lb.this.dns_name : aws_cloudfront_distribution.this[0].domain_name
}

output "repository_url" {
  description = "Where CI pushes images."
  value       = aws_ecr_repository.service.repository_url
}

output "task_security_group" {
  description = "The tasks' security group, to be let in by databases and caches."
  value       = aws_security_group.tasks.id
}

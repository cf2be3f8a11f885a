# Counted by CloudWatch (AWS/Events, TriggeredRules), which infra/monitoring's alert DeploymentFailed
# reads. It needs no target: the bot's own queue hears of deployments anyway.
resource "aws_cloudwatch_event_rule" "deployment_failed" {
  name        = "${var.name}-deployment-failed"
  description = "ECS gave up a deployment of ${var.service}."

  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Deployment State Change"]
    resources   = [aws_ecs_service.this.arn]
    detail      = { eventName = ["SERVICE_DEPLOYMENT_FAILED"] }
  })
}

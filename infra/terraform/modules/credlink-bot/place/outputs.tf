output "catalogue" {
  description = "What credlink.yml says of this place beside the output of ecs-service."
  value = {
    role         = aws_iam_role.place.arn
    events_queue = aws_sqs_queue.events.url
  }
}

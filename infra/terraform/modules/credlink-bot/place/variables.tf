variable "name" {
  description = "What the role is called, and what the names of the queue and the rules begin with, as credlink-bot-prod-api."
  type        = string
  default     = "credlink-bot"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,40}$", var.name))
    error_message = "Lower case letters, digits and dashes, at most 41."
  }
}

variable "bot_role_arn" {
  description = "The role of the bot's tasks (task_role_arn of credlink-bot), which may assume this one. It must exist: IAM refuses to trust what does not."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", var.bot_role_arn))
    error_message = "The ARN of a role: arn:aws:iam::<account>:role/<name>."
  }
}

variable "access" {
  description = "What the bot may touch: the output access of ecs-service, or the same of a service that was made otherwise. hook_role_arns: roles of functions that stand as hooks of its deployments, which the bot sends along to keep them."
  type = object({
    cluster            = string
    service            = string
    task_family        = string
    execution_role_arn = string
    task_role_arn      = string
    repository_arn     = string
    log_group_arn      = string
    alarm_prefix       = string
    distribution_arn   = optional(string)
    secret_arns        = optional(list(string), [])
    hook_role_arns     = optional(list(string), [])
  })

  validation { # with an empty prefix the bot could mute every alarm of the account
    condition     = length(var.access.alarm_prefix) >= 3
    error_message = "alarm_prefix needs at least three characters: whatever begins with it may be muted."
  }
}

variable "alarm_actions" {
  description = "SNS topics that are told when nobody takes the events, or some could not be taken."
  type        = list(string)
  default     = []
}

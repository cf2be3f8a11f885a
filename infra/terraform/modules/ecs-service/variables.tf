variable "name" {
  description = "What the place is called, as credlink-prod: the cluster's name, and what those of alarms, groups and roles begin with."
  type        = string

  validation { # target groups have at most 32 characters, and "-blue" follows
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "Lower case letters, digits and dashes, at most 21: names of other things are made from it."
  }
}

variable "service" {
  description = "The ECS service, its container, task family and, unless repository_name says otherwise, image repository, as credlink-api."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,40}$", var.service))
    error_message = "Lower case letters, digits and dashes, at most 41."
  }
}

# --- where it stands

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "public_subnets" {
  description = "Subnets of the load balancer, one in each of three zones."
  type        = list(string)

  validation {
    condition     = length(distinct(var.public_subnets)) >= 3
    error_message = "One in each of three zones: with fewer, one zone that is lost is half of the service."
  }
}

variable "private_subnets" {
  description = "Subnets of the tasks, one in each of three zones, with a way out (NAT or endpoints) to ECR, Secrets Manager and CloudWatch."
  type        = list(string)

  validation {
    condition     = length(distinct(var.private_subnets)) >= 3
    error_message = "One in each of three zones: with fewer, one zone that is lost is half of the service."
  }
}

# --- what runs

variable "image_tag" {
  description = "Tag of the first image. Later ones are the bot's: changing it here deploys nothing."
  type        = string
}

variable "repository_name" {
  description = "The image repository, where it cannot be called as the service: two environments in one account."
  type        = string
  default     = null
}

variable "cpu" {
  description = "CPU units of a task; 1024 are one core."
  type        = number
  default     = 512

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "Fargate offers 256, 512, 1024, 2048, 4096, 8192 or 16384."
  }
}

variable "memory" {
  description = "Memory of a task in MB."
  type        = number
  default     = 1024

  validation {
    condition     = var.memory >= var.cpu * 2 || (var.cpu == 256 && var.memory == 512)
    error_message = "Fargate wants at least 2 MB for each CPU unit (512 with 256 units)."
  }
}

variable "port" {
  description = "The port the container listens on."
  type        = number
  default     = 8000
}

variable "health_path" {
  description = "What the load balancer and the container's own check ask for; 200 is well."
  type        = string
  default     = "/health"

  validation {
    condition     = startswith(var.health_path, "/")
    error_message = "A path begins with a slash."
  }
}

variable "health_command" {
  description = "The container's own health check, as ECS takes it. Without one curl, which must be in the image, asks health_path."
  type        = list(string)
  default     = null
}

variable "environment" {
  description = "Environment variables that are no secrets."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Environment variable → ARN of its secret in Secrets Manager, with :KEY:: behind it for one key of a JSON secret."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for arn in values(var.secrets) : can(regex("^arn:aws[a-z-]*:secretsmanager:[^:]+:[0-9]{12}:secret:", arn))])
    error_message = "Each is an ARN: arn:aws:secretsmanager:<region>:<account>:secret:<name>, with :KEY:: behind it for one key."
  }
}

variable "task_policies" {
  description = "What the service itself may do in AWS: IAM policies (JSON), by a name of yours. Without any, nothing."
  type        = map(string)
  default     = {}
}

variable "log_retention_days" {
  description = "How long log lines are kept, in days, as CloudWatch Logs offers it."
  type        = number
  default     = 365

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "CloudWatch Logs offers 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}

variable "hook_role_arns" {
  description = "Roles with which ECS calls functions that stand as hooks of the service's deployments; the hooks themselves are set outside, and the bot keeps them."
  type        = list(string)
  default     = []
}

# --- how many

variable "scaling" {
  description = "From how many to how many tasks, and what a task should carry: CPU and memory in percent, requests a minute."
  type = object({
    min                 = optional(number, 3)
    max                 = optional(number, 10)
    cpu_percent         = optional(number, 60)
    memory_percent      = optional(number, 70)
    requests_per_target = optional(number, 1000)
  })
  default = {}

  validation {
    condition     = var.scaling.min >= 1 && var.scaling.min <= var.scaling.max
    error_message = "min is at least 1 and at most max."
  }
}

# --- how it is reached

variable "certificate_arn" {
  description = "Certificate of the load balancer, in its region; it names the host that people ask for."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:[^:]+:[0-9]{12}:certificate/", var.certificate_arn))
    error_message = "The ARN of a certificate in ACM."
  }
}

variable "cloudfront" {
  description = "CloudFront in front of the load balancer, which then takes requests from nobody else; null leaves it out. static_paths are cached, everything else goes through."
  type = object({
    aliases              = list(string)
    certificate_arn      = string
    static_paths         = optional(list(string), ["/static/*"])
    origin_shield_region = optional(string)
    price_class          = optional(string, "PriceClass_100")
  })
  default = null

  validation {
    condition     = var.cloudfront == null || can(regex("^arn:aws[a-z-]*:acm:us-east-1:", var.cloudfront.certificate_arn))
    error_message = "CloudFront takes certificates of us-east-1 only."
  }
}

variable "web_acl" {
  description = "A WAF to put before it: of CloudFront (global) where there is one, otherwise of the region."
  type        = object({ arn = string })
  default     = null
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted."
  type        = bool
  default     = true
}

# --- who looks at it

variable "discovery" {
  description = "A private namespace of Cloud Map, in which the tasks are found by the service's name: how Prometheus finds them. That ECS shifts the traffic of a service that is registered there too was not tried."
  type        = object({ namespace_id = string })
  default     = null
}

variable "scraped_from" {
  description = "Security groups of Prometheus, by a name of yours: they may ask the tasks for /metrics."
  type        = map(string)
  default     = {}
}

# --- who hears of it

variable "alarm_actions" {
  description = "SNS topics that are told when an alarm fires and when it is over. The bot hears of alarms through EventBridge and needs none."
  type        = list(string)
  default     = []
}

variable "latency_bad_above" {
  description = "95 % of answers come within so many seconds; above it for five minutes an alarm fires."
  type        = number
  default     = 1
}

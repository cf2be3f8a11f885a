variable "name" {
  description = "What the bot's cluster, service, roles and database are called."
  type        = string
  default     = "credlink-bot"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "Lower case letters, digits and dashes, at most 31."
  }
}

# --- where it stands

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "private_subnets" {
  description = "Subnets of tasks and database, in at least two zones, with a way out to Slack, PagerDuty, Sentry and AWS."
  type        = list(string)

  validation {
    condition     = length(distinct(var.private_subnets)) >= 2
    error_message = "RDS wants subnets in at least two zones."
  }
}

# --- what runs

variable "image" {
  description = "The bot's image, by digest or by a tag that does not move, as 111111111111.dkr.ecr.us-east-1.amazonaws.com/credlink-bot:0.1.0. Without one there is no service yet, but a repository to push the first image to."
  type        = string
  default     = null

  validation {
    condition     = var.image == null || !endswith(coalesce(var.image, "none"), ":latest")
    error_message = "Not :latest: an upgrade is a step somebody takes, with a changelog read and a backup made."
  }
}

variable "catalogue" {
  description = "The text of credlink.yml: file(\"credlink.yml\"). It travels in the task definition, so that a revision and its catalogue belong together. May be empty as long as there is no image."
  type        = string
  default     = ""

  validation {
    condition     = var.image == null || length(var.catalogue) > 0
    error_message = "The bot does not start without a catalogue: catalogue = file(\"credlink.yml\")."
  }

  validation { # a task definition has at most 64 KiB, and base64gzip leaves about a third of a YAML file
    condition     = length(base64gzip(var.catalogue)) < 40000
    error_message = "Too long for a task definition even when compressed: more than about 100 KB of YAML."
  }
}

variable "tasks" {
  description = "How many replicas run. Two, in two zones: one that is lost is missed by nobody."
  type        = number
  default     = 2

  validation {
    condition     = var.tasks >= 1 && var.tasks <= 10
    error_message = "1 to 10: in Socket Mode Slack takes ten connections of an app."
  }
}

variable "cpu" {
  description = "CPU units of a task; 1024 are one core."
  type        = number
  default     = 512
}

variable "memory" {
  description = "Memory of a task in MB."
  type        = number
  default     = 1024
}

variable "environment" {
  description = "Environment variables that are no secrets: PROMETHEUS_URL, ALERTMANAGER_URL, GRAFANA_URL, … (docs/configuration.md)."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Which keys of the settings secret the bot gets. A key that is named here and missing there keeps the bot from starting."
  type        = set(string)
  default     = ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]

  validation {
    condition = length(setsubtract(var.secrets, [
      "SLACK_BOT_TOKEN",
      "SLACK_APP_TOKEN",
      "SLACK_SIGNING_SECRET",
      "ALERTMANAGER_WEBHOOK_TOKEN",
      "GRAFANA_TOKEN",
      "GRAFANA_WEBHOOK_TOKEN",
      "GRAFANA_WEBHOOK_SECRETS",
      "PAGERDUTY_TOKEN",
      "PAGERDUTY_WEBHOOK_SECRETS",
      "PAGERDUTY_ROUTING_KEYS",
      "SENTRY_TOKEN",
      "SENTRY_CLIENT_SECRETS",
      "SENTRY_DSN",
    ])) == 0
    error_message = "Only the secrets that docs/configuration.md names; the database's are made here."
  }
}

variable "slack_mode" {
  description = "socket: the bot calls Slack, no way in is needed for it. http: Slack calls the load balancer."
  type        = string
  default     = "socket"

  validation {
    condition     = contains(["socket", "http"], var.slack_mode)
    error_message = "socket or http."
  }

  validation {
    condition     = var.slack_mode != "http" || try(!var.load_balancer.internal, false)
    error_message = "In HTTP mode Slack must reach the bot: give it a load_balancer that is not internal."
  }

  validation {
    condition     = contains(var.secrets, var.slack_mode == "http" ? "SLACK_SIGNING_SECRET" : "SLACK_APP_TOKEN")
    error_message = "HTTP mode needs SLACK_SIGNING_SECRET among secrets, Socket Mode SLACK_APP_TOKEN."
  }
}

variable "load_balancer" {
  description = "The way in for webhooks, pipelines, and for Slack in HTTP mode; null leaves it out, and then neither alerts nor pipelines arrive. internal: from within the network alone (Alertmanager), not from PagerDuty, Sentry, GitHub and Slack."
  type = object({
    subnets         = list(string)
    certificate_arn = string
    internal        = optional(bool, false)
    allowed_cidrs   = optional(list(string), ["0.0.0.0/0"])
    web_acl         = optional(object({ arn = string }))
    access_logs     = optional(string) # name of a bucket that lets load balancers write
  })
  default = null

  validation {
    condition     = var.load_balancer == null || can(regex("^arn:aws[a-z-]*:acm:[^:]+:[0-9]{12}:certificate/", var.load_balancer.certificate_arn))
    error_message = "certificate_arn is the ARN of a certificate in ACM, of the load balancer's region."
  }
}

variable "discovery" {
  description = "A private namespace of Cloud Map, in which the tasks are found by the bot's name: how Prometheus finds /metrics (port 9090)."
  type        = object({ namespace_id = string })
  default     = null
}

variable "place_roles" {
  description = "The roles of the places it works in (output catalogue.role of credlink-bot/place), by their ARNs. They may be written before they exist."
  type        = list(string)

  validation {
    condition     = length(var.place_roles) > 0 && alltrue([for arn in var.place_roles : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*]+$", arn))])
    error_message = "At least one, each a role's ARN without a wildcard: arn:aws:iam::<account>:role/<name>."
  }
}

# --- where it keeps what it knows

variable "database" {
  description = "PostgreSQL on RDS: two databases, the bot's tables and the engine's journal."
  type = object({
    engine                = optional(string, "postgresql")
    version               = optional(string, "17")
    instance_class        = optional(string, "db.t4g.small")
    storage_gb            = optional(number, 20)
    multi_az              = optional(bool, true)
    backup_retention_days = optional(number, 14)
    deletion_protection   = optional(bool, true)
  })
  default = {}

  validation {
    condition     = var.database.engine == "postgresql"
    error_message = "Not SQLite on Fargate. Its file would have to lie on EFS, and SQLite's write-ahead log needs memory shared by its processes, which a network file system does not give: the file breaks. And ECS starts the new task before the old one has ended, so that two processes have the file open even with tasks = 1. SQLite is for one machine with a disk of its own."
  }

  validation {
    condition     = var.database.backup_retention_days >= 7
    error_message = "Keep backups for at least 7 days: the audit and the history are nowhere else."
  }
}

variable "database_password" {
  description = "Password of the database: 16 to 64 letters, digits, - and _, as openssl rand -hex 24 makes. Needed when database_password_version is new, otherwise null. It is in no state and no plan."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = var.database_password == null || can(regex("^[A-Za-z0-9_-]{16,64}$", var.database_password))
    error_message = "16 to 64 letters, digits, - and _: it becomes a part of an address."
  }
}

variable "database_password_version" {
  description = "Raise it by one to set database_password anew, and only together with it."
  type        = number
  default     = 1
}

# --- who hears of it

variable "log_retention_days" {
  description = "How long log lines are kept, in days, as CloudWatch Logs offers it."
  type        = number
  default     = 365

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "CloudWatch Logs offers 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}

variable "alarm_actions" {
  description = "SNS topics that are told when the bot is unwell. Not the bot: who is away cannot say so."
  type        = list(string)
  default     = []
}

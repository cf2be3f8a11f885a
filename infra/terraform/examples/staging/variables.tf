variable "region" {
  description = "Where staging and the bot stand."
  type        = string
  default     = "us-east-1"
}

variable "zones" {
  description = "Three of the region's availability zones."
  type        = list(string)
  default     = ["us-east-1a", "us-east-1b", "us-east-1c"]
}

variable "account" {
  description = "The account of staging and of the bot, twelve digits."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "Twelve digits, in quotes."
  }
}

variable "prod_account" {
  description = "The account of prod, twelve digits; the bot may assume its role credlink-bot-prod."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.prod_account))
    error_message = "Twelve digits, in quotes."
  }
}

variable "tags" {
  description = "Tags of everything, beside Project, Environment and ManagedBy: Owner and CostCenter, say."
  type        = map(string)
  default     = {}
}

variable "image_tag" {
  description = "Tag of the first image of credlink-api, pushed before the service is made. Later ones are deployed by the bot."
  type        = string
}

variable "api_environment" {
  description = "Environment variables of credlink-api that are no secrets."
  type        = map(string)
  default     = {}
}

variable "api_secrets" {
  description = "Environment variable of credlink-api → ARN of its secret, with :KEY:: behind it for one key."
  type        = map(string)
  default     = {}
}

variable "certificate_arn" {
  description = "Certificate for credlink-api's host, in ACM of the region."
  type        = string
}

variable "bot_image" {
  description = "The bot's image with its tag; null in the first step, which makes the repository to push it to."
  type        = string
  default     = null
}

variable "bot_certificate_arn" {
  description = "Certificate for the host that webhooks are sent to, in ACM of the region."
  type        = string
}

variable "bot_secrets" {
  description = "Keys of the secret credlink-bot/settings that the bot gets; each must be in it."
  type        = set(string)
  default     = ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ALERTMANAGER_WEBHOOK_TOKEN"]
}

variable "bot_environment" {
  description = "Settings of the bot that are no secrets, as PROMETHEUS_URL; what the catalogue's connections say need not be here."
  type        = map(string)
  default     = {}
}

variable "database_password" {
  description = "Password of the bot's database, in the first step and whenever database_password_version is raised: export TF_VAR_database_password=$(openssl rand -hex 24)."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}

variable "database_password_version" {
  description = "Raise it by one to set database_password anew."
  type        = number
  default     = 1
}

variable "scraped_from" {
  description = "Security groups of Prometheus, by a name of yours."
  type        = map(string)
  default     = {}
}

variable "alarm_topics" {
  description = "SNS topics that are told of alarms, the bot's own among them."
  type        = list(string)
  default     = []
}

variable "region" {
  description = "Where prod stands."
  type        = string
  default     = "us-east-1"
}

variable "zones" {
  description = "Three of the region's availability zones."
  type        = list(string)
  default     = ["us-east-1a", "us-east-1b", "us-east-1c"]
}

variable "account" {
  description = "The account of prod, twelve digits."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "Twelve digits, in quotes."
  }
}

variable "tags" {
  description = "Tags of everything, beside Project, Environment and ManagedBy: Owner and CostCenter, say."
  type        = map(string)
  default     = {}
}

variable "host" {
  description = "The name people ask for, as api.credlink.example."
  type        = string
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
  description = "Certificate for the host, in ACM of the region: the load balancer's."
  type        = string
}

variable "cloudfront_certificate_arn" {
  description = "Certificate for the host, in ACM of us-east-1: CloudFront's. The same one where the region is us-east-1."
  type        = string
}

variable "web_acl" {
  description = "A WAF (of scope CLOUDFRONT) to put before it, by its ARN."
  type        = object({ arn = string })
  default     = null
}

variable "bot_role_arn" {
  description = "The output bot_role_arn of examples/staging."
  type        = string
}

variable "scraped_from" {
  description = "Security groups of Prometheus, by a name of yours."
  type        = map(string)
  default     = {}
}

variable "alarm_topics" {
  description = "SNS topics that are told of alarms."
  type        = list(string)
  default     = []
}

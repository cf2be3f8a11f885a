variable "name" {
  description = "What everything here is called, as credlink-prod."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "Lower case letters, digits and dashes, at most 31: names of other things are made from it."
  }
}

variable "cidr" {
  description = "The network's addresses: a /16, cut into one /20 for each subnet."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 15)) && endswith(var.cidr, "/16")
    error_message = "Write a /16, as 10.20.0.0/16."
  }
}

variable "zones" {
  description = "Three availability zones, as us-east-1a. Their order is the order of the subnets' addresses: do not change it."
  type        = list(string)

  validation {
    condition     = length(distinct(var.zones)) == 3 && alltrue([for zone in var.zones : can(regex("^[a-z-]+-[0-9][a-z]$", zone))])
    error_message = "Three different zones, as us-east-1a, us-east-1b, us-east-1c."
  }
}

variable "nat_per_zone" {
  description = "One NAT gateway a zone (true), or one for all: about 33 USD a month less each, and with its zone the way out is gone."
  type        = bool
  default     = true
}

variable "flow_log_retention_days" {
  description = "How long records of refused connections are kept, in days, as CloudWatch Logs offers it."
  type        = number
  default     = 365

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.flow_log_retention_days)
    error_message = "CloudWatch Logs offers 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}

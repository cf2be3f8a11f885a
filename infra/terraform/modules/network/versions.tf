terraform {
  required_version = ">= 1.11" # write-only arguments: a password that is in no state

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25" # the first with canary and linear deployments of ECS
    }
  }
}

# Prod of CredLink in an account of its own, and the role the bot has there. The bot itself stands in
# the account of staging (examples/staging), which is applied first: IAM trusts only roles that exist.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
  }

  backend "s3" {
    key          = "credlink/prod.tfstate"
    encrypt      = true
    use_lockfile = true
    # bucket and region: terraform init -backend-config=bucket=… -backend-config=region=…
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account] # the wrong profile ends here, and not with a second VPC

  default_tags {
    tags = merge({
      Project     = "credlink"
      Environment = "prod"
      ManagedBy   = "terraform"
    }, var.tags)
  }
}

module "network" {
  source = "../../modules/network"

  name  = "credlink-prod"
  cidr  = "10.30.0.0/16"
  zones = var.zones
}

# Names for Prometheus: credlink-api.prod.credlink.internal (infra/monitoring).
resource "aws_service_discovery_private_dns_namespace" "credlink" {
  name        = "prod.credlink.internal"
  description = "CredLink prod, within the network"
  vpc         = module.network.vpc_id
}

module "api" {
  source = "../../modules/ecs-service"

  name            = "credlink-prod"
  service         = "credlink-api"
  vpc_id          = module.network.vpc_id
  public_subnets  = module.network.public_subnets
  private_subnets = module.network.private_subnets

  image_tag       = var.image_tag
  environment     = var.api_environment
  secrets         = var.api_secrets
  certificate_arn = var.certificate_arn
  web_acl         = var.web_acl
  scaling         = { min = 3, max = 10 }
  alarm_actions   = var.alarm_topics
  discovery       = { namespace_id = aws_service_discovery_private_dns_namespace.credlink.id }
  scraped_from    = var.scraped_from

  cloudfront = {
    aliases         = [var.host]
    certificate_arn = var.cloudfront_certificate_arn
  }
}

module "place" {
  source = "../../modules/credlink-bot/place"

  name          = "credlink-bot-prod"
  bot_role_arn  = var.bot_role_arn
  access        = module.api.access
  alarm_actions = var.alarm_topics
}

# Its menu changes between prod and staging; of another account's it shows what is shared with this one.
resource "aws_cloudwatch_dashboard" "credlink" {
  dashboard_name = "credlink"
  dashboard_body = replace(file("${path.module}/../../../cloudwatch/dashboard.json"), "us-east-1", var.region)
}

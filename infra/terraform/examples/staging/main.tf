# Staging of CredLink, and the bot, in one account. The order of the steps is in docs/deployment.md.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
  }

  backend "s3" {
    key          = "credlink/staging.tfstate"
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
      Environment = "staging"
      ManagedBy   = "terraform"
    }, var.tags)
  }
}

module "network" {
  source = "../../modules/network"

  name         = "credlink-staging"
  cidr         = "10.20.0.0/16"
  zones        = var.zones
  nat_per_zone = false # a zone that is lost may cost staging its way out
}

# Names for Prometheus: credlink-api.staging.credlink.internal (infra/monitoring).
resource "aws_service_discovery_private_dns_namespace" "credlink" {
  name        = "staging.credlink.internal"
  description = "CredLink staging, within the network"
  vpc         = module.network.vpc_id
}

module "api" {
  source = "../../modules/ecs-service"

  name            = "credlink-staging"
  service         = "credlink-api"
  vpc_id          = module.network.vpc_id
  public_subnets  = module.network.public_subnets
  private_subnets = module.network.private_subnets

  image_tag       = var.image_tag
  environment     = var.api_environment
  secrets         = var.api_secrets
  certificate_arn = var.certificate_arn
  scaling         = { min = 2, max = 4 }
  alarm_actions   = var.alarm_topics
  discovery       = { namespace_id = aws_service_discovery_private_dns_namespace.credlink.id }
  scraped_from    = var.scraped_from

  deletion_protection = false
}

module "bot" {
  source = "../../modules/credlink-bot"

  vpc_id          = module.network.vpc_id
  private_subnets = module.network.private_subnets

  image     = var.bot_image
  catalogue = fileexists("${path.root}/credlink.yml") ? file("${path.root}/credlink.yml") : ""
  tasks     = 2

  slack_mode  = "socket"
  secrets     = var.bot_secrets
  environment = var.bot_environment

  discovery = { namespace_id = aws_service_discovery_private_dns_namespace.credlink.id }

  load_balancer = {
    subnets         = module.network.public_subnets
    certificate_arn = var.bot_certificate_arn
  }

  # Both are known before they exist: the place of prod is made by examples/prod, which asks for this bot's role.
  place_roles = [
    "arn:aws:iam::${var.account}:role/credlink-bot-staging",
    "arn:aws:iam::${var.prod_account}:role/credlink-bot-prod",
  ]

  database_password         = var.database_password
  database_password_version = var.database_password_version
  alarm_actions             = var.alarm_topics
}

module "place" {
  source = "../../modules/credlink-bot/place"

  name          = "credlink-bot-staging"
  bot_role_arn  = module.bot.task_role_arn
  access        = module.api.access
  alarm_actions = var.alarm_topics
}

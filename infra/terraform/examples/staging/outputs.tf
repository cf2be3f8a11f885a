output "catalogue" {
  description = "services.credlink-api.environments.staging of credlink.yml; channel, deploy and slo are yours."
  value       = merge(module.api.catalogue, module.place.catalogue)
}

output "address" {
  description = "Where DNS points for credlink-api's host."
  value       = module.api.address
}

output "bot_address" {
  description = "Where DNS points for the host that webhooks are sent to."
  value       = module.bot.address
}

output "bot_role_arn" {
  description = "For examples/prod, whose role trusts it."
  value       = module.bot.task_role_arn
}

output "bot_repository_url" {
  description = "Where the bot's image is pushed."
  value       = module.bot.repository_url
}

output "bot_settings_secret" {
  description = "Where the tokens are put."
  value       = module.bot.settings_secret
}

output "repository_url" {
  description = "Where CI pushes images of credlink-api."
  value       = module.api.repository_url
}

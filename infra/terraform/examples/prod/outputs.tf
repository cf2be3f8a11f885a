output "catalogue" {
  description = "services.credlink-api.environments.prod of credlink.yml; channel, deploy and slo are yours."
  value       = merge(module.api.catalogue, module.place.catalogue)
}

output "address" {
  description = "Where DNS points for credlink-api's host."
  value       = module.api.address
}

output "repository_url" {
  description = "Where CI pushes images of credlink-api, by the same digest as to staging."
  value       = module.api.repository_url
}

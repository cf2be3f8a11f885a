output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnets" {
  description = "One in each of three zones, for load balancers."
  value       = [for subnet in aws_subnet.public : subnet.id]
}

output "private_subnets" {
  description = "One in each of three zones, for tasks and databases."
  value       = [for subnet in aws_subnet.private : subnet.id]
}

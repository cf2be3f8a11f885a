"""Amazon ECS, ECR, Elastic Load Balancing and STS, through boto3 in threads of its own."""

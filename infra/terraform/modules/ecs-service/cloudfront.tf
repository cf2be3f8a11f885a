data "aws_cloudfront_cache_policy" "nothing" {
  name = "Managed-CachingDisabled"
}

data "aws_cloudfront_cache_policy" "static" {
  name = "Managed-CachingOptimized"
}

# Everything the viewer sent goes on, Host too: the load balancer's certificate is of that name.
data "aws_cloudfront_origin_request_policy" "everything" {
  name = "Managed-AllViewer"
}

data "aws_cloudfront_response_headers_policy" "security" {
  name = "Managed-SecurityHeadersPolicy"
}

locals {
  origin = "balancer"
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV2_AWS_47:the rules of a WAF stand with the WAF, not here
  #checkov:skip=CKV_AWS_305:an API has no page at its root
  #checkov:skip=CKV_AWS_310:one origin, in three zones; a second one would be another region
  #checkov:skip=CKV_AWS_374:whom it serves is not a matter of countries
  #checkov:skip=CKV2_AWS_46:the origin is a load balancer, not S3
  count = var.cloudfront == null ? 0 : 1

  enabled         = true
  comment         = var.name
  aliases         = var.cloudfront.aliases
  http_version    = "http2and3"
  is_ipv6_enabled = true
  price_class     = var.cloudfront.price_class
  web_acl_id      = try(var.web_acl.arn, null)

  origin {
    origin_id   = local.origin
    domain_name = aws_lb.this.dns_name

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      origin_read_timeout    = 30
    }

    origin_shield { # one place asks the origin, whichever edge was asked
      enabled              = true
      origin_shield_region = var.cloudfront.origin_shield_region == null ? local.region : var.cloudfront.origin_shield_region
    }
  }

  default_cache_behavior {
    target_origin_id           = local.origin
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.nothing.id
    origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.everything.id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security.id
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.cloudfront.static_paths

    content {
      path_pattern               = ordered_cache_behavior.value
      target_origin_id           = local.origin
      viewer_protocol_policy     = "redirect-to-https"
      allowed_methods            = ["GET", "HEAD", "OPTIONS"]
      cached_methods             = ["GET", "HEAD"]
      compress                   = true
      cache_policy_id            = data.aws_cloudfront_cache_policy.static.id
      origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.everything.id
      response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security.id
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = var.cloudfront.certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }

  logging_config {
    bucket = aws_s3_bucket.access_logs.bucket_domain_name
    prefix = "cloudfront/"
  }

  depends_on = [aws_s3_bucket_ownership_controls.access_logs] # it writes by ACL
}

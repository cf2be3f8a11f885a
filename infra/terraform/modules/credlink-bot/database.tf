# One instance, two databases: `credlink` for the bot's tables, made here, and `credlink_engine` for the
# engine's journal, which the engine makes itself when it first starts.

resource "aws_db_subnet_group" "bot" {
  name       = var.name
  subnet_ids = var.private_subnets
}

resource "aws_db_parameter_group" "bot" {
  name_prefix = "${var.name}-"
  family      = "postgres${split(".", var.database.version)[0]}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter { # slow statements only: what the bot writes is its users' business
    name  = "log_min_duration_statement"
    value = "1000"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "bot" {
  #checkov:skip=CKV_AWS_133:backup_retention_days is 14 unless a person chooses otherwise, and never below 7
  #checkov:skip=CKV_AWS_157:multi_az is true unless a person chooses otherwise
  #checkov:skip=CKV_AWS_293:deletion_protection is true unless a person chooses otherwise
  #checkov:skip=CKV_AWS_161:the bot's driver signs in with a password; tokens of IAM last 15 minutes and every new connection would need one
  #checkov:skip=CKV_AWS_354:Performance Insights is encrypted with RDS's own key
  #checkov:skip=CKV_AWS_118:the metrics of a minute are enough for a database of a few writes a second
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.database.version
  instance_class = var.database.instance_class
  db_name        = "credlink"
  username       = "credlink"

  password_wo         = var.database_password
  password_wo_version = var.database_password_version

  allocated_storage     = var.database.storage_gb
  max_allocated_storage = var.database.storage_gb * 5
  storage_type          = "gp3"
  storage_encrypted     = true

  multi_az               = var.database.multi_az
  db_subnet_group_name   = aws_db_subnet_group.bot.name
  parameter_group_name   = aws_db_parameter_group.bot.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false

  backup_retention_period   = var.database.backup_retention_days
  backup_window             = "02:00-03:00"
  maintenance_window        = "sun:03:30-sun:04:30"
  copy_tags_to_snapshot     = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-final"
  deletion_protection       = var.database.deletion_protection

  auto_minor_version_upgrade      = true
  performance_insights_enabled    = true
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
}

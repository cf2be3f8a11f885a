# Two secrets. The settings' values are put in by hand (docs/deployment.md), so that no token is in a
# state; the database's addresses are written here through write-only arguments, and are in none either.

resource "aws_secretsmanager_secret" "settings" {
  #checkov:skip=CKV_AWS_149:encrypted with Secrets Manager's own key; who may read it is said by the roles
  #checkov:skip=CKV2_AWS_57:tokens of Slack and others are changed there, by a person
  name        = "${var.name}/settings"
  description = "Tokens of ${var.name}: a JSON object, environment variable → value."
}

resource "aws_secretsmanager_secret" "database" {
  #checkov:skip=CKV_AWS_149:encrypted with Secrets Manager's own key; who may read it is said by the roles
  #checkov:skip=CKV2_AWS_57:a rotation by the clock would leave running tasks with an old password; database_password_version sets a new one and starts new tasks
  name        = "${var.name}/database"
  description = "Addresses of ${var.name}'s two databases, with their password."
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id = aws_secretsmanager_secret.database.id

  secret_string_wo = jsonencode({
    for key, database in { DATABASE_URL = "credlink", ENGINE_DATABASE_URL = "credlink_engine" } :
    key => "postgresql://${aws_db_instance.bot.username}:${coalesce(var.database_password, "unchanged")}@${aws_db_instance.bot.endpoint}/${database}?sslmode=require"
  })
  secret_string_wo_version = var.database_password_version
}

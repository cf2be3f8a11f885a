"""The bot's parts, made and joined; `bot.app` starts them."""

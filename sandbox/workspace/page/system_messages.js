// What the workspace itself tells one person, in Slack's words.

const SYSTEM = { user: "USLACKBOT", username: "Slackbot" };

/** The private notice under a command that was not taken. */
export function failedCommand(channel, thread_ts, text, { error, detail }) {
  const [command] = text.split(/\s/);
  const said =
    error === "not_declared"
      ? `\`${command}\` is not a valid command. In Slack, all messages that start with the "/" character are interpreted as commands.\n\nIf you are trying to send a message and not run a command, try preceding the "/" with an empty space.`
      : `\`${command}\` failed with the error "${error}"${detail ? ` (${detail})` : ""}`;
  const notSent = text.startsWith("/") ? said : `Your message was not sent: ${detail ?? error}`;
  return { ...SYSTEM, ts: String(Date.now() / 1000), channel, thread_ts, text: notSent, ephemeral: true, local: true };
}

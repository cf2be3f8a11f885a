// The control API, the page's only way to the workspace. One function a route.

const WAIT_MS = 15000; // the workspace itself gives up on the bot after 3 s

/** The workspace could not be reached, or refused to understand us. */
export class ControlFailed extends Error {}

async function call(path, { method = "GET", body } = {}) {
  let reply;
  try {
    reply = await fetch(path, {
      method,
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(WAIT_MS),
    });
  } catch {
    throw new ControlFailed("The workspace cannot be reached");
  }
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new ControlFailed(answer.detail || answer.error || `The workspace answered ${reply.status}`);
  return answer;
}

const post = (path, body) => call(path, { method: "POST", body });
const query = (parameters) =>
  new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null));

export const fetchState = (as) => call(`/control/state?${query({ as })}`);
export const fetchMessages = (as, channel, thread_ts) => call(`/control/messages?${query({ as, channel, thread_ts })}`);
export const say = (as, channel, text, thread_ts) => post("/control/say", { as, channel, text, thread_ts });
export const press = (body) => post("/control/press", body);
export const fetchOptions = (body) => post("/control/options", body);
export const submitView = (as, view_id, state) => post("/control/view/submit", { as, view_id, state });
export const closeView = (as, view_id) => post("/control/view/close", { as, view_id });
export const openHome = (as) => post("/control/home", { as });
export const react = (as, channel, ts, name, remove) => post("/control/react", { as, channel, ts, name, remove });
export const join = (as, channel) => post("/control/join", { as, channel });
export const leave = (as, channel) => post("/control/leave", { as, channel });
export const openDm = (as) => post("/control/dm", { as });
export const fileUrl = (as, id) => `/control/files/${encodeURIComponent(id)}?${query({ as })}`;

/** The world around the workspace, or null where the workspace runs alone. */
export async function fetchWorld() {
  const reply = await fetch("/world", { signal: AbortSignal.timeout(WAIT_MS) }).catch(() => null);
  return reply?.ok ? reply.json().catch(() => null) : null;
}
export const runScenario = (id) => post("/world/scenario", { id });

// What Slack's client checks in a form before it sends it.

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** The value of a state object, whatever its kind calls it. */
function valueOf(state) {
  if (!state) return null;
  const key = Object.keys(state).find((name) => name.startsWith("selected_") || ["value", "files", "rich_text_value"].includes(name));
  return state[key] ?? null;
}

const isEmpty = (value) => value === null || value === "" || (Array.isArray(value) && value.length === 0);

/** block_id -> what is wrong, for every input block that is not acceptable as it stands. */
export function problemsOf(blocks, surface) {
  const problems = {};
  for (const block of blocks.filter(({ type }) => type === "input")) {
    const value = valueOf(surface.state[block.block_id]?.[block.element.action_id]);
    const problem = isEmpty(value) ? (block.optional ? null : "Please complete this required field.") : problemOf(block.element, value);
    if (problem) problems[block.block_id] = problem;
  }
  return problems;
}

function problemOf(element, value) {
  const length = typeof value === "string" ? value.length : 0;
  if (element.type === "email_text_input" && !EMAIL.test(value)) return "Please enter a valid email address.";
  if (element.type === "url_text_input" && !URL.canParse(value)) return "Please enter a valid URL.";
  if (element.type === "number_input") return problemOfNumber(element, value);
  if (element.min_length && length < element.min_length) return `Please enter at least ${element.min_length} characters.`;
  if (element.max_length && length > element.max_length) return `Please enter no more than ${element.max_length} characters.`;
  return null;
}

function problemOfNumber(element, text) {
  const value = Number(text);
  if (Number.isNaN(value)) return "Please enter a number.";
  if (!element.is_decimal_allowed && !Number.isInteger(value)) return "Please enter a whole number.";
  if (element.min_value !== undefined && value < Number(element.min_value)) return `Please enter ${element.min_value} or more.`;
  if (element.max_value !== undefined && value > Number(element.max_value)) return `Please enter ${element.max_value} or less.`;
  return null;
}

/** Every "block_id/action_id" that blocks show, to forget the state of those that are gone. */
export function shownElements(blocks) {
  const shown = new Set();
  const add = (block, element) => element?.action_id && shown.add(`${block.block_id}/${element.action_id}`);
  const walk = (block) => {
    [block.element, block.accessory, ...(block.elements ?? []), ...(block.actions ?? [])].forEach((element) => add(block, element));
    for (const child of [...(block.child_blocks ?? []), ...(block.type === "carousel" ? block.elements : [])]) walk(child);
  };
  blocks.forEach(walk);
  return shown;
}


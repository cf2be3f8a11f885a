// What the browser remembers between visits: drafts, what was said (for the Up key), what was read.
// Everything is per person, because one browser plays several people.

const MOST_SAID = 50;

function read(storage, key, otherwise) {
  try {
    return JSON.parse(storage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

const write = (storage, key, value) => storage.setItem(key, JSON.stringify(value));

export const draftOf = (place) => read(sessionStorage, `draft/${place}`, "");

export function keepDraft(place, text) {
  if (text) write(sessionStorage, `draft/${place}`, text);
  else sessionStorage.removeItem(`draft/${place}`);
}

/** What a person said, the latest first. */
export const saidBy = (person) => read(sessionStorage, `said/${person}`, []);

export function rememberSaid(person, text) {
  const said = saidBy(person).filter((earlier) => earlier !== text);
  write(sessionStorage, `said/${person}`, [text, ...said].slice(0, MOST_SAID));
}

export const lastRead = (person, channel) => read(localStorage, `read/${person}/${channel}`, "0");

export function markRead(person, channel, ts) {
  if (ts > lastRead(person, channel)) write(localStorage, `read/${person}/${channel}`, ts);
}

/** Small choices of the person at the keyboard, such as whether the world bar is open. */
export const choice = (name, otherwise) => read(localStorage, `choice/${name}`, otherwise);
export const keepChoice = (name, value) => write(localStorage, `choice/${name}`, value);

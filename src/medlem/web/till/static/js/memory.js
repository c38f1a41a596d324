/**
 * What this browser remembers: the cashier's choices for good, and until the tab is closed what was on the screen, by
 * its id alone. Never a number, never a name. A browser that forbids it forgets, and nothing else is different.
 * @module
 */

/** @typedef {{theme?: string, language?: string, country?: string}} Choices */
/** @typedef {{focus: string | null, seen?: string | null, asked: Record<string, string>, sent: Record<string, number>}} Screen */

const CHOICES = 'medlem.choices';
const SCREEN = 'medlem.screen';

/** @returns {Choices} */
export function choices() {
  return load(() => localStorage, CHOICES) ?? {};
}

/** @param {Choices} changed */
export function choose(changed) {
  save(() => localStorage, CHOICES, { ...choices(), ...changed });
}

/** What was shown last; null in a tab that has shown nothing yet. @returns {Screen | null} */
export function screen() {
  return load(() => sessionStorage, SCREEN);
}

/** @param {Screen} shown */
export function remember(shown) {
  save(() => sessionStorage, SCREEN, shown);
}

/** @param {() => Storage} storage @param {string} name */
function load(storage, name) {
  try {
    return JSON.parse(storage().getItem(name) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {() => Storage} storage @param {string} name @param {unknown} value */
function save(storage, name, value) {
  try {
    storage().setItem(name, JSON.stringify(value));
  } catch {
    // The browser keeps nothing here; the page works without.
  }
}

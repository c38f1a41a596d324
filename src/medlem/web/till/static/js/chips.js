/**
 * Customers who are being asked while the cashier serves the next one.
 * @module
 */

import { now } from './clock.js';
import { $, setIcon, setText } from './page.js';
import { say } from './speak.js';
import { duration, t } from './text.js';

/** @typedef {import('./enrolments.js').Enrolment} Enrolment */

/**
 * @param {Enrolment[]} enrolments
 * @param {(id: string) => void} open
 */
export function render(enrolments, open) {
  const row = $('chips');
  row.hidden = enrolments.length === 0;
  const ids = enrolments.map(({ id }) => id).join();
  if (row.dataset.ids !== ids) {
    row.dataset.ids = ids;
    row.replaceChildren(...enrolments.map(({ id }) => chip(() => open(id))));
  }
  enrolments.forEach((each, at) => draw(row.children[at], each));
}

/** @param {() => void} open */
function chip(open) {
  const made = document.createElement('button');
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  icon.append(document.createElementNS('http://www.w3.org/2000/svg', 'use'));
  icon.setAttribute('class', 'icon');
  icon.setAttribute('aria-hidden', 'true');
  made.type = 'button';
  made.className = 'chip';
  made.onclick = open;
  made.append(icon, ...['chip-what', 'chip-who', 'chip-left'].map(part));
  return made;
}

/** @param {string} name */
function part(name) {
  const made = document.createElement('span');
  made.className = name;
  return made;
}

/** @param {Element} made @param {Enrolment} enrolment */
function draw(made, { state, code, customer, expires_at }) {
  const [icon, what, who, left] = made.children;
  const open = isOpen(state);
  const { dataset } = /** @type {HTMLElement} */ (made);
  if (isOpen(dataset.state) && !open) say(`${ended(state)}. ${customer.masked}`, false);
  dataset.state = state;
  setIcon(icon.children[0], open ? 'phone' : state === 'accepted' ? 'check' : 'cross');
  setText(what, open ? code : ended(state));
  what.classList.toggle('chip-code', open);
  setText(who, customer.masked);
  setText(left, open && expires_at ? duration(Date.parse(expires_at) - now()) : '');
}

/** @param {string | undefined} state */
function isOpen(state) {
  return state === 'asking' || state === 'waiting';
}

/** @param {string} state */
function ended(state) {
  switch (state) {
    case 'accepted': return t('chips.accepted');
    case 'declined': return t('chips.declined');
    case 'expired': return t('chips.expired');
    default: return t('chips.failed');
  }
}

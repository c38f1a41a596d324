/**
 * Customers who are being asked while the cashier serves the next one, and those who have scanned the sticker meanwhile.
 * @module
 */

import { now } from './api.js';
import { $, setIcon, setText } from './page.js';
import { say } from './render.js';
import { duration, t } from './text.js';

/** @typedef {import('./enrolments.js').Enrolment} Enrolment */
/** Whoever waits: `state` is `scanned`. @typedef {import('./views.js').Identification & {state: string}} Arrival */

/**
 * @param {(Arrival | Enrolment)[]} waiting
 * @param {(id: string) => void} open
 */
export function render(waiting, open) {
  const row = $('chips');
  row.hidden = waiting.length === 0;
  const ids = waiting.map(({ id }) => id).join();
  if (row.dataset.ids !== ids) {
    row.dataset.ids = ids;
    row.replaceChildren(...waiting.map(({ id }) => chip(() => open(id))));
  }
  waiting.forEach((each, at) => ('code' in each ? draw(row.children[at], each) : arrived(row.children[at], each)));
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

const told = new Set();

/** @param {Element} made @param {Arrival} arrival */
function arrived(made, { id, customer, member }) {
  const [icon, what, who] = made.children;
  const text = member ? t('member.title') : t('chips.scanned');
  if (!told.has(id)) say(`${text}. ${customer.masked}`, false);
  told.add(id);
  /** @type {HTMLElement} */ (made).dataset.state = 'scanned';
  setIcon(icon.children[0], member ? 'check' : 'person');
  setText(what, text);
  setText(who, member?.name ? `${member.name} · ${customer.masked}` : customer.masked);
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

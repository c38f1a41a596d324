/**
 * Puts a description on the screen. Text goes in as text; nothing on this page is ever parsed as HTML.
 * @module
 */

import { $, setIcon, setText } from './page.js';
import { t } from './text.js';

/** @typedef {import('./view.js').Shown} Shown */
/** @typedef {import('./view.js').Action} Action */

/**
 * @param {Shown} shown
 * @param {(action: Action) => void} act
 */
export function render(shown, act) {
  document.body.dataset.state = shown.state;
  document.body.dataset.tone = shown.tone;
  setIcon($('icon'), shown.icon);
  setText($('title'), shown.title);
  optional('who', shown.who);
  optional('code', shown.code);
  setText($('hint'), shown.hint ?? '');
  lines(shown.lines);
  countdown(shown.countdown);
  $('number-form').hidden = !['idle', 'invalid_number'].includes(shown.state);
  $('pairing-form').hidden = shown.state !== 'pairing';
  $('signup').hidden = shown.state !== 'signup';
  actions(shown.actions, act, shown.calm ?? false);
}

/** @param {string} id @param {string | undefined} text */
function optional(id, text) {
  $(id).hidden = !text;
  setText($(id), text ?? '');
}

/** @param {string[]} texts */
function lines(texts) {
  const box = $('lines');
  while (box.children.length > texts.length) box.lastElementChild?.remove();
  texts.forEach((text, at) => setText(box.children[at] ?? box.appendChild(document.createElement('p')), text));
}

/** @param {Shown['countdown']} countdown */
function countdown(countdown) {
  $('countdown').hidden = !countdown;
  if (!countdown) return;
  setText($('left'), countdown.left);
  $('part').style.setProperty('--part', String(countdown.part));
}

/**
 * Buttons are kept while they mean the same, so that the focus stays and a press is not lost.
 * @param {Action[]} wanted
 * @param {(action: Action) => void} act
 * @param {boolean} calm whether none of them is what to do now: something is under way
 */
function actions(wanted, act, calm) {
  const row = $('actions');
  const names = wanted.map(({ name }) => name).join() + calm;
  if (row.dataset.names !== names) {
    row.dataset.names = names;
    row.replaceChildren(...wanted.map(({ name }, at) => button(name, at === 0 && !calm)));
  }
  wanted.forEach((action, at) => {
    const each = /** @type {HTMLButtonElement} */ (row.children[at]);
    const [text, ...keys] = each.children;
    setText(text, action.text);
    setText(keys[0], at === 0 && !calm ? 'Enter' : '');
    setText(keys[1], action.key);
    each.setAttribute('aria-disabled', String(action.held ?? false));
    each.onclick = () => act(action);
  });
}

/** @param {string} name @param {boolean} primary */
function button(name, primary) {
  const made = document.createElement('button');
  made.type = 'button';
  made.dataset.action = name;
  made.className = primary ? 'button button-primary' : 'button';
  made.append(...['span', 'kbd', 'kbd'].map((name) => document.createElement(name)));
  return made;
}

const TOLD_AT = [60, 30, 10];

let last = '';
let lastSeconds = Infinity;

/**
 * For those who hear the screen: each state once, what needs an answer at once, and little of the countdown.
 * @param {Shown} shown
 */
export function speak(shown) {
  const text = shown.spoken ?? [shown.title, shown.who, ...shown.lines, shown.hint].filter(Boolean).join('. ');
  const state = `${shown.state} ${shown.who ?? ''} ${shown.code ?? ''}`;
  if (state !== last) {
    last = state;
    lastSeconds = Infinity;
    say(text, shown.urgent ?? false);
  }
  const seconds = shown.countdown?.seconds ?? Infinity;
  const mark = TOLD_AT.find((each) => seconds <= each && lastSeconds > each);
  if (mark !== undefined && lastSeconds !== Infinity) say(t('waiting.seconds', { seconds: mark }), false);
  lastSeconds = seconds;
}

/** @param {string} text @param {boolean} urgent */
export function say(text, urgent) {
  $(urgent ? 'status' : 'alert').textContent = '';
  $(urgent ? 'alert' : 'status').textContent = text;
}

/**
 * Puts a description on the screen. Text goes in as text; nothing on this page is ever parsed as HTML.
 * @module
 */

import { $, setIcon, setText } from './page.js';

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
  actions(shown.actions, act);
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
 */
function actions(wanted, act) {
  const row = $('actions');
  const names = wanted.map(({ name }) => name).join();
  if (row.dataset.names !== names) {
    row.dataset.names = names;
    row.replaceChildren(...wanted.map(({ name }, at) => button(name, at)));
  }
  wanted.forEach((action, at) => {
    const each = /** @type {HTMLButtonElement} */ (row.children[at]);
    setText(each.children[0], action.text);
    setText(each.children[1], action.key);
    each.setAttribute('aria-disabled', String(action.held ?? false));
    each.onclick = () => act(action);
  });
}

/** @param {string} name @param {number} at */
function button(name, at) {
  const made = document.createElement('button');
  made.type = 'button';
  made.dataset.action = name;
  made.className = at === 0 && name !== 'signup' ? 'button button-primary' : 'button';
  made.append(document.createElement('span'), document.createElement('kbd'));
  return made;
}

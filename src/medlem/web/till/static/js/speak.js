/**
 * For those who hear the screen: each state once, what needs an answer at once, and little of the countdown.
 * @module
 */

import { $ } from './page.js';
import { t } from './text.js';

/** @typedef {import('./view.js').Shown} Shown */

const TOLD_AT = [60, 30, 10];

let last = '';
let lastSeconds = Infinity;

/** @param {Shown} shown */
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

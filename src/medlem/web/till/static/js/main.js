/**
 * The till page: puts its parts together. Read `till.js` for what happens and `view.js` for what is shown.
 * @module
 */

import * as chips from './chips.js';
import { Keyboard } from './keyboard.js';
import * as looks from './looks.js';
import * as number from './number.js';
import { $, begin, field, setIcon, setText } from './page.js';
import * as pairing from './pairing.js';
import { render, speak } from './render.js';
import { Stream } from './stream.js';
import { t } from './text.js';
import { Till } from './till.js';
import { badScan, describe } from './view.js';

/** How often what depends on the time is drawn anew, in milliseconds. */
const TICK = 200;
/** A line that is back sooner than this was never gone, as far as the cashier is concerned. */
const NOTICED = 1000;

const settings = JSON.parse(document.querySelector('meta[name=till]')?.getAttribute('content') ?? '{}');
const till = new Till(settings, draw, () => stream.restart(), () => field('number').value !== '');
const stream = new Stream({
  event: (kind, body) => till.event(kind, body),
  live: () => till.live(),
  lost: () => till.lost(),
  unpaired: () => till.unpaired(),
});
const keyboard = new Keyboard({
  hosts: settings.hosts,
  scanned: (verdict) => till.scanned(verdict),
  typed,
  command,
  keep: number.keep,
  listening: () => till.view.kind !== 'pairing' && till.view.kind !== 'starting',
});

/** @type {Record<import('./view.js').Name, (action?: import('./view.js').Action) => void>} */
const DEEDS = {
  invite: () => till.invite(),
  again: () => till.again(),
  next: () => {
    number.clear();
    till.next();
  },
  signup: () => till.signup(),
  choose: (action) => till.choose(action?.member ?? ''),
  retry: () => {
    stream.again();
    till.retry();
  },
};

let drawn = '';
let ready = false;
/** @type {import('./view.js').Shown} */
let shown;

function draw() {
  if (!ready) return;
  shown = describe(till);
  render(shown, act);
  const asked = till.enrolments.beside(till.view.kind === 'enrolment' ? till.view.id : null);
  chips.render([...till.arrivals.waiting(), ...asked], (id) => till.open(id));
  surroundings();
  if (`${shown.state} ${shown.actions[0]?.name}` !== drawn) arrived();
  speak(shown);
}

/** The screen shows something else: have the focus where the next key is wanted. */
function arrived() {
  drawn = `${shown.state} ${shown.actions[0]?.name}`;
  const entry = shown.state === 'idle' || shown.state === 'invalid_number';
  if (shown.state === 'invalid_number') number.complain(t('idle.invalid'));
  else if (shown.state !== 'identifying') number.complain('');
  if (!entry) number.clear();
  if (entry) field('number').focus();
  else if (shown.state === 'pairing') field('pairing').focus();
  else if (shown.calm) $('title').focus();
  else /** @type {HTMLElement | null} */ ($('actions').firstElementChild)?.focus();
}

/** Everything around the card. */
function surroundings() {
  const away = till.lostAt !== null && performance.now() - till.lostAt > NOTICED && till.view.kind !== 'pairing';
  setText($('station'), till.station?.name ?? 'medlem');
  document.title = till.station?.name ?? 'medlem';
  $('line').hidden = till.view.kind === 'pairing' || (till.lostAt !== null && !away);
  $('line').dataset.line = away ? 'lost' : 'live';
  setIcon($('line-icon'), away ? 'offline' : 'live');
  setText($('line-text'), away ? t('bar.lost') : t('bar.live'));
  $('note').hidden = !till.note.why;
  setText($('note-text'), till.note.why ? `${t('bad_scan.title')}. ${badScan(till.note.why)}` : '');
  $('unfocused').hidden = document.hasFocus() || till.view.kind === 'pairing';
  pairing.render(till.view);
}

/** @param {import('./view.js').Action} action */
function act(action) {
  DEEDS[action.name](action);
}

/** @param {'enter' | 'next' | 'again' | 'signup'} command */
function command(command) {
  if (command !== 'enter') return DEEDS[command]();
  if (!$('number-form').hidden) number.submit(found);
  else if (shown.actions[0] && !shown.calm) act(shown.actions[0]);
}

/** Digits typed at no field begin the next customer. @param {string} digits */
function typed(digits) {
  if ($('number-form').hidden) till.next();
  number.add(digits);
}

/** @param {string} text @param {string} country */
function found(text, country) {
  till.number(text, country);
}

/** The way to sign up without the app: the merchant's own page. */
function showSignup() {
  const code = /** @type {HTMLImageElement} */ ($('signup-code'));
  code.hidden = !settings.signup;
  if (settings.signup) code.src = '/till/signup.svg';
  setText($('signup-what'), settings.signup ? t('signup.scan') : t('signup.none'));
  setText($('signup-line'), settings.signup ?? t('signup.none_line'));
  code.alt = t('signup.alt');
}

async function start() {
  begin(settings.files);
  looks.dress();
  setIcon($('note-icon'), 'scan');
  setIcon($('unfocused-icon'), 'alert');
  number.setUp(settings, found);
  await looks.setUp(settings, () => {
    number.rename();
    showSignup();
    draw();
  });
  number.rename();
  showSignup();
  ready = true;
  pairing.setUp((code) => till.pair(code));
  keyboard.listen();
  $('unfocused').addEventListener('click', () => field('number').focus());
  addEventListener('blur', draw);
  addEventListener('focus', draw);
  addEventListener('online', () => stream.again());
  document.addEventListener('visibilitychange', () => (document.hidden ? till.hidden() : stream.again()));
  addEventListener('hashchange', () => pairing.fromAddress((code) => till.pair(code)));
  setInterval(draw, TICK);
  draw();
  await pairing.fromAddress((code) => till.pair(code));
  stream.run();
}

start();

/**
 * What did the scanner read? A customer's personal QR code, or what else.
 *
 * Nobody tells us the scanner's layout or the machine's, so we read the keys in every way that can be right. A
 * personal QR begins with `https://` and a known host, which no wrong reading does: exactly one may fit.
 * Nothing is repaired, shortened or guessed, and no number is ever read out of a code.
 * @module
 */

import { DA, NB, SV, US, read, undo } from './layouts.js';

/** @typedef {import('./layouts.js').Stroke} Stroke */
/** @typedef {'product' | 'barcode' | 'other_qr' | 'half' | 'caps' | 'alt_numpad' | 'unknown'} Wrong */
/** @typedef {{code: string} | {wrong: Wrong}} Verdict */

const NOISE = '[\\s\\u0000-\\u001f\\u007f\\ufeff]+';
const AROUND = new RegExp(`^${NOISE}|${NOISE}$`, 'g');
const AIM = /^\](?<kind>[A-Za-z])(?<option>[0-9A-Za-z])/;
const ADDRESS = /^https:\/\/(?<host>[a-z0-9.-]+)\/(?<path>[\x21-\x7e]{1,240})$/i;
const LONGEST = 255;

/** A code of this shape holds a number: half of it would be somebody else's. It is whole or it is nothing. */
const CLEAR = /^28\/2\/01\/031(\/|$)/;
const CLEAR_WHOLE = /^28\/2\/01\/031\/[0-9]{8,15}\?v=[0-9]+$/;

/**
 * @param {Stroke[]} strokes everything that came, without Enter or Tab at the end
 * @param {string[]} hosts that personal QR codes may name
 * @returns {Verdict}
 */
export function judge(strokes, hosts) {
  const readings = candidates(strokes).map(unwrap);
  const fitting = new Set(readings.filter((reading) => isPersonal(reading, hosts)).map((reading) => reading.text));
  const [only] = fitting;
  if (fitting.size !== 1) return { wrong: kindOf(readings, hosts) };
  // With Caps Lock on, capitals mean either a code in capitals or a scanner that makes up for Caps Lock.
  if (strokes.some((stroke) => stroke.caps) && only.startsWith('HTTPS')) return { wrong: 'caps' };
  return { code: only };
}

/**
 * Every way to read the keys: by a scanner of either family of layouts, and as the machine wrote them.
 * @param {Stroke[]} strokes
 * @returns {string[]}
 */
function candidates(strokes) {
  const written = strokes.every(({ key }) => key.length === 1)
    ? strokes.map(({ key, caps }) => (caps ? swapped(key) : key)).join('')
    : null;
  const texts = [written];
  if (strokes.every(({ code }) => code)) {
    texts.push(read(strokes, US), read(strokes, NB));
  } else if (written !== null) {
    // No keys, as from a remote desktop: the same by way of the text.
    texts.push(undo(written, US, NB), ...[NB, DA, SV].map((machine) => undo(written, machine, US)));
  }
  return [...new Set(texts.filter((text) => text !== null))];
}

/** @param {string} letter */
function swapped(letter) {
  const upper = letter.toUpperCase();
  return letter === upper ? letter.toLowerCase() : upper;
}

/** @typedef {{text: string, aim: string}} Reading */

/**
 * Take off what scanners add around the code: control characters, an AIM identifier.
 * @param {string} text
 * @returns {Reading}
 */
function unwrap(text) {
  const bare = text.replace(AROUND, '');
  const aim = AIM.exec(bare)?.[0] ?? '';
  return { text: bare.slice(aim.length).replace(AROUND, ''), aim: aim.slice(1) };
}

/**
 * @param {Reading} reading
 * @param {string[]} hosts
 */
function isPersonal({ text, aim }, hosts) {
  const found = ADDRESS.exec(text)?.groups;
  if (!found || text.length > LONGEST || (aim && aim[0] !== 'Q')) return false;
  if (!hosts.includes(found.host.toLowerCase())) return false;
  return !CLEAR.test(found.path) || CLEAR_WHOLE.test(found.path);
}

/**
 * Say what it was instead, so that the cashier knows what to do.
 * @param {Reading[]} readings
 * @param {string[]} hosts
 * @returns {Wrong}
 */
function kindOf(readings, hosts) {
  const some = (/** @type {(reading: Reading) => boolean} */ test) => readings.some(test);
  if (some(({ text, aim }) => /^[Ee]|^C1/.test(aim) || isProduct(text))) return 'product';
  if (some(({ aim }) => /^[A-DF-PR-Za-cf-y]/.test(aim))) return 'barcode';
  if (some(({ text }) => isHalf(text, hosts))) return 'half';
  if (some(({ text, aim }) => /^https?:/i.test(text) || /^[Qdz]/.test(aim))) return 'other_qr';
  return some(({ text }) => /^[0-9A-Z .$/+%-]{1,24}$/.test(text)) ? 'barcode' : 'unknown';
}

/** Whether it may be where a personal QR code begins. @param {string} text @param {string[]} hosts */
function isHalf(text, hosts) {
  const [, host, path] = /^https?:?\/{0,2}([^/]*)(\/.*)?$/i.exec(text.toLowerCase()) ?? [];
  return host !== undefined && (path === undefined ? hosts.some((each) => each.startsWith(host)) : hosts.includes(host));
}

/** Whether it is an EAN or UPC, by its length and check digit (GS1 General Specifications 7.9). @param {string} text */
function isProduct(text) {
  if (!/^([0-9]{8}|[0-9]{12,14})$/.test(text)) return false;
  const sum = [...text].reverse().reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}

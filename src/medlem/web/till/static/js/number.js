/**
 * The field for a phone number, and the country in which it is read.
 * @module
 */

import { choices, choose } from './memory.js';
import { $, field, setText } from './page.js';
import { countryName } from './text.js';

/** Milliseconds after which a number that nobody finished is taken off the screen. */
const ABANDONED = 30_000;

let abandoned = 0;
/** What was asked for last, until it is known to be a number. */
let asked = '';

/**
 * @param {{country: string, countries: Record<string, string>}} settings
 * @param {(typed: string, country: string) => void} found
 */
export function setUp({ country, countries }, found) {
  const chosen = choices().country ?? '';
  const box = $('countries');
  for (const [each, code] of Object.entries(countries)) {
    const label = document.createElement('label');
    const radio = document.createElement('input');
    const text = document.createElement('span');
    Object.assign(radio, { type: 'radio', name: 'country', value: each });
    radio.checked = each === (chosen in countries ? chosen : country);
    radio.addEventListener('change', () => choose({ country: each }));
    text.textContent = `+${code}`;
    label.append(radio, text);
    label.className = 'country';
    box.append(label);
  }
  $('number-form').addEventListener('submit', (event) => {
    event.preventDefault();
    submit(found);
  });
  field('number').addEventListener('input', watch);
}

/** Name the countries in the language of the page. */
export function rename() {
  for (const radio of radios()) {
    radio.setAttribute('aria-label', `${countryName(radio.value)} ${radio.nextElementSibling?.textContent}`);
    radio.parentElement?.setAttribute('title', countryName(radio.value));
  }
}

/** @param {(typed: string, country: string) => void} found */
export function submit(found) {
  const typed = field('number').value.trim();
  asked = typed;
  if (typed) found(typed, radios().find(({ checked }) => checked)?.value ?? '');
}

/** Add digits that were typed elsewhere. @param {string} digits */
export function add(digits) {
  const number = field('number');
  number.value += digits;
  number.focus();
  watch();
}

export function clear() {
  field('number').value = '';
}

/** @param {string} text what is wrong with the number, which then comes back to be put right; empty for nothing */
export function complain(text) {
  if (text && !field('number').value) add(asked);
  asked = '';
  setText($('number-error'), text);
  field('number').setAttribute('aria-invalid', String(text !== ''));
}

/** Remember what stands here; the answer puts it back. @returns {() => void} */
export function keep() {
  const number = field('number');
  const { value, selectionStart, selectionEnd } = number;
  const country = radios().find(({ checked }) => checked);
  return () => {
    if (country && !country.checked) country.click();
    if (number.value === value) return;
    number.value = value;
    number.setSelectionRange(selectionStart, selectionEnd);
  };
}

function watch() {
  clearTimeout(abandoned);
  abandoned = setTimeout(clear, ABANDONED);
}

/** @returns {HTMLInputElement[]} */
function radios() {
  return [...$('countries').querySelectorAll('input')];
}

/**
 * Making this browser a till: a code of eight characters, typed or brought along in the address.
 * @module
 */

import { $, field, setText } from './page.js';
import { duration, t } from './text.js';

const LENGTH = 8;

/** @param {(code: string) => void} pair */
export function setUp(pair) {
  const typed = field('pairing');
  typed.addEventListener('input', () => {
    const code = bare(typed.value);
    const spaced = code.length > LENGTH / 2 ? `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}` : code;
    if (typed.value !== spaced) typed.value = spaced;
  });
  $('pairing-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const code = bare(typed.value);
    if (code.length === LENGTH) pair(code);
    else setText($('pairing-error'), t('pairing.length'));
  });
}

/**
 * Take the code out of the address, where it must not stay, and use it.
 * @param {(code: string) => unknown} pair
 */
export async function fromAddress(pair) {
  const code = new URLSearchParams(location.hash.slice(1)).get('pair');
  if (code === null) return;
  history.replaceState(null, '', location.pathname);
  await pair(bare(code));
}

let shown = '';

/** @param {import('./views.js').View} view */
export function render(view) {
  if (view.kind !== 'pairing') {
    if (shown) field('pairing').value = shown = '';
    return;
  }
  $('pair').setAttribute('aria-disabled', String(view.busy ?? false));
  const said = view.error ? complaint(view.error, (view.until ?? 0) - performance.now()) : '';
  if (said !== shown || view.busy) setText($('pairing-error'), said);
  shown = said;
}

/** @param {string} error @param {number} left */
function complaint(error, left) {
  switch (error) {
    case 'wait': return left > 0 ? t('pairing.wait', { time: duration(left) }) : t('limit.over');
    case 'insecure': return t('pairing.insecure');
    case 'down': return t('down.title');
    default: return t('pairing.wrong');
  }
}

/** @param {string} text */
function bare(text) {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, '').slice(0, LENGTH);
}

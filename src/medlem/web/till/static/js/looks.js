/**
 * What the cashier may choose about the page: day or night, and the language.
 * @module
 */

import { choices, choose } from './memory.js';
import { $, setIcon, setText } from './page.js';
import { load, t } from './text.js';

const THEMES = ['auto', 'day', 'night'];

/** Dress the page before it is seen. */
export function dress() {
  const theme = choices().theme ?? 'auto';
  document.documentElement.dataset.theme = THEMES.includes(theme) ? theme : 'auto';
}

/**
 * @param {{files: string, language: string, languages: Record<string, string>}} settings
 * @param {() => void} changed
 */
export async function setUp({ files, language, languages }, changed) {
  const chosen = choices().language ?? '';
  await load(files, chosen in languages ? chosen : language);
  const select = /** @type {HTMLSelectElement} */ ($('language'));
  for (const [code, name] of Object.entries(languages)) {
    const option = new Option(name, code);
    option.lang = code;
    select.append(option);
  }
  select.value = chosen in languages ? chosen : language;
  select.addEventListener('change', async () => {
    choose({ language: select.value });
    await load(files, select.value);
    name();
    changed();
  });
  $('theme').addEventListener('click', () => {
    const at = THEMES.indexOf(document.documentElement.dataset.theme ?? 'auto');
    choose({ theme: THEMES[(at + 1) % THEMES.length] });
    dress();
    name();
  });
  name();
}

/** Say on the switch which theme it is. */
function name() {
  const theme = document.documentElement.dataset.theme ?? 'auto';
  setIcon($('theme-icon'), theme);
  setText($('theme-text'), { auto: t('theme.auto'), day: t('theme.day') }[theme] ?? t('theme.night'));
}

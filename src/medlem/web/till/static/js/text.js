/**
 * Every word on the page, from the catalogue of the chosen language.
 * @module
 */

/** @type {Record<string, string>} */
let catalogue = {};
export let language = 'en';

/** Milliseconds between attempts to get a catalogue from a service that does not answer. */
const AGAIN = 1000;

/** @param {string} files where the page's files are @param {string} code */
export async function load(files, code) {
  catalogue = await fetched(`${files}/text/${code}.json`);
  language = code;
  document.documentElement.lang = code;
  for (const element of document.querySelectorAll('[data-text]')) {
    element.textContent = t(/** @type {HTMLElement} */ (element).dataset.text ?? '');
  }
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', t(/** @type {HTMLElement} */ (element).dataset.label ?? ''));
  }
}

/** @param {string} address @returns {Promise<Record<string, string>>} */
async function fetched(address) {
  for (;;) {
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok) return answer.json();
    if (answer?.status === 404) location.reload(); // a new version is in service, and has its own files
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] for the `{…}` in the text
 */
export function t(key, values = {}) {
  return (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** A moment as month and year. @param {string} time */
export function month(time) {
  return new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric' }).format(new Date(time));
}

/** How long ago, in whole minutes or hours, never less than a minute. @param {number} passed milliseconds */
export function ago(passed) {
  const minutes = Math.max(1, Math.floor(passed / 60_000));
  const said = new Intl.RelativeTimeFormat(language);
  return minutes < 60 ? said.format(-minutes, 'minute') : said.format(-Math.floor(minutes / 60), 'hour');
}

/** A country as people call it. @param {string} country */
export function countryName(country) {
  return new Intl.DisplayNames([language], { type: 'region' }).of(country) ?? country;
}

/** Milliseconds as minutes and seconds; hours when there are many. @param {number} left */
export function duration(left) {
  const seconds = Math.max(0, Math.round(left / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return new Intl.NumberFormat(language, { style: 'unit', unit: 'hour', unitDisplay: 'long' }).format(
    Math.ceil(seconds / 3600),
  );
}

/**
 * Calls to the service. Every way in which one can end is a value; nothing is thrown.
 * @module
 */

/**
 * `ok` has the body; `refused` the problem's name and the seconds to wait; `silent` means that no answer came.
 * @typedef {{ok: any} | {refused: string, member?: any, wait: number} | {silent: true}} Answer
 */

const TYPE = 'urn:medlem:problem:';
const GIVE_UP = 8000;

/**
 * @param {string} path
 * @param {object} body
 * @param {{key?: string, patience?: number}} [options] `key`: the same again makes the same call, not a second one
 * @returns {Promise<Answer>}
 */
export function post(path, body, { key, patience } = {}) {
  const headers = { 'Content-Type': 'application/json', ...(key && { 'Idempotency-Key': key }) };
  return call(path, { method: 'POST', headers, body: JSON.stringify(body) }, patience);
}

/** @param {string} path @returns {Promise<Answer>} */
export function get(path) {
  return call(path, {});
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @param {number} patience
 * @returns {Promise<Answer>}
 */
async function call(path, init, patience = GIVE_UP) {
  try {
    const answer = await fetch(path, { ...init, cache: 'no-store', signal: AbortSignal.timeout(patience) });
    check(answer.headers.get('Date'));
    const body = await answer.json();
    if (answer.ok) return { ok: body };
    const refused = String(body.type ?? '').replace(TYPE, '');
    return refused === 'internal-error' || !body.type
      ? { silent: true }
      : { refused, member: body.member, wait: Number(answer.headers.get('Retry-After') ?? 0) };
  } catch {
    return { silent: true };
  }
}

/** `Date` has whole seconds; a difference below this is no news. */
const COARSE = 2000;

let offset = Date.now() - performance.now();

/** Milliseconds since 1970, as the service counts them. */
export function now() {
  return performance.now() + offset;
}

/** The service has just told its time to the millisecond. @param {string} time RFC 3339 */
export function set(time) {
  offset = Date.parse(time) - performance.now();
}

/** An answer carried a `Date`. @param {string | null} date */
export function check(date) {
  const told = Date.parse(date ?? '');
  if (Math.abs(told - now()) > COARSE) offset = told + 500 - performance.now();
}

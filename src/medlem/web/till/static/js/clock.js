/**
 * The service's time. A countdown never follows the till's own clock, which may be wrong or be set meanwhile.
 * @module
 */

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

/**
 * What can be on the screen: how long it stays there, and what a refusal leads to.
 * @module
 */

import { now, post } from './api.js';
import { HOLD } from './till.js';

/** @typedef {{id: string, membership: string, customer: {masked: string}, member: any, app: string, expires_at: string, evidence?: string, as_of?: string | null, app_found?: boolean | null, doubt?: string | null, choices?: {id: string, first_name: string | null}[]}} Identification */
/**
 * What is on the screen. `at` is when it came there, in milliseconds of `performance.now()`.
 * @typedef {{at?: number} & (
 *   {kind: 'starting'} | {kind: 'pairing', error?: string, busy?: boolean, until?: number} |
 *   {kind: 'idle', error?: string} | {kind: 'identifying', by: 'scan' | 'number', hint?: string, retrying?: boolean} |
 *   {kind: 'identified', identification: Identification} | {kind: 'asking', identification: Identification, retrying?: boolean} |
 *   {kind: 'enrolment', id: string} | {kind: 'refused', why: string, until?: number, retry?: () => void} |
 *   {kind: 'signup'})} View
 */

/** Milliseconds that a result stays, before the next customer could read it. */
export const SHOWN = 8000;
/** The same for an end that asks the cashier to do something. */
const SHOWN_TO_ACT = 60_000;
/** @type {Record<string, string>} */
const WHY = {
  'unreadable-code': 'unreadable',
  'platform-unavailable': 'codes_down',
  'platform-surprised-us': 'codes_down',
  'platform-refused-keys': 'codes_down',
  'identification-expired': 'stale',
  'not-found': 'stale',
  'register-unavailable': 'register_down',
};

/**
 * What to show when the service says no, or nothing.
 * @param {import('./api.js').Answer} answer
 * @param {'lookups' | 'asks'} limit which limit it would be
 * @param {() => void} retry
 * @param {Identification} [identification] whom the call was about
 * @returns {View | null} null when the service does not know this till
 */
export function afterRefusal(answer, limit, retry, identification) {
  if (!('refused' in answer)) return { kind: 'refused', why: 'down', retry };
  const { refused, member, wait } = answer;
  switch (refused) {
    case 'unauthenticated':
    case 'forbidden':
      return null;
    case 'invalid-phone-number':
    case 'invalid-request':
      return { kind: 'idle', error: 'invalid' };
    case 'too-many-requests':
      return { kind: 'refused', why: limit, until: performance.now() + wait * 1000 };
    case 'already-member':
      if (identification && member) return { kind: 'identified', identification: { ...identification, membership: 'member', member, doubt: null } };
  }
  return refused in WHY ? { kind: 'refused', why: WHY[refused] } : { kind: 'refused', why: 'down', retry };
}

/** Why this browser did not become a station. @param {any} answer @returns {View} */
export function notPaired(answer) {
  if ('silent' in answer) return { kind: 'pairing', error: 'down' };
  const error = { 'too-many-requests': 'wait', forbidden: 'insecure' }[/** @type {string} */ (answer.refused)];
  return { kind: 'pairing', error: error ?? 'wrong', until: performance.now() + answer.wait * 1000 };
}

/**
 * More is known of a customer, who may still be on the screen; nothing else on it changes.
 * @param {View} view
 * @param {Identification} identification
 */
export function knowBetter(view, identification) {
  if (view.kind === 'identified' && view.identification.id === identification.id) view.identification.app_found = identification.app_found;
}

/** Whether it shows what became of a customer. @param {View} view @param {import('./enrolments.js').Enrolments} enrolments */
export function isResult(view, enrolments) {
  if (view.kind === 'identified') return view.identification.membership !== 'not_member';
  return view.kind === 'enrolment' && enrolments.isFinal(view.id);
}

/**
 * Milliseconds that a view stays by itself.
 * @param {View} view
 * @param {import('./enrolments.js').Enrolments} enrolments
 * @returns {number} 0 for as long as it is needed
 */
export function lifeOf(view, enrolments) {
  if (view.kind === 'refused') return SHOWN;
  if (view.kind === 'identified') {
    const { membership, expires_at, doubt } = view.identification;
    if (doubt) return SHOWN_TO_ACT;
    return membership === 'not_member' ? Math.max(1, Date.parse(expires_at) - now()) : SHOWN;
  }
  if (view.kind !== 'enrolment' || !enrolments.isFinal(view.id)) return 0;
  return ['accepted', 'declined'].includes(enrolments.get(view.id).state) ? SHOWN : SHOWN_TO_ACT;
}

/** The identification whose name agrees with what the customer says: now the app may say so too. */
let compared = '';

/** @param {Identification} identification */
export function isCompared({ id }) {
  return id === compared;
}

/** Whether there is anything to ask this customer in the app. @param {Identification} identification */
export function askable({ id, membership, doubt }) {
  return membership === 'not_member' || doubt === 'confirm_number' || id === compared;
}

/**
 * Say who it is.
 * @param {View} view what is on the screen
 * @param {string} member
 * @returns {Promise<import('./api.js').Answer> | null} null when the button has just appeared
 */
export function choose(view, member) {
  if (view.kind !== 'identified' || performance.now() - (view.at ?? 0) < HOLD) return null;
  const { id, doubt } = view.identification;
  if (doubt !== 'choose') compared = id;
  return post(`/v1/identifications/${id}/member`, { member }, { key: crypto.randomUUID() });
}

/** A word on a bad scan that must not take the screen away from the customer who is being served. */
export class Note {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.why = '';
    this.timer = 0;
  }

  /** @param {string} why */
  show(why) {
    clearTimeout(this.timer);
    this.why = why;
    this.timer = setTimeout(() => {
      this.why = '';
      this.changed();
    }, SHOWN);
    this.changed();
  }
}

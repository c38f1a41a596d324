/**
 * What the screen shows, in words: one description for every state of the till. Nothing is drawn here.
 * @module
 */

import { now } from './api.js';
import { ago, duration, month, t } from './text.js';
import { HOLD } from './till.js';
import { isCompared } from './views.js';

/** @typedef {import('./till.js').Till} Till */
/** @typedef {import('./enrolments.js').Enrolment} Enrolment */
/** @typedef {'invite' | 'again' | 'next' | 'signup' | 'retry' | 'choose'} Name */
/** `key` is its shortcut. @typedef {{name: Name, text: string, key: string, held?: boolean, member?: string}} Action */
/**
 * `tone` colours the block, `urgent` is read out at once, `spoken` replaces the lines for those who hear the screen.
 * @typedef {object} Shown
 * @property {string} state
 * @property {'plain' | 'work' | 'good' | 'ask' | 'warn' | 'bad'} tone
 * @property {string} icon
 * @property {string} title
 * @property {string[]} lines
 * @property {string} [who]
 * @property {string} [code]
 * @property {{left: string, part: number, seconds: number}} [countdown]
 * @property {string} [hint]
 * @property {string} [spoken]
 * @property {boolean} [urgent]
 * @property {Action[]} actions the first is the thing to do, and what Enter does
 * @property {boolean} [calm] none of them is the thing to do now, and Enter does nothing
 */

/** How somebody new joins; any other yes is a member's. */
const NEW = ['joined', 'number_moved', 'entry_not_matched', 'several_entries'];

/** Milliseconds of waiting after which the customer may have got no message. */
const NO_MESSAGE = 8000;
const STILL_WORKING = 2000;
const GIVEN_UP = 10_000;

/** @param {Till} till @returns {Shown} */
export function describe(till) {
  const { view } = till;
  switch (view.kind) {
    case 'idle':
      return gone(till) ? down() : idle(view.error);
    case 'identifying':
      return view.retrying ? down(t('down.trying')) : identifying(view);
    case 'identified':
      return identified(view);
    case 'asking':
      return view.retrying ? down(t('down.trying')) : asking(view.identification);
    case 'enrolment':
      return enrolment(till, view.id, performance.now() - (view.at ?? 0));
    case 'refused':
      return refused(view.why, (view.until ?? 0) - performance.now());
    case 'signup':
      return { ...plain('signup', t('signup.title'), [], [next()]), tone: 'ask', icon: 'person' };
    case 'starting':
      return gone(till) ? down() : plain('starting', t('starting.title'), [], []);
    default:
      return { ...plain('pairing', t('pairing.title'), [], []), icon: 'link' };
  }
}

/** Whether the service has not been heard of for so long that the cashier must know. @param {Till} till */
function gone({ lostAt }) {
  return lostAt !== null && performance.now() - lostAt > GIVEN_UP;
}

/** @param {string | undefined} error */
function idle(error) {
  const shown = { ...plain('idle', t('idle.title'), [], [signup()]), calm: true };
  return error ? { ...shown, state: 'invalid_number', spoken: t('idle.invalid'), urgent: true } : shown;
}

/** @param {import('./views.js').View & {kind: 'identifying'}} view @returns {Shown} */
function identifying({ by, hint, at }) {
  const slow = performance.now() - (at ?? 0) > STILL_WORKING;
  const lines = slow ? [t('identifying.slow')] : [];
  const title = by === 'scan' ? t('identifying.scan') : t('identifying.number');
  return { state: 'identifying', tone: 'work', icon: 'busy', title, who: hint, lines, actions: [next()], calm: true };
}

/** @param {import('./views.js').View & {kind: 'identified'}} view @returns {Shown} */
function identified({ identification, at }) {
  const { membership, member, customer, app, as_of, app_found } = identification;
  const who = customer.masked;
  const held = performance.now() - (at ?? 0) < HOLD;
  if (membership === 'member') {
    const shown = doubted(identification, held, isCompared(identification)) ?? found(member, who, t('member.title'));
    return { state: 'member', tone: 'good', icon: 'check', ...shown, ...remembered(as_of) };
  }
  if (membership === 'unknown') {
    const lines = [t('unknown.line'), t('carry_on')];
    return { state: 'unknown', tone: 'warn', icon: 'alert', title: t('unknown.title'), lines, actions: [next(), signup()] };
  }
  const invite = action('invite', app_found === false ? t('not_member.invite_anyway', { app }) : t('not_member.invite', { app }), '', held);
  const lines = [t('not_member.line')];
  return { state: 'not_member', tone: 'ask', icon: 'person', title: t('not_member.title'), who, lines, actions: [invite, next(), signup()] };
}

/**
 * What the cashier finds out before the member counts. A doubt that is new to this page is a name to compare.
 * @param {import('./views.js').Identification} identification
 * @param {boolean} held
 * @param {boolean} compared the name agrees: now the app can say so too
 * @returns {Partial<Shown> & {title: string, lines: string[], actions: Action[]} | null}
 */
function doubted({ doubt, choices, member, customer, app }, held, compared) {
  const choose = (/** @type {string} */ id, /** @type {string} */ text) => ({ ...action('choose', text, '', held), member: id });
  const confirm = action('invite', t('confirm_number.action', { app }), '', held);
  const who = customer.masked;
  if (!doubt) return compared ? { ...found(member, who, t('member.title')), actions: [next(), confirm] } : null;
  const look = { tone: /** @type {const} */ ('ask'), icon: 'person' };
  if (doubt === 'choose') {
    const names = (choices ?? []).map(({ id, first_name }) => choose(id, first_name ?? t('choose.nameless')));
    return { ...look, who, title: t('choose.title'), lines: [t('choose.line')], actions: [...names, next()], calm: true };
  }
  if (doubt === 'confirm_number') {
    const lines = [t('confirm_number.line', { app })];
    return { ...look, ...found(member, who, t('confirm_number.title')), lines, actions: [confirm, next()] };
  }
  const actions = [choose(member.id, t('compare_name.action')), next()];
  return { ...look, ...found(member, who, t('compare_name.title')), lines: [t('compare_name.line')], actions };
}

/** @param {any} member @param {string} masked @param {string} title */
function found(member, masked, title) {
  const lines = [t('member.number', { number: member.member_number })];
  if (member.since) lines.push(t('member.since', { month: month(member.since) }));
  return { title, who: member.name ? `${member.name} · ${masked}` : masked, lines, actions: [next()] };
}

/** The register is silent, and this is what it said before. @param {string | null | undefined} time */
function remembered(time) {
  return time ? { hint: t('member.as_of', { time: ago(now() - Date.parse(time)) }) } : {};
}

/** @param {{customer: {masked: string}, app: string}} of @returns {Shown} */
function asking({ customer, app }) {
  return { state: 'asking', tone: 'work', icon: 'busy', title: t('asking.title', { app }), who: customer.masked, lines: [], actions: [next()], calm: true };
}

/** @param {Till} till @param {string} id @param {number} shownFor @returns {Shown} */
function enrolment(till, id, shownFor) {
  const one = till.enrolments.get(id);
  if (one.state === 'asking') return { ...asking(one), code: one.code, lines: [t('waiting.check', { app: one.app })] };
  if (one.state === 'waiting') return waiting(one);
  if (one.state === 'accepted') {
    const known = !NEW.includes(one.outcome ?? 'joined');
    const shown = found(one.member, one.customer.masked, known ? t('accepted.back') : t('accepted.title'));
    return { state: 'accepted', tone: 'good', icon: 'check', ...shown, hint: outcome(one.outcome) };
  }
  const again = till.enrolments.canSendAgain(id) ? [action('again', t('again'), 'F2', shownFor < HOLD)] : [];
  return { ...ended(one, again), who: one.customer.masked, urgent: one.state !== 'declined' };
}

/** What else the cashier should know of a yes. @param {string | null | undefined} outcome */
function outcome(outcome) {
  switch (outcome) {
    case 'same_number': return t('outcome.same_number');
    case 'number_changed': return t('outcome.number_changed');
    case 'number_moved': return t('outcome.number_moved');
    case 'entry_found':
    case 'entry_confirmed': return t('outcome.entry_found');
    case 'entry_not_matched':
    case 'several_entries': return t('outcome.entry_not_matched');
    case 'undone': return t('outcome.undone');
    default: return '';
  }
}

/** @param {Enrolment} one @returns {Shown} */
function waiting({ code, app, customer, created_at, expires_at }) {
  const end = Date.parse(expires_at ?? '');
  const whole = end - Date.parse(created_at);
  const left = Math.min(whole, end - now());
  const part = Math.max(0, left / whole);
  return {
    state: 'waiting',
    tone: 'work',
    icon: 'phone',
    title: t('waiting.title'),
    who: customer.masked,
    lines: [t('waiting.check', { app })],
    code,
    countdown: { left: duration(left), part, seconds: Math.round(left / 1000) },
    hint: now() - Date.parse(created_at) > NO_MESSAGE ? t('waiting.no_message', { app }) : '',
    spoken: `${t('waiting.title')}. ${t('waiting.code', { code: [...code].join(' ') })}`,
    actions: [next()],
    calm: true,
  };
}

/**
 * How it ended without a new member, and the best thing to do now.
 * @param {Enrolment} one
 * @param {Action[]} again
 * @returns {Shown}
 */
function ended({ state, reason, app }, again) {
  const name = reason ?? state;
  const warn = (/** @type {string} */ title, /** @type {string} */ line, /** @type {Action[]} */ actions) => ({
    state: name, tone: /** @type {const} */ ('warn'), icon: 'alert', title, lines: [line], actions: [...actions, next()],
  });
  switch (name) {
    case 'declined':
      return { ...warn(t('declined.title'), t('declined.line'), []), tone: 'plain', icon: 'cross' };
    case 'expired':
      return { ...warn(t('expired.title'), t('expired.line', { app }), again), icon: 'clock' };
    case 'cannot_use_app':
      return warn(t('cannot_use_app.title', { app }), t('cannot_use_app.line'), [signup(t('cannot_use_app.action'))]);
    case 'app_too_old':
      return warn(t('app_too_old.title'), t('app_too_old.line', { app }), [signup()]);
    case 'customer_busy':
      return warn(t('customer_busy.title'), t('customer_busy.line', { app }), again);
    case 'platform_unavailable':
      return warn(t('platform_unavailable.title', { app }), t('platform_unavailable.line'), [...again, signup()]);
    case 'platform_surprised_us':
      return warn(t('platform_surprised_us.title', { app }), t('platform_surprised_us.line'), [signup()]);
    default:
      return warn(t('outcome_unknown.title'), t('outcome_unknown.line', { app }), again);
  }
}

/** @param {string} why @param {number} left milliseconds until it is worth trying again @returns {Shown} */
function refused(why, left) {
  const wait = duration(left);
  /** @type {Record<string, () => [string, string]>} */
  const limits = {
    lookups: () => [t('lookups.title'), left > 0 ? t('lookups.line', { time: wait }) : t('limit.over')],
    asks: () => [t('asks.title'), left > 0 ? t('asks.line', { time: wait }) : t('limit.over')],
    codes_down: () => [t('codes_down.title'), t('codes_down.line')],
    register_down: () => [t('unknown.title'), t('carry_on')],
    stale: () => [t('stale.title'), t('stale.line')],
  };
  if (why === 'down') return down();
  const told = limits[why]?.();
  const [title, line] = told ?? [t('bad_scan.title'), badScan(why)];
  const state = told ? { lookups: 'too_many', asks: 'too_many', register_down: 'unknown' }[why] ?? why : 'bad_scan';
  const actions = why === 'asks' ? [signup(), next()] : [next()];
  return { state, tone: 'warn', icon: told ? 'alert' : 'scan', title, lines: [line], urgent: true, actions };
}

/** What was scanned instead, and what to do. @param {string} why */
export function badScan(why) {
  switch (why) {
    case 'product': return t('bad_scan.product');
    case 'barcode': return t('bad_scan.barcode');
    case 'other_qr': return t('bad_scan.other_qr');
    case 'half': return t('bad_scan.half');
    case 'caps': return t('bad_scan.caps');
    case 'alt_numpad': return t('bad_scan.alt_numpad');
    case 'unreadable': return t('bad_scan.unreadable');
    default: return t('bad_scan.unknown');
  }
}

/** @param {string} [line] @returns {Shown} */
function down(line = t('down.line')) {
  const actions = [action('retry', t('down.retry'), ''), next()];
  return { state: 'down', tone: 'bad', icon: 'offline', title: t('down.title'), who: t('carry_on'), lines: [line], urgent: true, actions };
}

/** @param {string} state @param {string} title @param {string[]} lines @param {Action[]} actions @returns {Shown} */
function plain(state, title, lines, actions) {
  return { state, tone: 'plain', icon: 'scan', title, lines, actions };
}

/** @param {Name} name @param {string} text @param {string} key @param {boolean} [held] @returns {Action} */
function action(name, text, key, held) {
  return { name, text, key, held };
}

function next() {
  return action('next', t('next'), 'Esc');
}

function signup(text = t('signup.action')) {
  return action('signup', text, 'F8');
}

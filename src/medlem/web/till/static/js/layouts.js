/**
 * Keyboards: which character stands on which key.
 *
 * A scanner is a keyboard. It presses the keys of the layout that it is set to, and the machine reads them in its own,
 * so `KeyboardEvent.code` (the key) is true where `KeyboardEvent.key` (the character) is not.
 * @module
 */

/**
 * One key press.
 * @typedef {{code: string, key: string, shift: boolean, altGr: boolean, caps: boolean, at: number}} Stroke
 */

/** Plain, with Shift, with AltGr. @typedef {Map<string, string[]>} Layout */

const ROWS = [
  ['Backquote', ...'1234567890'].map((key) => (key.length === 1 ? `Digit${key}` : key)).concat('Minus', 'Equal'),
  ['BracketLeft', 'BracketRight', 'Backslash', 'Semicolon', 'Quote', 'Comma', 'Period', 'Slash', 'IntlBackslash'],
];

/** What all have in common: letters, space, the number pad. @returns {Layout} */
function common() {
  /** @type {Layout} */
  const layout = new Map([['Space', [' ', ' ']]]);
  for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
    layout.set(`Key${letter.toUpperCase()}`, [letter, letter.toUpperCase()]);
  }
  for (const digit of '0123456789') layout.set(`Numpad${digit}`, [digit]);
  const signs = { Decimal: '.', Divide: '/', Multiply: '*', Subtract: '-', Add: '+' };
  for (const [name, sign] of Object.entries(signs)) layout.set(`Numpad${name}`, [sign]);
  return layout;
}

/**
 * @param {string} plain the characters of both rows, key by key
 * @param {string} shift the same with Shift
 * @param {Record<string, string>} altGr
 * @returns {Layout}
 */
function layoutOf(plain, shift, altGr = {}) {
  const layout = common();
  ROWS.flat().forEach((code, at) => layout.set(code, [plain[at], shift[at], altGr[code]]));
  return layout;
}

const ALT_GR = { Digit2: '@', Digit3: '£', Digit4: '$', Digit7: '{', Digit8: '[', Digit9: ']', Digit0: '}' };

export const US = layoutOf("`1234567890-=[]\\;',./<", '~!@#$%^&*()_+{}|:"<>?>');
export const NB = layoutOf("|1234567890+\\å¨'øæ,.-<", '§!"#¤%&/()=?`Å^*ØÆ;:_>', ALT_GR);
export const DA = layoutOf("½1234567890+´å¨'æø,.-<", '§!"#¤%&/()=?`Å^*ÆØ;:_>', ALT_GR);
export const SV = layoutOf("§1234567890+´å¨'öä,.-<", '½!"#¤%&/()=?`Å^*ÖÄ;:_>', ALT_GR);

/**
 * What these key presses mean on a layout.
 * @param {Stroke[]} strokes
 * @param {Layout} layout
 * @returns {string | null} null when one of them means nothing there
 */
export function read(strokes, layout) {
  let text = '';
  for (const { code, shift, altGr } of strokes) {
    const levels = layout.get(code);
    const character = levels?.[altGr ? 2 : shift && levels.length > 1 ? 1 : 0];
    if (character === undefined) return null;
    text += character;
  }
  return text;
}

/**
 * Take back what a machine made of a scanner's keys, when all that is left is the text.
 * @param {string} text
 * @param {Layout} machine
 * @param {Layout} scanner
 * @returns {string | null}
 */
export function undo(text, machine, scanner) {
  const keys = new Map();
  for (const [code, levels] of machine) {
    if (code.startsWith('Numpad')) continue; // the same on every layout, and not what scanners press
    levels.forEach((character, level) => {
      if (character !== undefined && !keys.has(character)) keys.set(character, [code, level]);
    });
  }
  let undone = '';
  for (const character of text) {
    const [code, level] = keys.get(character) ?? [];
    const meant = scanner.get(code)?.[level];
    if (meant === undefined) return null;
    undone += meant;
  }
  return undone;
}

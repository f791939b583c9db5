export type Why = "short" | "own" | "repeat" | "sequence" | "common" | "good";

export interface Judged {
  /** From 0 to 4; below 3 the server would very likely refuse it. */
  score: number;
  why: Why;
}

const SHORTEST = 12;
const LONG = 16;
const LEFT = 6; // so many signs have to remain when all that is easy is taken out

// What most of the common passwords are built on. The server has the long list, and the last word.
const COMMON =
  /password|passwort|qwert[yz]?|asdf|zxcv|iloveyou|letmein|welcome|admin(istrator)?|login|secret|master|dragon|monkey|shadow|princess|sunshine|football|baseball|superman|batman|liverpool|chelsea|arsenal|barcelona|manchester|united|michael|jessica|charlie|jennifer|trustno1|abc123|123456|india|bharat|krishna|ganesh|summer|winter|spring|autumn|january|october|november|december/g;
const SIGNS: Record<string, string> = { "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i" };
const ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890"];

/** Judges what can be judged without a list: nothing that is typed leaves the page for it. */
export function judged(password: string, own: readonly string[]): Judged {
  const signs = [...password.toLowerCase()];
  if (signs.length < SHORTEST) return { score: Math.min(2, Math.floor(signs.length / 5)), why: "short" };
  const plain = signs.join("");
  const rest = without(plain, parts(own));
  if (rest.length < plain.length && [...rest].length < SHORTEST) return { score: 1, why: "own" };
  if (new Set(signs).size < LEFT || /^(.{1,8}?)\1+.?$/u.test(plain)) return { score: 0, why: "repeat" };
  if (outsideRows(signs) < LEFT) return { score: 0, why: "sequence" };
  if (beyondCommon(plain) < LEFT) return { score: 1, why: "common" };
  return { score: signs.length < LONG ? 3 : 4, why: "good" };
}

/** The words of somebody's own data, the longest first; shorter ones are in any word. */
function parts(own: readonly string[]): string[] {
  const texts = own.map((text) => text.toLowerCase().trim());
  const found = texts.flatMap((text) => [text, text.split("@")[0] ?? "", ...text.replace(/\.[a-z]+$/, "").split(/[^\p{L}\p{M}\p{N}]+/u)]);
  return found.filter((part) => part.length > 3).sort((one, other) => other.length - one.length);
}

function without(text: string, parts: readonly string[]): string {
  return parts.reduce((rest, part) => rest.replaceAll(part, ""), text);
}

/** How many signs do not go on from the one before them: in the alphabet, in numbers, on the keyboard, or the same. */
function outsideRows(signs: readonly string[]): number {
  return signs.filter((sign, at) => at === 0 || !goesOn(signs[at - 1] ?? "", sign)).length;
}

function goesOn(before: string, sign: string): boolean {
  const step = (sign.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0);
  return Math.abs(step) < 2 || ROWS.some((row) => row.includes(before + sign) || row.includes(sign + before));
}

/** How many letters remain when the common words are out, however they are written; enough where there are none. */
function beyondCommon(plain: string): number {
  const read = [...plain].map((sign) => SIGNS[sign] ?? sign).join("");
  return Math.min(lettersLeft(plain), lettersLeft(read));
}

function lettersLeft(text: string): number {
  const rest = text.replaceAll(COMMON, "");
  return rest === text ? LEFT : [...rest.replace(/\P{L}/gu, "")].length;
}

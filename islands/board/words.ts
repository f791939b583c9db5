/** What the board says, in the reader's language; the template `board_island.html` writes it. */
export type Words = Record<Phrase, string>;

export type Phrase =
  | "lift" | "help" | "lifted" | "over" | "over_decide" | "over_home" | "left" | "moving" | "moved" | "undo" | Problem;

/** Why a move did not take place. */
export type Problem = "closed" | "gone" | "signed_out" | "too_often" | "refused" | "unreachable";

/** Puts names into a phrase, as the server's own translations do: `%(name)s`. */
export function said(phrase: string, names: { name: string; stage: string }): string {
  return phrase.replace(/%\((name|stage)\)s/g, (_, key: "name" | "stage") => names[key]);
}

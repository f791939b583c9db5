/**
 * Islands: the few places of a page that get better with a script. Each begins at the elements
 * its selector finds; a page without one of them pays for nothing but this list.
 */
import { board } from "./board/board.ts";
import { copy } from "./copy/copy.ts";
import { moment } from "./moments/moments.ts";
import { passkey } from "./passkey/passkey.ts";
import { reveal } from "./reveal/reveal.ts";
import { strength } from "./strength/strength.ts";
import { forgetOthers } from "./unsaved/kept.ts";
import { unsaved } from "./unsaved/unsaved.ts";
import { upload } from "./upload/upload.ts";

const islands: [selector: string, begin: (element: HTMLElement) => void][] = [
  ["[data-island=board]", board],
  ["[data-copy]", copy],
  ["time[datetime*=T]", moment],
  ["main form[method=post]", unsaved],
  ["form[data-island=passkey]", passkey],
  ["main input[type=password]", reveal],
  ["[data-island=strength]", strength],
  ["form[data-island=upload]", (form) => upload(form, begin)],
];

function begin(root: ParentNode): void {
  for (const [selector, island] of islands) {
    for (const element of root.querySelectorAll<HTMLElement>(selector)) island(element);
  }
}

forgetOthers();
begin(document);

/**
 * Islands: the few places of a page that get better with a script. Each begins at the elements
 * its selector finds; a page without one of them pays for nothing but this list.
 */
import { board } from "./board/board.ts";
import { copy } from "./copy/copy.ts";
import { moment } from "./moments/moments.ts";
import { unsaved } from "./unsaved/unsaved.ts";

const islands: [selector: string, begin: (element: HTMLElement) => void][] = [
  ["[data-island=board]", board],
  ["[data-copy]", copy],
  ["time[datetime*=T]", moment],
  ["main form[method=post]:has(textarea)", unsaved],
];

for (const [selector, begin] of islands) {
  for (const element of document.querySelectorAll<HTMLElement>(selector)) begin(element);
}

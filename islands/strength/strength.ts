import { judged, type Judged } from "./judging.ts";

const PAUSE = 500; // milliseconds without a key, after which it is said aloud
const OWN = "input:is([type=email], [type=text]):not([autocomplete$=password])";

/**
 * A meter below a password that is being chosen, and one sentence that says what to do.
 * `<div data-island="strength" data-label="…" data-short="…" data-own="…" …>` around the field has
 * the sentences, those of the server. It stops nobody: what counts is the server's judgement.
 */
export function strength(element: HTMLElement): void {
  const field = element.querySelector<HTMLInputElement>("input[type=password]");
  if (!field) return;
  const meter = document.createElement("meter");
  Object.assign(meter, { min: 0, low: 2, high: 3, optimum: 4, max: 4, hidden: true, className: "meter" });
  meter.setAttribute("aria-label", element.dataset["label"] ?? "");
  const line = document.createElement("p");
  line.className = "hint";
  line.setAttribute("aria-live", "polite");
  field.parentElement?.append(meter, line);
  let waiting = 0;
  const look = (): void => {
    const found = judged(field.value, ownOf(field.form));
    meter.hidden = !field.value;
    meter.value = found.score;
    clearTimeout(waiting);
    waiting = setTimeout(() => say(line, field.value ? sentence(element, found, field.value) : ""), PAUSE);
  };
  field.form?.addEventListener("input", look);
  if (field.value) look(); // a password manager was faster
}

/** What somebody typed about themselves into the same form. */
function ownOf(form: HTMLFormElement | null): string[] {
  return [...(form?.querySelectorAll<HTMLInputElement>(OWN) ?? [])].map((other) => other.value).filter(Boolean);
}

function sentence(element: HTMLElement, found: Judged, password: string): string {
  const count = new Intl.NumberFormat(document.documentElement.lang).format([...password].length);
  return (element.dataset[found.why] ?? "").replace("{count}", count);
}

/** Says something only when it is new: a screen reader repeats whatever is written. */
function say(line: HTMLElement, text: string): void {
  if (line.textContent !== text) line.textContent = text;
}

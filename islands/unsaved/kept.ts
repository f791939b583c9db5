type Typed = Record<string, string>;
type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const TEXTS = "textarea, input:is([type=text], [type=email], [type=tel], [type=url], [type=number], [type=date])";
const CHOICES = "select, input:is([type=radio], [type=checkbox])";
const ANEW = new Set<string>(["off", "one-time-code"]);

/**
 * What somebody has typed into a form and not sent, for as long as the tab is open. Never passwords,
 * files or what the page wants typed anew; never a tick below a notice, because one consents to the
 * words one has read. Someone signed in leaves nothing for whoever comes to the same tab after them.
 */
export class Kept {
  private readonly fields: Field[];
  private readonly store: Storage;
  private readonly key: string;

  private constructor(fields: Field[], store: Storage, key: string) {
    this.fields = fields;
    this.store = store;
    this.key = key;
  }

  /** Returns null for a form that asks for no text, and where the browser keeps nothing. */
  static of(form: HTMLFormElement): Kept | null {
    const asked = form.querySelector("[name=notice]") ? TEXTS : `${TEXTS}, ${CHOICES}`;
    const fields = [...form.querySelectorAll<Field>(asked)].filter((field) => !ANEW.has(field.autocomplete));
    const store = storage();
    if (!store || !form.querySelector(TEXTS) || !fields.length) return null;
    return new Kept(fields, store, prefix() + new URL(form.action).pathname);
  }

  /** Keeps what the form holds now; returns whether the browser took it. */
  keep(): boolean {
    try {
      this.store.setItem(this.key, JSON.stringify(this.typed()));
      return true;
    } catch {
      return false;
    }
  }

  forget(): void {
    this.store.removeItem(this.key);
  }

  /** Puts back what was kept; returns whether that changed anything. An answer to what was sent counts more. */
  restore(): boolean {
    const before = JSON.stringify(this.typed());
    const kept = JSON.parse(this.store.getItem(this.key) ?? "{}") as Typed;
    if (document.querySelector("main .problem")) this.forget();
    else for (const field of this.fields) put(field, kept[field.name]);
    return JSON.stringify(this.typed()) !== before;
  }

  private typed(): Typed {
    const found: Typed = {};
    for (const field of this.fields) {
      if (!isTick(field)) found[field.name] = field.value;
      else if (field.checked) found[field.name] = field.value;
      else found[field.name] ??= "";
    }
    return found;
  }
}

/** Forgets what was typed by whoever used this tab before: signed in, or not, unlike the reader of this page. */
export function forgetOthers(): void {
  const store = storage();
  if (!store || !document.querySelector(".top-nav")) return; // a page that does not know who reads it
  const ours = prefix();
  for (const key of Object.keys(store)) if (key.startsWith("typed-") && !key.startsWith(ours)) store.removeItem(key);
}

function prefix(): string {
  return document.querySelector("form[action='/sign-out']") ? "typed-in:" : "typed-out:";
}

function isTick(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && (field.type === "radio" || field.type === "checkbox");
}

function put(field: Field, value: string | undefined): void {
  if (value === undefined) return;
  if (isTick(field)) field.checked = field.value === value;
  else field.value = value;
}

function storage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

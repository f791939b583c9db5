/** Columns and cards: the page's own elements, under the names that people use. */

/** What a drop does: `move` the application, go to the page where one can `decide`, or nothing. */
export type Drop = "move" | "decide" | null;

export class Column {
  readonly element: HTMLElement;
  readonly stage: string;
  readonly drop: Drop;
  private readonly list: HTMLElement;

  constructor(element: HTMLElement) {
    const list = element.querySelector<HTMLElement>("ul");
    if (!list) throw new Error("a column without a list");
    this.element = element;
    this.list = list;
    this.stage = element.dataset["stage"] ?? "";
    const drop = element.dataset["drop"];
    this.drop = drop === "move" || drop === "decide" ? drop : null;
  }

  get name(): string {
    return this.element.querySelector("[data-name]")?.textContent.trim() ?? this.stage;
  }

  /** Takes a card in: on top, as the newest, or before the one that it stood before. */
  take(card: Card, before: Element | null = this.list.firstElementChild): void {
    this.list.insertBefore(card.element, before?.parentElement === this.list ? before : null);
  }

  /** The number may be larger than what is shown, so it is counted on, not counted. */
  count(by: 1 | -1): void {
    const heading = this.element.querySelector<HTMLElement>("[data-count]");
    if (heading) {
      const number = Number(heading.dataset["count"]) + by;
      const text = new Intl.NumberFormat(document.documentElement.lang).format(number);
      heading.dataset["count"] = String(number);
      // The links that lead to a column on a phone say its number as well.
      const links = document.querySelectorAll(`a[href="#${heading.parentElement?.id}"] .count`);
      for (const shown of [heading, ...links]) shown.textContent = text;
    }
    const nobody = this.element.querySelector<HTMLElement>("[data-empty]");
    if (nobody) nobody.hidden = this.list.childElementCount > 0;
  }
}

export class Card {
  readonly element: HTMLElement;
  readonly handle = document.createElement("button");
  private readonly link: HTMLAnchorElement;

  constructor(element: HTMLElement) {
    const link = element.querySelector<HTMLAnchorElement>("a[href]");
    if (!link) throw new Error("a card without a link");
    this.element = element;
    this.link = link;
    this.handle.type = "button";
    this.handle.className = "lift";
    link.draggable = false; // or the link would be dragged in place of the card
    element.draggable = true;
    element.append(this.handle);
    const form = element.querySelector<HTMLFormElement>("form[data-move]");
    if (form) form.hidden = true;
  }

  get name(): string {
    return (this.element.querySelector("[data-who]") ?? this.link).textContent.trim();
  }

  /** Where its own form goes: the same route with a script and without. */
  get moveUrl(): string {
    const form = this.element.querySelector<HTMLFormElement>("form[data-move]");
    return form?.action ?? `${this.link.pathname}/move`;
  }

  get decideUrl(): string {
    return `${this.link.pathname}#decide`;
  }

  /** Whether the site has not answered yet. */
  get isMoving(): boolean {
    return this.element.classList.contains("is-moving");
  }

  set isMoving(moving: boolean) {
    this.element.classList.toggle("is-moving", moving);
  }
}

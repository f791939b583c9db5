/**
 * The board: cards go from stage to stage by mouse, by touch and by keyboard.
 *
 * A card is lifted, stands over a column, and is dropped or left; dragging, tapping and the
 * arrow keys are three ways to say the same. A move shows at once and is taken back when the
 * site says no. The hooks in the page are in README.md.
 */
import { Message } from "./message.ts";
import { Card, Column } from "./places.ts";
import { send } from "./sending.ts";
import { directionOf, next } from "./steps.ts";
import { type Phrase, type Words, said } from "./words.ts";

interface Lifted {
  card: Card;
  home: Column;
  over: Column;
}

export function board(element: HTMLElement): void {
  const words = JSON.parse(element.dataset["words"] ?? "{}") as Words;
  const columns = [...element.querySelectorAll<HTMLElement>("[data-stage]")].map((one) => new Column(one));
  const pipeline = new Board(columns, words, new Message(element, words.help));
  for (const column of columns) {
    pipeline.watch(column);
    for (const card of column.element.querySelectorAll<HTMLElement>("[data-application]")) pipeline.offer(new Card(card));
  }
}

class Board {
  private readonly columns: Column[];
  private readonly words: Words;
  private readonly message: Message;
  private lifted: Lifted | null = null;

  constructor(columns: Column[], words: Words, message: Message) {
    this.columns = columns;
    this.words = words;
    this.message = message;
  }

  /** Lets a card be lifted: dragged, or by its handle. */
  offer(card: Card): void {
    card.handle.setAttribute("aria-label", said(this.words.lift, { name: card.name, stage: "" }));
    card.handle.setAttribute("aria-describedby", this.message.id);
    card.handle.addEventListener("keydown", (press) => this.steer(press));
    card.handle.addEventListener("click", (press) => {
      press.stopPropagation(); // the column below takes a click for the place to drop
      if (this.lifted?.card === card) this.drop();
      else this.lift(card);
    });
    card.element.addEventListener("dragstart", (drag) => {
      drag.dataTransfer?.setData("text/plain", ""); // some browsers drag nothing that carries nothing
      this.lift(card);
    });
    card.element.addEventListener("dragend", () => this.leave());
  }

  /** Lets a column take what is lifted, by a drop or by a click into it. */
  watch(column: Column): void {
    const hovers = (drag: DragEvent): void => {
      if (!this.takes(column)) return;
      drag.preventDefault(); // this is what allows the drop
      this.hover(column);
    };
    column.element.addEventListener("dragenter", hovers);
    column.element.addEventListener("dragover", hovers);
    const drops = (event: Event): void => {
      if (!this.takes(column)) return;
      event.preventDefault();
      this.hover(column);
      this.drop();
    };
    column.element.addEventListener("drop", drops);
    column.element.addEventListener("click", drops);
  }

  private steer(press: KeyboardEvent): void {
    if (!this.lifted) return;
    const by = directionOf(press.key);
    if (by) {
      const { home, over } = this.lifted;
      this.hover(next(this.columns, home, over, by));
      press.preventDefault();
    } else if (press.key === "Escape" || press.key === "Tab") {
      this.leave();
    }
  }

  private lift(card: Card): void {
    this.leave();
    const home = this.columns.find((column) => column.element.contains(card.element));
    if (!home || card.isMoving) return;
    this.lifted = { card, home, over: home };
    this.mark(true);
    this.say("lifted", card, home);
  }

  private takes(column: Column): boolean {
    return this.lifted !== null && (column.drop !== null || column === this.lifted.home);
  }

  private hover(column: Column): void {
    if (!this.lifted || this.lifted.over === column) return;
    this.mark(false);
    this.lifted.over = column;
    this.mark(true);
    const phrase = column === this.lifted.home ? "over_home" : column.drop === "decide" ? "over_decide" : "over";
    this.say(phrase, this.lifted.card, column);
  }

  private leave(): void {
    if (!this.lifted) return;
    this.mark(false);
    this.say("left", this.lifted.card, this.lifted.home);
    this.lifted = null;
  }

  private drop(): void {
    if (!this.lifted || this.lifted.over === this.lifted.home) {
      this.leave();
      return;
    }
    const { card, home, over } = this.lifted;
    this.mark(false);
    this.lifted = null;
    if (over.drop === "decide") location.assign(card.decideUrl);
    else void this.move(card, home, over);
  }

  /** Shows the move, asks the site for it, and takes it back when the answer is no. */
  private async move(card: Card, from: Column, to: Column): Promise<void> {
    const before = card.element.nextElementSibling;
    card.isMoving = true;
    this.place(card, from, to);
    this.say("moving", card, to);
    const problem = await send(card.moveUrl, to.stage);
    card.isMoving = false;
    if (problem) {
      this.place(card, to, from, before);
      this.message.complain(this.said(problem, card, from));
      return;
    }
    const undo = { label: this.words.undo, run: () => this.undo(card, to, from) };
    this.message.say(this.said("moved", card, to), from.drop === "move" ? undo : undefined);
  }

  private undo(card: Card, from: Column, to: Column): void {
    card.handle.focus(); // the button that had it goes away
    void this.move(card, from, to);
  }

  private place(card: Card, from: Column, to: Column, before?: Element | null): void {
    const focused = card.element.contains(document.activeElement);
    to.take(card, before);
    from.count(-1);
    to.count(1);
    if (focused) card.handle.focus(); // an element that moves loses it
  }

  private mark(on: boolean): void {
    this.lifted?.card.element.classList.toggle("is-lifted", on);
    this.lifted?.card.handle.setAttribute("aria-pressed", String(on));
    this.lifted?.over.element.classList.toggle("is-over", on);
  }

  private say(phrase: Phrase, card: Card, column: Column): void {
    this.message.say(this.said(phrase, card, column));
  }

  private said(phrase: Phrase, card: Card, column: Column): string {
    return said(this.words[phrase], { name: card.name, stage: column.name });
  }
}

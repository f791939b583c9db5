/** The line above the board that tells what happened, read aloud by a screen reader as well. */
export class Message {
  readonly id = "board-says";
  private readonly text = document.createElement("p");
  private readonly line = document.createElement("div");

  constructor(board: HTMLElement, first: string) {
    this.line.className = "board-says";
    this.line.setAttribute("role", "status");
    this.text.id = this.id;
    this.text.textContent = first;
    this.line.append(this.text);
    board.before(this.line);
  }

  /** Says something in place of what was said before, with something to do about it if there is. */
  say(text: string, act?: { label: string; run: () => void }): void {
    this.line.classList.remove("is-problem");
    this.text.textContent = text;
    this.line.replaceChildren(this.text);
    if (!act) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "second small";
    button.textContent = act.label;
    button.addEventListener("click", act.run, { once: true });
    this.line.append(button);
  }

  /** Says that something went wrong. */
  complain(text: string): void {
    this.say(text);
    this.line.classList.add("is-problem");
  }
}

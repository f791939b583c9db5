/**
 * A text that people take elsewhere (a receipt, a key) gets a button that copies it.
 * `<code data-copy="Copy" data-copied="Copied">…</code>`
 */
export function copy(source: HTMLElement): void {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second small copy";
  // The button's own text changes, so a screen reader says what happened.
  button.setAttribute("aria-live", "polite");
  button.textContent = source.dataset["copy"] ?? "";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = source.dataset["copied"] ?? "";
    } catch {
      // The browser does not let a page copy: the text is selected for whoever does it themselves.
      getSelection()?.selectAllChildren(source);
    }
  });
  source.after(" ", button);
}

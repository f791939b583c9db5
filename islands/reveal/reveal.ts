/**
 * A password can be looked at by whoever types it. It is hidden again before it is sent, and never
 * meant for a spelling checker, which may send what it checks elsewhere. The page has the words.
 */
export function reveal(element: HTMLElement): void {
  const words = document.querySelector("main")?.dataset;
  if (!(element instanceof HTMLInputElement) || !words?.["show"]) return;
  const field = element;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second small reveal";
  button.setAttribute("aria-controls", field.id);
  field.spellcheck = false;
  field.setAttribute("autocapitalize", "none");
  const turn = (shown: boolean): void => {
    field.type = shown ? "text" : "password";
    button.textContent = words[shown ? "hide" : "show"] ?? "";
  };
  button.addEventListener("click", () => turn(field.type === "password"));
  field.form?.addEventListener("submit", () => turn(false));
  window.addEventListener("pagehide", () => turn(false));
  turn(false);
  field.after(button);
}

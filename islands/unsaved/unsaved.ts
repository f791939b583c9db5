/** A form with a long text asks before the page is left with something typed in it. */
export function unsaved(form: HTMLElement): void {
  let typed = false;
  form.addEventListener("input", () => (typed = true));
  form.addEventListener("submit", () => (typed = false));
  window.addEventListener("beforeunload", (leaving) => {
    if (typed) leaving.preventDefault();
  });
}

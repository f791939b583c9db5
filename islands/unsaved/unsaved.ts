import { Kept } from "./kept.ts";

/**
 * Nothing typed is lost by accident. It is kept while the tab is open, so that looking something up,
 * changing the profile or the language and coming back finds it again; and whoever closes a page with
 * a long text in it is asked. What was sent is no longer kept.
 */
export function unsaved(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement)) return;
  const kept = Kept.of(form);
  if (!kept) return;
  if (kept.restore()) tell(form);
  let typed = false;
  let stays = false;
  form.addEventListener("input", () => {
    typed = true;
    stays = kept.keep();
  });
  form.addEventListener("submit", () => {
    typed = false;
    kept.forget();
  });
  if (!form.querySelector("textarea")) return;
  let within = false; // on the way to another page of ours, where what is kept is still there
  document.addEventListener("click", (pressed) => (within = leadsWithin(pressed)));
  document.addEventListener("submit", () => (within = true));
  window.addEventListener("beforeunload", (leaving) => {
    if (typed && !(within && stays)) leaving.preventDefault();
    within = false;
  });
}

function leadsWithin(pressed: MouseEvent): boolean {
  const link = pressed.target instanceof Element ? pressed.target.closest("a") : null;
  return link?.origin === location.origin;
}

/** Says that the form holds more than the page brought; the page has the words. */
function tell(form: HTMLFormElement): void {
  const line = document.createElement("p");
  line.textContent = document.querySelector("main")?.dataset["kept"] ?? "";
  const box = document.createElement("div");
  box.className = "tell";
  box.setAttribute("role", "status");
  box.append(line);
  form.before(box);
}

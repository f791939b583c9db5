/** An instant is shown in the reader's own time zone; the server's words stay as its title. */
export function moment(element: HTMLElement): void {
  const at = new Date(element.getAttribute("datetime") ?? "");
  if (Number.isNaN(at.valueOf()) || element.childElementCount || element.hasAttribute("data-as-it-is")) return;
  element.title = element.textContent.trim();
  const shown = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  element.textContent = shown.format(at);
}

/**
 * An instant is shown in the reader's own time zone, written as the server writes it; the server's
 * words stay as its title. Below the heading of a day (`data-below-day`), the day is said only where it
 * is another one for this reader.
 */
export function moment(element: HTMLElement): void {
  const at = new Date(element.getAttribute("datetime") ?? "");
  if (Number.isNaN(at.valueOf()) || element.childElementCount || element.hasAttribute("data-as-it-is")) return;
  const { day, time } = written(at);
  element.title = element.textContent.trim();
  element.textContent = element.hasAttribute("data-below-day") && day === written(at, "UTC").day ? time : `${day}, ${time}`;
}

function written(at: Date, timeZone?: string): { day: string; time: string } {
  const told = new Intl.DateTimeFormat(document.documentElement.lang, {
    ...{ day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    ...(timeZone && { timeZone }),
  });
  const said = Object.fromEntries(told.formatToParts(at).map((part) => [part.type, part.value]));
  return { day: `${said["day"]} ${said["month"]} ${said["year"]}`, time: `${said["hour"]}:${said["minute"]}` };
}

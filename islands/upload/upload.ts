/**
 * A form that sends a file shows how far it is and can be stopped; it sends exactly what it would
 * send without a script. The form brings the words: `data-sending`, `-checking`, `-stop`, `-stopped`,
 * `-failed` and `-too-large` (with `data-most`, in bytes).
 */
export function upload(form: HTMLElement, begin: (root: ParentNode) => void): void {
  if (!(form instanceof HTMLFormElement)) return;
  const words = form.dataset;
  form.addEventListener("submit", (leaving) => {
    const file = form.querySelector<HTMLInputElement>("input[type=file]")?.files?.[0];
    if (!file) return;
    leaving.preventDefault();
    form.querySelector(".sending")?.remove();
    const line = new Line(form, file.name);
    if (file.size > Number(words["most"])) line.end(words["tooLarge"]);
    else send(form, line, begin);
  });
}

function send(form: HTMLFormElement, line: Line, begin: (root: ParentNode) => void): void {
  const words = form.dataset;
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  const request = new XMLHttpRequest(); // fetch does not tell how much was sent
  const end = (said: string | undefined): void => {
    line.end(said);
    if (button) button.disabled = false;
  };
  request.open("POST", form.action);
  request.responseType = "document";
  request.upload.addEventListener("progress", (sent) => line.show(sent.loaded / sent.total));
  request.upload.addEventListener("load", () => line.wait(words["checking"]));
  request.addEventListener("abort", () => end(words["stopped"]));
  request.addEventListener("error", () => end(words["failed"]));
  request.addEventListener("load", () => {
    if (request.status < 400) return location.assign(request.responseURL);
    const answer = request.responseXML?.querySelector("main");
    if (!answer) return end(words["failed"]);
    document.title = request.responseXML?.title ?? document.title;
    document.querySelector("main")?.replaceWith(answer);
    begin(answer);
    answer.querySelector<HTMLElement>("[autofocus]")?.focus();
  });
  if (button) button.disabled = true;
  line.begin(words["sending"], words["stop"], () => request.abort());
  request.send(new FormData(form));
}

/** What stands below the form while a file is on its way; a screen reader hears each change of state, and no numbers. */
class Line {
  private readonly box = document.createElement("div");
  private readonly text = document.createElement("p");
  private readonly far = document.createElement("span");
  private readonly bar = document.createElement("progress");
  private readonly stop = document.createElement("button");
  private readonly percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

  constructor(form: HTMLFormElement, name: string) {
    this.box.className = "sending";
    this.text.setAttribute("role", "status");
    this.far.className = "soft number";
    this.bar.className = "progress";
    this.bar.setAttribute("aria-label", name);
    this.stop.type = "button";
    this.stop.className = "second small";
    this.box.append(this.text);
    form.querySelector("button[type=submit]")?.after(this.box);
  }

  begin(said: string | undefined, label: string | undefined, stop: () => void): void {
    this.stop.textContent = label ?? "";
    this.stop.addEventListener("click", stop, { once: true });
    this.box.append(this.far, this.bar, this.stop);
    this.say(said);
    this.show(0);
    this.stop.focus();
  }

  show(part: number): void {
    this.bar.value = part;
    this.far.textContent = this.percent.format(part);
  }

  /** All of it has left; what the site does with it cannot be measured, nor undone by stopping. */
  wait(said: string | undefined): void {
    this.show(1);
    this.stop.remove();
    this.say(said);
  }

  end(said: string | undefined): void {
    this.box.replaceChildren(this.text);
    this.say(said);
  }

  private say(said: string | undefined): void {
    this.text.textContent = said ?? "";
  }
}

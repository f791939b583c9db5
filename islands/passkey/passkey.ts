/**
 * A form that a passkey answers. `<form data-island="passkey" data-question="/…" data-failed="…" hidden>`
 * has a hidden field `answer` and a line for what went wrong; `data-act="create"` makes a passkey.
 * Where the browser offers none the form stays hidden, and what says so (`data-without-passkeys`) stays.
 */
export function passkey(element: HTMLElement): void {
  if (!(element instanceof HTMLFormElement) || !offered()) return;
  const form = element;
  form.hidden = false;
  for (const note of document.querySelectorAll<HTMLElement>("[data-without-passkeys]")) note.hidden = true;
  form.addEventListener("submit", (sent) => {
    if (answer(form).value) return; // the device has answered: this is what is sent
    sent.preventDefault();
    void ask(form);
  });
}

function offered(): boolean {
  return "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;
}

async function ask(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector<HTMLButtonElement>("button");
  const problem = form.querySelector<HTMLElement>("[role=alert]");
  if (button) button.disabled = true;
  if (problem) problem.hidden = true;
  try {
    answer(form).value = JSON.stringify(await answered(form));
    form.requestSubmit();
  } catch {
    // Called off, timed out, or no passkey at hand: the browser does not tell which, and need not.
    if (problem) {
      problem.textContent = form.dataset["failed"] ?? "";
      problem.hidden = false;
    }
  } finally {
    if (button) button.disabled = false;
  }
}

async function answered(form: HTMLFormElement): Promise<unknown> {
  const told = await fetch(form.dataset["question"] ?? "", { method: "POST" });
  if (!told.ok) throw new Error("no question");
  const question: unknown = await told.json();
  const found =
    form.dataset["act"] === "create"
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(question as PublicKeyCredentialCreationOptionsJSON),
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(question as PublicKeyCredentialRequestOptionsJSON),
        });
  if (!(found instanceof PublicKeyCredential)) throw new Error("no passkey");
  return found.toJSON();
}

function answer(form: HTMLFormElement): HTMLInputElement {
  return form.elements.namedItem("answer") as HTMLInputElement;
}

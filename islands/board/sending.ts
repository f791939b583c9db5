import type { Problem } from "./words.ts";

const PATIENCE = 20_000;

const PROBLEMS: Record<number, Problem> = { 401: "signed_out", 404: "gone", 409: "closed", 429: "too_often" };

/**
 * Asks the site to move an application, exactly as the form without a script does; returns what
 * was in the way, or null. The body of the answer is never read: a card needs to know no more.
 */
export async function send(url: string, stage: string): Promise<Problem | null> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      body: new URLSearchParams({ stage }),
      redirect: "manual", // the board it leads to need not be loaded, nor be written down as looked at
      keepalive: true, // whoever follows a link at once has moved the card all the same
      signal: AbortSignal.timeout(PATIENCE),
    });
    return problemOf(answer.type, answer.status);
  } catch {
    return "unreachable";
  }
}

/** A move that took place answers with a redirect, and nothing else does. */
export function problemOf(type: ResponseType, status: number): Problem | null {
  if (type === "opaqueredirect") return null;
  if (status >= 500) return "unreachable";
  return PROBLEMS[status] ?? "refused";
}

import type { Drop } from "./places.ts";

/** Which way a key goes through the columns; a narrow screen stacks them, so both axes count. */
export function directionOf(key: string): 1 | -1 | null {
  if (key === "ArrowRight" || key === "ArrowDown") return 1;
  if (key === "ArrowLeft" || key === "ArrowUp") return -1;
  return null;
}

/** The next column that would take the card: one that takes drops, or its own; else the same one. */
export function next<Place extends { drop: Drop }>(places: Place[], home: Place, over: Place, by: 1 | -1): Place {
  const open = places.filter((place) => place.drop !== null || place === home);
  return open[open.indexOf(over) + by] ?? over;
}

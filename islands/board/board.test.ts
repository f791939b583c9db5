import assert from "node:assert/strict";
import { test } from "node:test";

import type { Drop } from "./places.ts";
import { problemOf } from "./sending.ts";
import { directionOf, next } from "./steps.ts";
import { said } from "./words.ts";

const [fresh, review, offer, closed] = (["new", "review", "offer", "closed"] as const).map((stage, at) => ({
  stage,
  drop: ([null, "move", "move", "decide"] as Drop[])[at] ?? null,
})) as [Place, Place, Place, Place];
const places = [fresh, review, offer, closed];

interface Place {
  stage: string;
  drop: Drop;
}

test("keys lead through the columns that take the card, and its own", () => {
  assert.equal(next(places, fresh, fresh, 1), review);
  assert.equal(next(places, fresh, review, -1), fresh);
  assert.equal(next(places, review, review, -1), review, "nothing is new again");
  assert.equal(next(places, review, closed, 1), closed, "there is nothing beyond the last");
});

test("both axes count, and no other key", () => {
  assert.deepEqual(["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "a"].map(directionOf), [1, 1, -1, -1, null]);
});

test("a redirect is a move that took place, and nothing else is", () => {
  assert.equal(problemOf("opaqueredirect", 0), null);
  assert.equal(problemOf("basic", 200), "refused");
  assert.equal(problemOf("basic", 409), "closed");
  assert.equal(problemOf("basic", 401), "signed_out");
  assert.equal(problemOf("basic", 503), "unreachable");
});

test("a name is put into a phrase as it is", () => {
  assert.equal(said("%(name)s is at %(stage)s", { name: "A $& %(stage)s", stage: "Offer" }), "A $& %(stage)s is at Offer");
});

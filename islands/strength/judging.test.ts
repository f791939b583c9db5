import assert from "node:assert/strict";
import { test } from "node:test";

import { judged } from "./judging.ts";

const why = (password: string, ...own: string[]): string => judged(password, own).why;

test("what is short is counted, whatever is in it", () => {
  assert.deepEqual(judged("", []), { score: 0, why: "short" });
  assert.deepEqual(judged("eleven-char", []), { score: 2, why: "short" });
  assert.equal(why("नौ हरी नाव"), "short");
});

test("what others try first is told apart by its reason", () => {
  for (const row of ["abcdefghijklmnop", "123456789012", "qwertyuiop[]", "0987654321098"]) assert.equal(why(row), "sequence", row);
  for (const repeat of ["aaaaaaaaaaaa", "abcabcabcabcabc", "1212121212121"]) assert.equal(why(repeat), "repeat", repeat);
  for (const word of ["password1234", "P@ssw0rd2024!!", "iloveyou1234!", "Liverpool1992", "m4nchesterunited"]) {
    assert.equal(why(word), "common", word);
  }
});

test("one's own data does not count, in any writing, and harms nothing beside other words", () => {
  assert.equal(why("Ada.Lovelace1234", "ada.lovelace@example.org"), "own");
  assert.equal(why("lovelace-2026-x", "ada.lovelace@example.org"), "own");
  assert.equal(why("Tidewater 2026!", "", "Tidewater Instruments"), "own");
  assert.equal(why("jo@new.example 12", "jo@new.example"), "own");
  assert.equal(why("nine purple harbours of lovelace", "ada.lovelace@example.org"), "good");
  assert.equal(why("seven green lanterns", "a@b.org"), "good");
});

test("a few words are good, and more of them are better", () => {
  assert.deepEqual(judged("Zu7!kqP0e2#m", []), { score: 3, why: "good" });
  assert.deepEqual(judged("seven green lanterns", []), { score: 4, why: "good" });
  assert.equal(why("my password is a seven word lantern"), "good", "a common word among others");
  assert.equal(why("नौ हरी नावें समुद्र में"), "good");
  assert.equal(why("😀🌊🚲🍋🎻🪁🦉🧭🪵🧲🧵🪡"), "good");
});

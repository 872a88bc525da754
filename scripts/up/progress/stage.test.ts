import { expect, test } from "vitest";
import { noteProgress, saying } from "./stage.ts";

test("work that says nothing is told of again and again until it ends", async () => {
  const told: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  noteProgress((line) => {
    told.push(line);
    if (told.length === 2) resolve("built");
  });
  expect(await saying("building", () => promise, 5)).toBe("built");
  noteProgress(() => {});
  expect(told).toEqual([expect.stringMatching(/^building \(\d+ s\)$/), expect.stringMatching(/^building/)]);
});

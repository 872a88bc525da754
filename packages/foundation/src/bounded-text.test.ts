import { describe, expect, it } from "vitest";
import { boundedText, maxTextBytes } from "./bounded-text.ts";

const bytes = (text: string) => Buffer.byteLength(text);

describe("boundedText", () => {
  it("leaves a text that fits as it is", () => {
    expect(boundedText("")).toBe("");
    expect(boundedText("ä".repeat(2_048))).toBe("ä".repeat(2_048));
  });

  it.each([
    ["start", /^a{900,}\[… \d+ bytes cut …\]$/],
    ["end", /^\[… \d+ bytes cut …\]z{900,}$/],
    ["both", /^a{400,}\[… \d+ bytes cut …\]z{400,}$/],
  ] as const)("keeps the %s of one that is too long, and says how much is gone", (keep, expected) => {
    const text = `${"a".repeat(5_000)}${"z".repeat(5_000)}`;
    const cut = boundedText(text, { maxBytes: 1_000, keep });
    expect(cut).toMatch(expected);
    const gone = Number(/(\d+) bytes cut/.exec(cut)?.[1]);
    expect(gone + cut.replace(/\[.*\]/, "").length).toBe(10_000);
  });

  it("never makes more than was allowed, never half a character, and cuts nothing twice", () => {
    const characters = ["a", "\n", "ä", "日", "😀", "👩‍👩‍👧"];
    for (let length = 0; length < 3_000; length += 7) {
      const text = Array.from({ length }, (_, at) => characters[(at * at + length) % characters.length]).join("");
      for (const maxBytes of [64, 65, 66, 67, 100, 1_000, 4_096]) {
        for (const keep of ["start", "end", "both"] as const) {
          const cut = boundedText(text, { maxBytes, keep });
          expect(bytes(cut)).toBeLessThanOrEqual(maxBytes);
          expect(cut).not.toContain("\ufffd");
          expect(boundedText(cut, { maxBytes, keep })).toBe(cut);
          if (bytes(text) <= maxBytes) expect(cut).toBe(text);
        }
      }
    }
  });

  it("takes a text of a mebibyte", () => {
    expect(bytes(boundedText("日".repeat(350_000)))).toBeLessThanOrEqual(maxTextBytes);
    expect(bytes(boundedText("日".repeat(350_000)))).toBeGreaterThan(maxTextBytes - 8);
  });
});

import { expect, test } from "vitest";
import { OutputWindow } from "./output-window.ts";

const isOpen = async (window: OutputWindow) =>
  await Promise.race([window.room().then(() => true), new Promise((resolve) => setImmediate(() => resolve(false)))]);

test("no more than half a mebibyte is ahead of what the page has drawn", async () => {
  const window = new OutputWindow();
  window.sent(500_000);
  expect(await isOpen(window)).toBe(true);
  window.sent(500_000);
  expect(await isOpen(window)).toBe(false);
  window.shown(400_000);
  expect(await isOpen(window)).toBe(false);
  window.shown(200_000);
  expect(await isOpen(window)).toBe(true);
});

test("a page that says too much gains nothing, and its end frees who waits", async () => {
  const window = new OutputWindow();
  window.shown(10_000_000);
  window.sent(600_000);
  expect(await isOpen(window)).toBe(false);
  window.close();
  expect(await isOpen(window)).toBe(true);
});

test("a page whose words wait behind its input counts as one that has drawn, once", async () => {
  const window = new OutputWindow();
  window.sent(600_000);
  window.assumeShown();
  expect(await isOpen(window)).toBe(true);
  window.sent(600_000);
  expect(await isOpen(window)).toBe(false);
});

import { expect, test } from "vitest";
import { ageText, bytesText, cpuText, quantity } from "./quantity.ts";

test.each([
  ["250m", 0.25],
  ["1.5", 1.5],
  ["64Mi", 67_108_864],
  ["1e3", 1_000],
  ["2k", 2_000],
  ["123n", 1.23e-7],
  ["", 0],
  ["x", 0],
  ["1Zi", 0],
])("%s is %d", (text, value) => {
  expect(quantity(text)).toBeCloseTo(value, 10);
});

test.each([
  [0.0123, "0.012"],
  [0.25, "0.25"],
  [1.999, "2"],
  [12.4, "12"],
])("%d CPUs are shown as %s", (cpus, text) => {
  expect(cpuText(cpus)).toBe(text);
});

test.each([
  [512, "512 B"],
  [1_536, "1.5 KiB"],
  [67_108_864, "64 MiB"],
  [2 ** 60, "1048576 TiB"],
])("%d bytes are shown as %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test.each([
  [5, "5 s"],
  [150, "2 min"],
  [7_200, "2 h"],
  [200_000, "2 d"],
  [-5, "0 s"],
  [Number.NaN, ""],
])("%d seconds ago is %s", (seconds, text) => {
  expect(ageText(1_000_000_000 - seconds * 1_000, 1_000_000_000)).toBe(text);
});

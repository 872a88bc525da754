import { expect, test } from "vitest";
import { doneOf, parseList, planOf } from "./build-plan.ts";

// The output of Go 1.26: a library that must be compiled, a cached one, and a program whose package is cached.
const list = `{
	"Dir": "/go/unsafe",
	"ImportPath": "unsafe",
	"Name": "unsafe",
	"Standard": true,
	"DepOnly": true,
	"GoFiles": [
		"unsafe.go"
	]
}
{
	"Dir": "/src/a",
	"ImportPath": "x/a",
	"Name": "a",
	"DepOnly": true,
	"Stale": true,
	"StaleReason": "build ID mismatch",
	"GoFiles": [
		"a.go"
	]
}
{
	"Dir": "/src/b",
	"ImportPath": "x/b",
	"Name": "b",
	"DepOnly": true,
	"GoFiles": [
		"b.go"
	]
}
{
	"Dir": "/src",
	"ImportPath": "x",
	"Name": "main",
	"Stale": true,
	"StaleReason": "not installed but available in build cache",
	"GoFiles": [
		"main.go"
	]
}
`;
const plan = planOf(parseList(list), () => 100);

test("what is in the build cache is not counted, but a program is linked always", () => {
  expect([...plan.compile]).toEqual([["x/a", 20_100]]);
  expect([...plan.link]).toEqual([["x", 2_000_000]]);
  expect(plan.total).toBe(2_020_100);
});

test("each tool's end counts once, and only what was planned", () => {
  const lines = ["compile x/a", "compile x/a", "asm x/a", "compile x/other", "link", ""];
  expect(doneOf(plan, lines)).toEqual({ weight: 20_100, compiled: 1, linked: 0 });
  expect(doneOf(plan, [...lines, "link x"])).toEqual({ weight: plan.total, compiled: 1, linked: 1 });
});

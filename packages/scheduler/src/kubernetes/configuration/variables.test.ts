import { expect, test } from "vitest";
import { VariableError, VariableScope } from "./variables.ts";

const braced = (name: string) => `\${${name}}`;

const scope = new VariableScope(
  [
    { DIR: "/var/lib", DATA: "$DIR/data", NODE: "short" },
    { DATA: `${braced("DIR")}/mine`, LOOP: "$POOL", POOL: "x$LOOP" },
  ],
  { NODE_IP: "10.0.0.1", PRICE: "5$" },
);

test.each([
  ["$DIR", "/var/lib"],
  ["$DATA/x", "/var/lib/mine/x"],
  [`${braced("NODE")}_IP`, "short_IP"],
  ["$NODE_IP", "10.0.0.1"],
  ["$NODE_IP0", "10.0.0.10"],
  ["$NODES", "shortS"],
  ["a $$DIR b", "a $DIR b"],
  [`$(hostname) $1 $@ ${braced("x%%.*")} $`, `$(hostname) $1 $@ ${braced("x%%.*")} $`],
  ["$PRICE", "5$"],
])("%s becomes %s", (text, expected) => {
  expect(scope.expand(text)).toBe(expected);
});

test.each([
  ["$UNKNOWN", /unknown variable \$UNKNOWN/],
  [braced("NODE_"), /unknown variable \$\{NODE_\}/],
  ["$LOOP", /in a circle: LOOP → POOL → LOOP/],
])("%s is refused", (text, message) => {
  expect(() => scope.expand(text)).toThrow(VariableError);
  expect(() => scope.expand(text)).toThrow(message);
});

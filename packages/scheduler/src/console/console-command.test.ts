import { expect, test } from "vitest";
import { consoleCommand } from "./console-command.ts";
import { consoleQuery } from "./console-request.ts";

const commandOf = (query: Record<string, string>) => consoleCommand("my", consoleQuery.parse(query));
/** What comes after the script that gives a session its own files. */
const inner = (query: Record<string, string>) => commandOf(query).command?.slice(6);
const shell = "if command -v bash >/dev/null; then exec bash -i; else exec sh -i; fi";

const where = ["--namespace=shop", "--container=c", "web"];

test.each([
  [{}, ["/bin/sh", "-c", shell]],
  [
    { pod: "web", container: "c", namespace: "shop" },
    ["/bin/sh", "-c", expect.any(String), "cke-container", expect.any(String), expect.any(String), ...where],
  ],
  [{ pod: "web", attach: "true" }, ["kubectl", "attach", "--stdin", "--tty", "--namespace=default", "web"]],
])("%j runs with files of its own", (query, expected) => {
  expect(commandOf(query).command?.slice(0, 4)).toEqual(["unshare", "--mount", "/bin/sh", "-c"]);
  expect(inner(query)).toEqual(expected);
});

test("a shell in a node sees the node as it is", () => {
  const { command, environment } = commandOf({ node: "n0" });
  expect(command?.[0]).toBe("/bin/sh");
  expect(environment).toContainEqual({ name: "HOME", value: "/root" });
});

test("a terminal of the asked size, and no secret in what others can see", () => {
  const start = commandOf({ rows: "30", columns: "100" });
  expect(start).toMatchObject({ tty: true, size: { rows: 30, columns: 100 } });
  expect(JSON.stringify(start)).not.toMatch(/token|BEGIN|certificate/i);
});

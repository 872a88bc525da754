import { expect, test } from "vitest";
import { chosenDeployment, foreignWords, makeCommand, notUpWords, takenWords } from "./deployment.ts";

const home = { XDG_STATE_HOME: "/s" };
test.each([
  [{}, { name: "example", state: "/s/cke/up", port: undefined }],
  [
    { CKE_UP_NAME: "", CKE_UP_PORT: "" },
    { name: "example", state: "/s/cke/up", port: undefined },
  ],
  [
    { CKE_UP_NAME: "second", CKE_UP_PORT: "8600" },
    { name: "second", state: "/s/cke/up-second", port: 8600 },
  ],
])("%j chooses a deployment", (environment, chosen) => {
  expect(chosenDeployment({ ...home, ...environment })).toEqual(chosen);
});

test.each([
  [{ CKE_UP_PORT: "0" }, 'CKE_UP_PORT must be a port from 1 to 65535; given is "0"'],
  [{ CKE_UP_PORT: "65536" }, "CKE_UP_PORT"],
  [{ CKE_UP_PORT: "80x" }, "CKE_UP_PORT"],
  [{ CKE_UP_NAME: "../x" }, 'CKE_UP_NAME must be 1 to 30 lower-case letters, digits and "-", with a letter first'],
  [{ CKE_UP_NAME: "a-" }, "CKE_UP_NAME"],
  [{ CKE_UP_NAME: "a".repeat(31) }, "CKE_UP_NAME"],
])("%j is refused", (environment, words) => {
  expect(() => chosenDeployment({ ...home, ...environment })).toThrow(words);
});

test.each<[string | undefined, boolean, string]>([
  [undefined, false, ""],
  ["/this", true, ""],
  ["/other", false, ""],
  ["/other", true, "example is of make up in /other: run make there"],
])("a deployment of %s (there: %s)", (owner, there, words) => {
  const said = foreignWords("example", owner, "/this", there);
  expect(said.startsWith(words) && (said === "") === (words === "")).toBe(true);
});

test("a taken port is told with a way out", () => {
  expect(takenWords(8512)).toMatch(/^port 8512 of 127.0.0.1 is taken .*: CKE_UP_PORT=8513 make up$/);
});

test("commands of a deployment with a name carry it, and who looks for one that is not up learns that others have names", () => {
  expect([makeCommand("example", "down"), makeCommand("b", "down")]).toEqual(["make down", "CKE_UP_NAME=b make down"]);
  expect(notUpWords("example")).toContain("CKE_UP_NAME=<name> make status");
  expect(notUpWords("b")).toContain("b is not up (CKE_UP_NAME=b make up)");
});

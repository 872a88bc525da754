import { expect, test } from "vitest";
import { bgpSecretsFile, clusterSecret, routerSecret } from "./bgp-secrets.ts";

test("each secret has a name that a configuration uses", () => {
  expect(bgpSecretsFile("s1", { "10.88.0.1": "!#$%&'()*+,-./:;<=>?@[]^_`{|}~\\" })).toBe(
    `define ${clusterSecret} = "s1";\ndefine ${routerSecret("10.88.0.1")} = "!#$%&'()*+,-./:;<=>?@[]^_\`{|}~\\";\n`,
  );
  expect(routerSecret("10.88.0.1")).toBe("router_secret_10_88_0_1");
});

test.each([
  ["an end of its text", 'a"; include "/etc/shadow'],
  ["a space", "a b"],
  ["a new line", "a\nb"],
  ["nothing", ""],
  ["more than the kernel takes", "s".repeat(81)],
])("a secret with %s is refused, and not told", (_what, secret) => {
  expect(() => bgpSecretsFile(secret, {})).toThrow(/^a secret of BGP has 1 to 80 printable letters/);
  expect(() => bgpSecretsFile("s", { "10.0.0.1": secret })).toThrow(RangeError);
});

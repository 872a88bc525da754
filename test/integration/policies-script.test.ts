// The script `cke-policies` of the image in a network namespace of its own, with this kernel's rules in place of Felix's.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

const script = fileURLToPath(new URL("../../images/kube-node/rootfs/usr/local/bin/cke-policies", import.meta.url));
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cke-policies-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Prepares a namespace as a node, then asks; gives the exit code, and what was said. */
async function check(readiness: string, ...prepare: readonly string[]): Promise<readonly [number, string]> {
  const put = (name: string, lines: string) =>
    writeFileSync(join(root, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  put("curl", `printf ${readiness}`);
  put("cke-network", `echo "$1" >>${root}/published`);
  const inside = ["mount -t tmpfs none /run", "ip link set lo up", ...prepare].join("\n");
  const answer = promisify(execFile)(
    "unshare",
    ["--net", "--mount", "sh", "-ec", `${inside}\nexec sh ${script} check`],
    {
      env: { PATH: `${root}:${process.env.PATH}`, CKE_ROOT: root },
    },
  );
  return answer.then(
    ({ stdout }) => [0, stdout.trim()] as const,
    (error: { code: number; stdout: string }) => [error.code, error.stdout.trim()] as const,
  );
}

const first = "iptables -N cali-FORWARD\niptables -I FORWARD -j cali-FORWARD";
const deny = `iptables -A INPUT -i cali+ -j DROP\n${first}`;

test("a node that denies what nothing allows says so, and gets its pod network", async () => {
  expect(await check("200", deny)).toEqual([0, "packets that nothing allows are denied"]);
  expect([existsSync(join(root, "run/cke/policies-enforced")), existsSync(join(root, "published"))]).toEqual([
    true,
    true,
  ]);
});

test("a node that has its pod network does not get it again with each check", async () => {
  const published = () => readFileSync(join(root, "published"), "utf8");
  await check("200", deny);
  await check("200", deny);
  expect(published()).toBe("publish\npublish\n");
  mkdirSync(join(root, "etc/cni/net.d"), { recursive: true });
  writeFileSync(join(root, "etc/cni/net.d/10-cke.conflist"), "");
  expect(await check("200", deny)).toEqual([0, "packets that nothing allows are denied"]);
  expect(published()).toBe("publish\npublish\n");
});

test.each<[string, string, readonly string[], string]>([
  ["whose Felix is not ready", "503", [deny], "Felix has not applied them yet (its readiness: 503)"],
  ["that lets pods pass", "200", [], "packets of a pod that nothing allows have passed the node's rules"],
  [
    "where nothing arrives at all",
    "200",
    ["iptables -P INPUT DROP"],
    "the check itself cannot be made: nothing arrives before anything is denied",
  ],
  [
    "where the pod's packets do not come as far as the rules",
    "200",
    [deny, "iptables -t raw -A PREROUTING -i caliprobe -j DROP"],
    "the check itself cannot be made: its packets do not come to the node's rules",
  ],
  [
    "whose answers alone are lost",
    "200",
    [first, "iptables -A OUTPUT -d 169.254.187.2 -o caliprobe -j DROP"],
    "packets of a pod that nothing allows have passed the node's rules",
  ],
  [
    "where other rules come first for what is forwarded",
    "200",
    [deny, "iptables -I FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT"],
    "other rules for what is forwarded stand before Felix's, which puts its own first within 15 s",
  ],
  [
    "without sets of addresses",
    "200",
    [deny, 'printf "#!/bin/sh\\nexit 1\\n" >"$CKE_ROOT/ipset"', 'chmod +x "$CKE_ROOT/ipset"'],
    "this kernel has no sets of addresses (ipset hash:net)",
  ],
  [
    "whose rules of sets do nothing",
    "200",
    [deny, 'printf "#!/bin/sh\\nexit 0\\n" >"$CKE_ROOT/iptables"', 'chmod +x "$CKE_ROOT/iptables"'],
    "a rule of this kernel that denies a set of addresses lets its packets pass",
  ],
])("a node %s gets no pod network", async (_what, readiness, prepare, words) => {
  expect(await check(readiness, ...prepare)).toEqual([1, words]);
  expect([existsSync(join(root, "run/cke/policies-enforced")), existsSync(join(root, "published"))]).toEqual([
    false,
    false,
  ]);
});

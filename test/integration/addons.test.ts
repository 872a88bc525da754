// cke-addons with a kubectl that keeps a cluster in files: how many DNS replicas it asks for, and when.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

const image = fileURLToPath(new URL("../../images/kube-node/rootfs", import.meta.url));
const script = join(image, "usr/local/bin/cke-addons");
let root: string;

/** `ready`: the Ready status and the taints, worker by worker; `later`: from the third question on. */
const kubectl = `#!/bin/sh
state=$CKE_ROOT/state
case "$*" in
  *"get deployment coredns"*) cat $state/replicas 2>/dev/null || exit 1 ;;
  "get nodes -o jsonpath"*)
    echo x >>$state/questions
    if [ $(wc -l <$state/questions) -gt 2 ]; then cat $state/later; else cat $state/ready; fi ;;
  apply*)
    echo "$*" >>$state/applied
    case "$*" in *calico-crds*) exit ;; esac
    sed -n 's/^  replicas: //p' $CKE_ROOT/run/cke/addons/coredns.yaml >$state/replicas
    echo "apply $(cat $state/replicas)" >>$state/calls ;;
  *"scale deployment coredns --replicas="*) echo "scale \${*##*=}" >>$state/calls ;;
esac
`;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cke-addons-"));
  for (const directory of ["bin", "state", "opt/cke", "run/cke"]) mkdirSync(join(root, directory), { recursive: true });
  writeFileSync(join(root, "bin/kubectl"), kubectl, { mode: 0o755 });
  writeFileSync(join(root, "bin/cke-registry-trust"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(root, "opt/cke/manifest"), "kubernetes v1.37.2\n");
  writeFileSync(join(root, "opt/cke/pod-images.list"), "cke.local/pause:3.10\ncke.local/coredns:v1\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Cluster {
  readonly workers: number;
  readonly ready: readonly string[];
  readonly later?: readonly string[];
  /** Rendered by an earlier version, which named neither workers nor masters. */
  readonly old?: boolean;
  /** Replicas that the cluster has already. */
  readonly replicas?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

async function run({ workers, ready, later = ready, old, replicas, environment = {} }: Cluster): Promise<string[]> {
  const put = (name: string, lines: readonly (string | number)[]) =>
    writeFileSync(join(root, "state", name), lines.map((line) => `${line}\n`).join(""));
  put("ready", ready);
  put("later", later);
  if (replicas !== undefined) put("replicas", [replicas]);
  await promisify(execFile)("cp", ["-r", join(image, "opt/cke/addons"), join(root, "opt/cke/addons")]);
  const peers = Array.from({ length: workers }, (_, index) => `node${index} 10.0.0.${index} 10.244.${index}.0/24\n`);
  if (old !== true) writeFileSync(join(root, "run/cke/peers"), ["master 10.0.0.100\n", ...peers].join(""));
  await promisify(execFile)("/bin/sh", [script], {
    env: {
      PATH: `${join(root, "bin")}:${process.env.PATH}`,
      CKE_ROOT: root,
      CLUSTER_DNS_IP: "10.96.0.10",
      ...(old === true ? {} : { MASTER_NAMES: "m" }),
      SPREAD_SECONDS: "60",
      ...environment,
    },
  });
  return readFileSync(join(root, "state/calls"), "utf8").trim().split("\n");
}

test.each<[string, Cluster, string[]]>([
  ["one worker has one", { workers: 1, ready: ["True"] }, ["apply 1"]],
  ["no worker at all is no reason to fail", { workers: 0, ready: [] }, ["apply 1"]],
  ["two workers that are ready have two at once", { workers: 2, ready: ["True", "True"] }, ["apply 2"]],
  [
    "the second waits for the second worker",
    { workers: 2, ready: ["True", "False"], later: ["True", "True"] },
    ["apply 1", "scale 2"],
  ],
  [
    "a worker whose taint is not away yet takes no pods",
    {
      workers: 2,
      ready: ["True", "True node.kubernetes.io/not-ready:NoSchedule node.kubernetes.io/not-ready:NoExecute"],
      later: ["True", "True"],
    },
    ["apply 1", "scale 2"],
  ],
  [
    "a second worker with a taint of the operator is not waited for",
    { workers: 2, ready: ["True", "True gpu:NoSchedule"], environment: { SPREAD_SECONDS: "100000" } },
    ["apply 1", "scale 2"],
  ],
  [
    "nor one that is cordoned, also where it is not ready",
    {
      workers: 2,
      ready: ["True", "False node.kubernetes.io/unschedulable:NoSchedule"],
      environment: { SPREAD_SECONDS: "100000" },
    },
    ["apply 1", "scale 2"],
  ],
  [
    "but a third one is",
    {
      workers: 3,
      ready: ["True", "True gpu:NoExecute", "False"],
      later: ["True", "True gpu:NoExecute", "True"],
      environment: { SPREAD_SECONDS: "100000" },
    },
    ["apply 1", "scale 2"],
  ],
  [
    "a taint that keeps no pods away is none",
    { workers: 2, ready: ["True", "True gpu:PreferNoSchedule"] },
    ["apply 2"],
  ],
  [
    "and comes in the end without it",
    { workers: 2, ready: ["True", "Unknown"], environment: { SPREAD_SECONDS: "2" } },
    ["apply 1", "scale 2"],
  ],
  ["a cluster that has two keeps them", { workers: 2, ready: ["True", "Unknown"], replicas: 2 }, ["apply 2"]],
  [
    "as many as are asked for",
    { workers: 5, ready: ["True", "True"], environment: { COREDNS_REPLICAS: "3" } },
    ["apply 3"],
  ],
  [
    "an older rendering keeps as many as it asks for",
    { workers: 3, ready: ["True", "Unknown"], replicas: 3, old: true, environment: { COREDNS_REPLICAS: "3" } },
    ["apply 3"],
  ],
  [
    "an older rendering that asks for one has one",
    { workers: 2, ready: ["True", "True"], replicas: 1, old: true, environment: { COREDNS_REPLICAS: "1" } },
    ["apply 1"],
  ],
])("%s", async (_title, cluster, calls) => {
  expect(await run(cluster)).toEqual(calls);
});

test("an older rendering, which names no masters, gets no roles", async () => {
  const policy = () => existsSync(join(root, "run/cke/addons/node-roles.yaml"));
  await run({ workers: 1, ready: ["True"], old: true });
  const without = policy();
  await run({ workers: 1, ready: ["True"] });
  expect([without, policy()]).toEqual([false, true]);
});

test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  ["an earlier version rendered", {}, []],
  ["enforces nothing", { NETWORK_POLICY: "none" }, ["unenforced-policies.yaml"]],
  ["enforces policies", { NETWORK_POLICY: "calico" }, ["network-policies.yaml"]],
])("a cluster that %s gets what it needs for policies", async (_what, environment, files) => {
  await run({ workers: 1, ready: ["True"], environment });
  const made = readdirSync(join(root, "run/cke/addons")).filter((name) => name.includes("policies"));
  expect(made).toEqual(files);
  // The kinds of objects come first, and are of the image's own build.
  const kinds = readFileSync(join(root, "state/applied"), "utf8")
    .split("\n")
    .filter((line) => line.includes("calico-crds"));
  expect(kinds).toHaveLength("NETWORK_POLICY" in environment && environment.NETWORK_POLICY === "calico" ? 1 : 0);
});

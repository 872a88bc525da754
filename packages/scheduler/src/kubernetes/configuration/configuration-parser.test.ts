import { expect, test } from "vitest";
import { sampleConfigurationText } from "../testing/sample-configuration.ts";
import { ConfigurationError, parseConfiguration } from "./configuration-parser.ts";

const parse = (text: string) => parseConfiguration("cke.conf-1.36.yaml", "1.36", text);
const problemsOf = (text: string): readonly string[] => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
};
const lineWith = (text: string, needle: string) => text.split("\n").findIndex((line) => line.includes(needle)) + 1;

test("a complete file becomes a configuration with defaults", () => {
  const configuration = parse(sampleConfigurationText);
  expect(configuration.kubernetes).toBe("v1.36.3");
  expect(configuration.nodes.master.imageName).toBe("cke-kube-node:v1");
  const etcd = configuration.nodes.master.processes.find(({ type }) => type === "etcd");
  expect(etcd).toMatchObject({ name: "etcd", restart: "always", stopSignal: "TERM", stopGraceSeconds: 10 });
  expect(etcd?.health[0]).toMatchObject({
    periodMs: 10_000,
    startupPeriodMs: 250,
    timeoutMs: 2_000,
    failureThreshold: 3,
  });
  expect(configuration.placeOf(["NodeConfs", "master"])).toBe(
    `cke.conf-1.36.yaml:${lineWith(sampleConfigurationText, "NodeConfs:") + 1}`,
  );
});

test.each([
  [
    "a key that is not known",
    "    required: true",
    "    requird: true",
    /requird: is not a known field: known are name, phase, required, /,
  ],
  ["unknown variable", "$DATA_DIR/etcd", "$NO_SUCH/etcd", /unknown variable \$NO_SUCH/],
  ["unknown phase", "phase: etcd health", "phase: nowhere", /"nowhere" is not in Phases.master/],
  ["circle", "DATA_DIR: /var/lib/k8s", 'DATA_DIR: "$DATA_DIR/x"', /in a circle: DATA_DIR → DATA_DIR/],
  ["computed variable set", "DATA_DIR: /var/lib/k8s", "DATA_DIR: /x\n  NODE_IP: 1.2.3.4", /computed by the scheduler/],
  ["native without a value", "key: --name", "key: --nome", /no \$native value for --nome/],
  [
    "a stop that takes longer than a restart is waited for",
    "cmd: /usr/local/bin/etcd",
    "cmd: /usr/local/bin/etcd\n        stopGraceSeconds: 120",
    /etcd\.stopGraceSeconds: must be at most 90: a process must end/,
  ],
  ["bad mode", 'mode: "0644"', 'mode: "rw"', /a mode in quotes/],
])("%s is refused with its line", (_title, from, to, message) => {
  const text = sampleConfigurationText.replace(from, to);
  const problems = problemsOf(text);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.join("\n")).toMatch(message);
  for (const problem of problems) expect(problem).toMatch(/^cke\.conf-1\.36\.yaml:\d+: /);
});

test("the line is the one where the problem stands", () => {
  const text = sampleConfigurationText.replace("cmd: /usr/local/bin/etcd", "cmdd: /usr/local/bin/etcd");
  const line = lineWith(text, "cmdd:");
  expect(problemsOf(text)).toContainEqual(
    `cke.conf-1.36.yaml:${line}: NodeConfs.master.ProcessConfs.etcd.cmdd: is not a known field: known are name, phase, required, oneShot, keepDescendants, res, workload, cmd, args, envs, stopSignal, stopGraceSeconds, restart, startWhen, joinWhen, health`,
  );
});

test.each([
  [
    "a tag of an application",
    "Kubernetes: v1.36.3\nImageName: !image x\n",
    /^cke\.conf-1\.36\.yaml:2: unknown scalar tag/,
  ],
  ["nothing but a comment", "# later\n", /^cke\.conf-1\.36\.yaml:1: .*empty/],
])("%s is refused with its line", (_what, text, words) => {
  expect(problemsOf(text)).toEqual([expect.stringMatching(words)]);
});

test("YAML that cannot be read names its line", () => {
  expect(problemsOf("Kubernetes: v1.36.3\nVariables: {a: 1\n")[0]).toMatch(/^cke\.conf-1\.36\.yaml:\d+: /);
});

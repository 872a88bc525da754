// The executables of `make dist` in a shell: their output, their exit and their names in the process list.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@cke/test-servers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { programs } from "../../scripts/dist/programs.ts";
import { dist, top } from "../../scripts/up/paths.ts";

let directory: string;
/** An agent that never answers. */
const agent = { server: createServer(), address: "", asked: false };
const running = new Set<ChildProcess>();
beforeEach(async () => {
  agent.asked = false;
  agent.server = createServer((socket) => {
    agent.asked = true;
    socket.on("error", () => {}).resume();
  });
  await once(agent.server.listen(0, "127.0.0.1"), "listening");
  const bound = agent.server.address();
  agent.address = `127.0.0.1:${typeof bound === "object" ? bound?.port : ""}`;
  directory = mkdtempSync(join(tmpdir(), "cke-executables-"));
});
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  agent.server.close();
  running.clear();
  rmSync(directory, { recursive: true, force: true });
});

const file = (name: string) => {
  const path = join(dist, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: make dist`);
  return path;
};

interface Outcome {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an executable to its end in a clean environment. */
function run(name: string, args: readonly string[], environment: Record<string, string> = {}): Promise<Outcome> {
  const env = { PATH: "/usr/bin:/bin", ...environment };
  return new Promise((resolve) => {
    execFile(file(name), args, { cwd: directory, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

/** Arguments with which each runs until it is ended. */
const idle: Readonly<
  Record<string, () => { readonly args: readonly string[]; readonly env?: Record<string, string> }>
> = {
  "cke-scheduler": () => ({
    args: [
      ...["-master", "local", "-listen", "127.0.0.1:0", "-k8s_registry_cert="],
      ...["-k8s_config", join(top, "default_cfg"), "-local_work_dir", join(directory, "mesos")],
    ],
  }),
  "cke-mesos-local": () => ({ args: ["-listen", "127.0.0.1:0", "-work_dir", join(directory, "mesos")] }),
  "cke-wrapper": () => ({
    args: [
      ...["-socket", join(directory, "wrapper.sock"), "-output_dir", join(directory, "output")],
      ...["-state_dir", join(directory, "state")],
    ],
  }),
  "cke-k8s-exec": () => ({ args: [], env: ofAgent() }),
  "cke-vm-exec": () => ({ args: [], env: ofAgent() }),
};

/** The environment that an agent sets. */
const ofAgent = () => ({
  MESOS_AGENT_ENDPOINT: agent.address,
  MESOS_FRAMEWORK_ID: "framework",
  MESOS_EXECUTOR_ID: "cke.a.b.1",
  MESOS_DIRECTORY: directory,
  MESOS_SANDBOX: directory,
  MESOS_SLAVE_ID: "agent",
  MESOS_SLAVE_PID: "slave(1)@127.0.0.1:1",
  MESOS_CHECKPOINT: "1",
  MESOS_RECOVERY_TIMEOUT: "15mins",
  MESOS_SUBSCRIPTION_BACKOFF_MAX: "2secs",
  MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: "60secs",
  MESOS_HTTP_COMMAND_EXECUTOR: "0",
  CKE_RUN_DIR: join(directory, "run"),
});

test.each<readonly [string, readonly string[], Record<string, string>, RegExp]>([
  ["cke-scheduler", [], {}, /-master is missing/],
  ["cke-scheduler", ["-master", "local", "-storage_type", "etcd"], {}, /-storage_type etcd needs -storage_servers/],
  ["cke-scheduler", ["-master", "local"], { CKE_MESOS_SECRET_FILE: "/x" }, /-mesos_secret_file needs -mesos_principal/],
  ["cke-k8s-exec", [], {}, /MESOS_FRAMEWORK_ID is not set/],
  ["cke-k8s-exec", ["-cleanup", "a", "-cleanup", "b"], {}, /-cleanup is given twice/],
  ["cke-k8s-exec", ["-cleanup", "a/b/c"], {}, /-cleanup takes <cluster>/],
  ["cke-k8s-exec", [], { CKE_LOG_LEVEL: "loud" }, /CKE_LOG_LEVEL is "loud": allowed is error, warning, info or debug/],
  ["cke-k8s-exec", [], { CKE_RUN_DIR: "run" }, /CKE_RUN_DIR is "run": an absolute path is needed/],
  ["cke-vm-exec", ["start"], {}, /unexpected argument "start"/],
  ["cke-vm-exec", [], { CKE_LOG_LEVEL: "loud" }, /CKE_LOG_LEVEL is "loud"/],
  ["cke-vm-exec", [], { CKE_VM_DIR: "vms" }, /CKE_VM_DIR.* is "vms": an absolute path is needed/],
  ["cke-vm-exec", ["-libvirt_uri", "qemu+ssh://h/system"], {}, /allowed is qemu:\/\/\/system/],
  ["cke-vm-exec", ["-cleanup", "a/b"], {}, /-cleanup takes <vm> or <vm>@<instance>/],
  ["cke-wrapper", [], { CKE_WRAPPER_SOCKET: "relative" }, /CKE_WRAPPER_SOCKET \(flag -socket\): bad value "relative"/],
  ["cke-wrapper", ["-stop_timeout", "soon"], {}, /allowed is a duration like 25s/],
  ["cke-mesos-local", ["-listen", "127.0.0.1:0", "-resources", "cpus:many"], {}, /-resources: value "many" of cpus/],
  ["cke-mesos-local", ["-listen", "127.0.0.1:99999"], {}, /-listen: bad value "127.0.0.1:99999"/],
])("%s %j with %j is one line and exit code 2", async (name, args, environment, words) => {
  const { code, stdout, stderr } = await run(name, args, environment);
  expect(stderr).toMatch(new RegExp(`^${name}: [^\n]*\n$`));
  expect(stderr).toMatch(words);
  expect([code, stdout]).toEqual([2, ""]);
});

describe.each(programs.map(({ name }) => name))("%s", (name) => {
  test("-version and -help write nothing to stderr", async () => {
    expect(await run(name, ["-version"])).toEqual({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(build [0-9a-f]{12}\\)\n$`)),
      stderr: "",
    });
    expect(await run(name, ["-help"])).toMatchObject({ code: 0, stdout: expect.stringContaining(name), stderr: "" });
  });

  test("an unknown flag is one line and exit code 2", async () => {
    expect(await run(name, ["-no_such_flag", "x"])).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(new RegExp(`^${name}: [^\n]*-no_such_flag[^\n]*\n$`)),
    });
  });

  test("has its own name among processes, and its arguments", async () => {
    const { args, env = {} } = idle[name]?.() ?? { args: [] };
    const child = spawn(file(name), args, { cwd: directory, env: { PATH: "/usr/bin:/bin", ...env } });
    running.add(child);
    // At first the process has the name of its file, then the name that Node gives it. Its first output, or its first
    // request to the agent, comes after both.
    let words = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (words += String(chunk)));
    await expect.poll(() => words !== "" || agent.asked, { timeout: 120_000 }).toBe(true);
    const of = (what: string) => readFileSync(`/proc/${child.pid}/${what}`, "utf8");
    expect(of("comm").trim(), words).toBe(name);
    expect(of("cmdline").split("\0").slice(1, -1)).toEqual(args);
  });
});

test("cke-scheduler carries the thread of its sqlite store", async () => {
  const { args } = idle["cke-scheduler"]?.() ?? { args: [] };
  const store = ["-storage_type", "sqlite", "-storage_servers", join(directory, "store", "cke.db")];
  const child = spawn(file("cke-scheduler"), [...args, ...store], { cwd: directory, env: { PATH: "/usr/bin:/bin" } });
  running.add(child);
  let words = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (words += String(chunk)));
  // The thread writes that when it has opened the store.
  const opened = () => words.includes("made the directory of -storage_servers");
  await expect.poll(() => opened() || child.exitCode !== null, { timeout: 120_000 }).toBe(true);
  expect(opened(), words).toBe(true);
});

test("cke-scheduler carries the web pages", async () => {
  const { args } = idle["cke-scheduler"]?.() ?? { args: [] };
  const port = await freePort();
  const listen = ["-listen", `127.0.0.1:${port}`];
  const child = spawn(file("cke-scheduler"), [...args, ...listen], { cwd: directory, env: { PATH: "/usr/bin:/bin" } });
  running.add(child);
  const status = async (name: string) => {
    try {
      return (await fetch(`http://127.0.0.1:${port}/ui/assets/${name}`)).status;
    } catch {
      return 0;
    }
  };
  for (const name of ["terminal.js", "terminal.css", "dashboard.js", "dashboard.css"])
    await expect.poll(() => status(name), { timeout: 120_000 }).toBe(200);
});

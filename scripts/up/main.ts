// `make up`, `make down`, `make status` and, for the tests, `prepare`.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Api } from "./api.ts";
import { isUp, watchBringUp } from "./bring-up-view.ts";
import { Daemon } from "./daemon.ts";
import { clusterName, ensureNetwork, exampleCluster, networkName } from "./example-cluster.ts";
import { removeLeftovers } from "./leftovers.ts";
import { dist, imagePath, state, top } from "./paths.ts";
import { prepare } from "./prepare.ts";
import { command, say } from "./stage.ts";

const port = 8512;
const url = `http://127.0.0.1:${port}`;
const frameworkName = "cke-make-up";
const scheduler = new Daemon(join(state, "cke-scheduler.pid"));
const log = join(state, "cke-scheduler.log");
const kubeconfig = join(state, "kubeconfig");
const binariesNote = join(state, "binaries");
const frameworkNote = join(state, "framework-id");
const api = new Api(url);

/** The embedded agent offers more CPUs than there are: the example's processes wait more than they work. */
const resources = () =>
  `cpus:${Math.max(16, cpus().length * 4)};mem:${Math.floor((totalmem() / 2 ** 20) * 0.9)};ports:[31000-35000]`;

async function startScheduler(): Promise<void> {
  if (scheduler.pid() !== undefined && (await api.ready())) {
    say(`cke-scheduler runs (pid ${scheduler.pid()})`);
    return;
  }
  if (scheduler.pid() === undefined) {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const pid = scheduler.start(
      join(dist, "cke-scheduler"),
      [
        ["-master", "local"],
        ["-storage_type", "sqlite"],
        ["-storage_servers", join(state, "cke.db")],
        // Until there is sign-in: whoever reaches the API may read administrators' tokens.
        ["-listen", `127.0.0.1:${port}`],
        ["-service_host", "127.0.0.1"],
        ["-service_port", String(port)],
        ["-name", frameworkName],
        ["-k8s_image_path", imagePath],
        ["-k8s_config", join(top, "default_cfg")],
        ["-local_work_dir", join(state, "mesos")],
        ["-local_resources", resources()],
      ].flat(),
      log,
    );
    say(`cke-scheduler started (pid ${pid}, log ${log})`);
  }
  for (const end = Date.now() + 30_000; !(await api.ready()); await delay(100)) {
    if (scheduler.pid() === undefined)
      throw new Error(
        `cke-scheduler ended at once; its last words:\n${readFileSync(log, "utf8").trim().split("\n").slice(-5).join("\n")}`,
      );
    if (Date.now() > end) throw new Error(`cke-scheduler does not get ready in 30 s: see ${log}`);
  }
}

async function up(): Promise<void> {
  const prepared = await prepare();
  const prefix = await ensureNetwork();
  await startScheduler();
  if ((await api.clusters()).includes(clusterName)) say(`cluster ${clusterName} is there already`);
  else {
    await api.create(exampleCluster(prefix));
    say(`cluster ${clusterName} posted`);
  }
  await watchBringUp(api, clusterName, say, 300_000);
  const label = '{{index .Config.Labels "cke.framework"}}';
  writeFileSync(
    frameworkNote,
    (await command("docker", ["inspect", "--format", label, `cke-${clusterName}-master`])).trim(),
  );
  writeFileSync(kubeconfig, await api.kubeconfig(clusterName), { mode: 0o600 });
  chmodSync(kubeconfig, 0o600);
  writeFileSync(binariesNote, prepared.binaries);
  say("up");
  usage(prepared.binaries);
}

function usage(binaries: string): void {
  console.log(`
CKE            ${url}/k8s/v1/clusters   (help: ${url}/k8s/v1/help)
kubectl        export PATH=${binaries}:$PATH
               export KUBECONFIG=${kubeconfig}
               kubectl get nodes
remove it all  make down`);
}

async function status(): Promise<void> {
  const pid = scheduler.pid();
  if (pid === undefined) {
    console.log("not up (make up)");
    return;
  }
  console.log(`cke-scheduler  pid ${pid}, ${url}, ${(await api.ready()) ? "ready" : "not ready"}, log ${log}`);
  for (const name of await api.clusters()) {
    const cluster = await api.state(name);
    if (cluster === undefined) continue;
    console.log(`cluster ${name}: ${cluster.status}${isUp(cluster) ? ", up" : ""}`);
    for (const node of cluster.nodes) {
      console.log(`  ${node.name}${node.reason === "" ? "" : `: ${node.reason}`}`);
      for (const process of node.processes)
        console.log(
          `    ${process.name.padEnd(14)} ${process.status.padEnd(9)} pid ${String(process.pid).padEnd(6)} restarts ${process.restarts}${process.reason === "" ? "" : `  ${process.reason}`}`,
        );
    }
  }
  if (existsSync(kubeconfig)) usage(readFileSync(binariesNote, "utf8"));
}

async function down(): Promise<void> {
  if (scheduler.pid() !== undefined && (await api.ready())) {
    const names = await api.clusters();
    for (const name of names) {
      say(`deleting cluster ${name}`);
      await api.remove(name);
    }
    for (const end = Date.now() + 120_000; (await api.clusters()).length > 0; await delay(250))
      if (Date.now() > end) {
        say("deleting takes more than 120 s: removing what is left by hand");
        break;
      }
  }
  await scheduler.stop(20_000);
  await removeLeftovers(
    existsSync(frameworkNote) ? readFileSync(frameworkNote, "utf8") : "",
    join(state, "mesos"),
    networkName,
  );
  rmSync(state, { recursive: true, force: true });
  await command("scripts/docker-engine", ["down"], { cwd: top, progress: true });
  say("down: nothing of make up is left but caches (dist/, the KubeNode image, downloads, unpacked executors)");
}

const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  up,
  down,
  status,
  prepare: () => prepare(process.argv[3]),
};
const chosen = commands[process.argv[2] ?? ""];
if (chosen === undefined) {
  console.error(`usage: main.ts ${Object.keys(commands).join(" | ")}`);
  process.exit(2);
}
try {
  await chosen();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

// `make up`, `make up-vm`, `make down`, `make status`, `make image` and, for the tests, `prepare`. No wait here has a fixed time in
// which it must succeed: each one goes on while there is progress, and says what it waits for.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { addressPools } from "./address-pools.ts";
import { Api } from "./cluster/api.ts";
import { watchBringUp } from "./cluster/bring-up-view.ts";
import { ensureCluster } from "./cluster/ensure-cluster.ts";
import { standstill } from "./cluster/standing-cluster.ts";
import { clusterLines } from "./cluster/status-lines.ts";
import { Daemon } from "./daemon.ts";
import { clusterName, ensureNetwork, exampleCluster, networkName } from "./example-cluster.ts";
import { furtherName } from "./image-name.ts";
import { frameworksBelow, leftRunning } from "./left-running.ts";
import { removeLeftovers } from "./leftovers.ts";
import { dist, imagePath, state, top } from "./paths.ts";
import { builtVersions, imageOf, type Prepared, prepare, prepareExecutables } from "./prepare.ts";
import { waitWhileProgress } from "./progress/progress-wait.ts";
import { command, noteProgress, say } from "./progress/stage.ts";
import { digestOfProgram, schedulerAction } from "./running-program.ts";
import { noSchedulerWords, type RunningUp, upWords } from "./up-words.ts";
import { UpVm } from "./vm/up-vm.ts";

const port = 8512;
const url = `http://127.0.0.1:${port}`;
const frameworkName = "cke-make-up";
const scheduler = new Daemon(join(state, "cke-scheduler.pid"));
const log = join(state, "cke-scheduler.log");
const kubeconfig = join(state, "kubeconfig");
const mesosDirectory = join(state, "mesos");
const frameworkNote = join(state, "framework-id");
const binariesNote = join(state, "binaries");
/** Digest of the program and the flags with which the running scheduler was started. */
const startedFrom = join(state, "cke-scheduler.digest");
const api = new Api(url);
const background = (pidFile: string) => new Daemon(pidFile);
const vm = new UpVm({ url, lost: schedulerEnded, state, dist, top, background });
const makeUp = new Daemon(join(state, "make-up.pid"));
const makeUpWords = join(state, "make-up.words");
const readNote = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);

/** The embedded agent offers more CPUs than the machine has, because the example's processes are mostly idle. */
const resources = () =>
  `cpus:${Math.max(16, cpus().length * 4)};mem:${Math.floor((totalmem() / 2 ** 20) * 0.9)};ports:[31000-35000]`;

/**
 * Longest time in which a scheduler must end: it hands over and finishes requests for `-drain_timeout` and a little
 * more.
 */
const schedulerGraceMs = 120_000;
/** A scheduler whose /readyz has said the same for this time will not become ready. */
const readySilenceMs = 30 * 60_000;
/** A delete that has removed nothing for this time will not end. */
const deleteSilenceMs = 10 * 60_000;

const schedulerProgram = join(dist, "cke-scheduler");
const schedulerFlags = (versions: readonly string[]): string[] =>
  [
    ["-master", "local"],
    ["-storage_type", "sqlite"],
    ["-storage_servers", join(state, "cke.db")],
    // Until there is sign-in: everybody who reaches the API may read administrators' tokens.
    ["-listen", `127.0.0.1:${port}`],
    ["-service_host", "127.0.0.1"],
    ["-service_port", String(port)],
    ["-name", frameworkName],
    ["-k8s_image_path", imagePath],
    // So the scheduler refuses a version without an image at once; otherwise the launch would fail.
    versions.length === 0 ? [] : ["-k8s_local_versions", versions.join(",")],
    ["-k8s_pod_pool", addressPools.pods],
    ["-k8s_service_pool", addressPools.services],
    ["-k8s_config", join(top, "default_cfg")],
    ["-local_work_dir", mesosDirectory],
    ["-local_resources", resources()],
    vm.flags(),
  ].flat();

async function startScheduler(): Promise<void> {
  const flags = schedulerFlags(await builtVersions());
  const digest = await digestOfProgram(schedulerProgram, flags, join(top, "default_cfg"));
  const action = schedulerAction(scheduler.pid() !== undefined, readNote(startedFrom), digest);
  if (action === "replace") {
    say("cke-scheduler is of another build or has other flags: starting the new one; what runs in clusters runs on");
    await scheduler.stop(schedulerGraceMs, say);
  }
  if (action === "keep") say(`cke-scheduler runs (pid ${scheduler.pid()})`);
  else {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    writeFileSync(startedFrom, digest);
    const pid = scheduler.start(schedulerProgram, flags, log);
    say(`cke-scheduler started (pid ${pid}, log ${log})`);
  }
  await waitWhileProgress({
    what: "cke-scheduler to be ready",
    look: async () => {
      const words = await api.unready();
      return words === "" ? { done: true } : { progress: words, words };
    },
    lost: schedulerEnded,
    silentMs: readySilenceMs,
    tell: say,
  });
}

/** Why waiting for the scheduler is useless, with its last words; "" while it runs. */
function schedulerEnded(): string {
  if (scheduler.pid() !== undefined) return "";
  const words = readFileSync(log, "utf8").trim().split("\n").slice(-5).join("\n");
  return `cke-scheduler has ended; its last words:\n${words}`;
}

/** `work`: brings something up. Another `make up` waits for it to end, and `make status` tells of it. */
async function up(work: () => Promise<void>): Promise<void> {
  refuseWhileUp();
  makeUp.claim();
  const since = new Date().toISOString();
  noteProgress((line) => writeFileSync(makeUpWords, `${since}\n${line}\n`));
  try {
    await work();
    rmSync(makeUpWords, { force: true });
  } finally {
    makeUp.forget();
  }
}

/** A `make up` that runs, or that ended before the cluster was up; undefined for none. */
function runningUp(): RunningUp | undefined {
  const [since, words] = readNote(makeUpWords)?.split("\n") ?? [];
  const pid = makeUp.pid();
  if (pid === undefined && words === undefined) return undefined;
  return { pid, since: since ?? "", words: words ?? "" };
}

function refuseWhileUp(): void {
  const running = runningUp();
  if (running?.pid !== undefined) throw new Error(`${upWords(running, Date.now())}; wait for it, or end it first`);
}

/** The cluster; and the virtual machine, if it is wanted too. */
async function upCluster(withVm: boolean): Promise<void> {
  const prepared = await prepare(undefined, true, state);
  await vm.startLibvirt(withVm);
  await bringUp(prepared);
  if (withVm) await vm.bringUp();
}

/** The virtual machine alone: nothing of Kubernetes is built for it. */
async function upVm(): Promise<void> {
  await prepareExecutables();
  await vm.startLibvirt(true);
  await startScheduler();
  await vm.bringUp();
}

async function bringUp(prepared: Prepared): Promise<void> {
  const prefix = await ensureNetwork();
  await startScheduler();
  const body = exampleCluster(prefix);
  await ensureCluster(api, { name: clusterName, body, say, lost: schedulerEnded, deleteSilenceMs });
  await watchBringUp(api, clusterName, say, {
    lost: schedulerEnded,
    standstill: (now) => standstill(now, `${url}/k8s/v1/clusters/${clusterName}`),
  });
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
in a browser   ${url}/k8s/v1/clusters/${clusterName}/console/dashboard
               ${url}/k8s/v1/clusters/${clusterName}/console/kubectl
remove it all  make down`);
}

async function status(): Promise<void> {
  const pid = scheduler.pid();
  const running = runningUp();
  if (running !== undefined) console.log(upWords(running, Date.now()));
  if (pid === undefined) {
    if (running?.pid !== undefined) return; // it starts a scheduler later
    const words = noSchedulerWords(await leftRunning(mesosDirectory, frameworkIds()), existsSync(log), log);
    if (words !== "") console.log(words);
    else if (running === undefined) console.log("not up (make up)");
    if (vm.leftWords() !== "") console.log(vm.leftWords());
    return;
  }
  const asked = new Api(url, 20_000); // a person looks at it: an error soon is better than an answer late
  const unready = await asked.unready();
  console.log(`cke-scheduler  pid ${pid}, ${url}, ${unready === "" ? "ready" : `not ready: ${unready}`}, log ${log}`);
  if (unready !== "") return;
  for (const name of await asked.clusters()) {
    const cluster = await asked.state(name);
    if (cluster !== undefined) for (const line of clusterLines(name, cluster)) console.log(line);
  }
  if (existsSync(kubeconfig)) usage(readFileSync(binariesNote, "utf8"));
  for (const line of await vm.status()) console.log(line);
}

/** Also without a finished `make up`, which would have noted the id. */
const frameworkIds = () => [
  ...new Set([...frameworksBelow(mesosDirectory), readNote(frameworkNote) ?? ""].filter((id) => id !== "")),
];

async function down(): Promise<void> {
  refuseWhileUp();
  const byHand = (error: unknown) =>
    say(`${error instanceof Error ? error.message : error}: removing what is left by hand`);
  if (scheduler.pid() !== undefined && (await api.ready())) {
    await vm.deleteAll().catch(byHand);
    const names = await api.clusters();
    for (const name of names) {
      say(`deleting cluster ${name}`);
      await api.remove(name);
    }
    await waitWhileProgress({
      what: `${names.join(", ")} to be deleted`,
      look: async () => {
        const left = await deleting();
        return left === "" ? { done: true } : { progress: left, words: left };
      },
      lost: schedulerEnded,
      silentMs: deleteSilenceMs,
      tell: say,
    }).catch(byHand);
  }
  await scheduler.stop(schedulerGraceMs, say);
  const frameworks = frameworkIds();
  for (const framework of frameworks.length === 0 ? [""] : frameworks)
    await removeLeftovers(framework, mesosDirectory, networkName);
  await vm.removeLeftovers();
  rmSync(state, { recursive: true, force: true });
  await command("scripts/docker-engine", ["down", state], { cwd: top, progress: true });
  say("down: nothing of make up is left but caches (dist/, the KubeNode image, downloads, unpacked executors)");
}

/** What the clusters still have, as text; "" when nothing is left. */
async function deleting(): Promise<string> {
  const states = await Promise.all((await api.clusters()).map(async (name) => ({ name, now: await api.state(name) })));
  return states
    .flatMap(({ name, now }) => {
      if (now === undefined) return [];
      const running = now.nodes.flatMap(({ processes }) => processes.filter(({ pid }) => pid > 0));
      return `${name}: ${now.nodes.length} nodes, ${running.length} processes`;
    })
    .join("; ");
}

/**
 * Builds one more version. Executors on this host report it to a running scheduler. `wanted`: a second name of the
 * image, for a scheduler with another -k8s_image_path or cke.conf; "" for none.
 */
async function buildImage(version = "", wanted = ""): Promise<void> {
  const asked = version === "" ? undefined : version;
  const further = furtherName(imageOf(asked), wanted);
  const { image } = await prepare(asked, false);
  if (further !== "") await command("docker", ["tag", image, further]);
  say(
    `${further === "" ? image : `${image}, and as ${further},`} is there; a running cke-scheduler learns of it with the next cluster that asks for it, or from make up`,
  );
}

const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  up: () => up(() => upCluster((process.env.VM ?? "") !== "")),
  "up-vm": () => up(upVm),
  down,
  status,
  prepare: () => prepare(process.argv[3]),
  image: () => buildImage(process.argv[3], process.argv[4]),
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

// `make up`, `make up-vm`, `make down`, `make status`, `make image` and, for the tests, `prepare`. No wait here has a fixed time in
// which it must succeed: each one goes on while there is progress, and says what it waits for.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Api } from "./cluster/api.ts";
import { watchBringUp } from "./cluster/bring-up-view.ts";
import { deleteClusters } from "./cluster/delete-clusters.ts";
import { ensureCluster } from "./cluster/ensure-cluster.ts";
import { standstill } from "./cluster/standing-cluster.ts";
import { clusterLines } from "./cluster/status-lines.ts";
import { Daemon } from "./daemon.ts";
import {
  chosenDeployment,
  defaultName,
  defaultPort,
  foreignWords,
  makeCommand,
  notUpWords,
  takenWords,
} from "./deployment/deployment.ts";
import { firstFree, isFree } from "./deployment/free-ports.ts";
import { schedulerFlags } from "./deployment/scheduler-flags.ts";
import { ensureNetwork, exampleCluster, networkOf } from "./example-cluster.ts";
import { frameworksBelow, leftRunning } from "./left-running.ts";
import { removeLeftovers } from "./leftovers.ts";
import { dist, imagePath, top } from "./paths.ts";
import { buildImage, builtVersions, type Prepared, prepare, prepareExecutables } from "./prepare.ts";
import { endWithReader } from "./progress/closed-output.ts";
import { waitWhileProgress } from "./progress/progress-wait.ts";
import { command, noteProgress, say } from "./progress/stage.ts";
import { digestOfProgram, schedulerAction } from "./running-program.ts";
import { noSchedulerWords, type RunningUp, upWords } from "./up-words.ts";
import { UpVm } from "./vm/up-vm.ts";

endWithReader();
const readNote = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
const deployment = orEnd(() => chosenDeployment(process.env));
const { name: clusterName, state } = deployment;
const frameworkName = clusterName === defaultName ? "cke-make-up" : `cke-make-up-${clusterName}`;
/** The checkout whose `make up` this is, and the port of its scheduler. */
const checkoutNote = join(state, "checkout");
const portNote = join(state, "port");
const notedPort = Number(readNote(portNote) ?? defaultPort);
// Only `make up` moves it to another port.
const port = process.argv[2]?.startsWith("up") ? (deployment.port ?? notedPort) : notedPort;
const url = `http://127.0.0.1:${port}`;
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

/**
 * Longest time in which a scheduler must end: it hands over and finishes requests for `-drain_timeout` and a little
 * more.
 */
const schedulerGraceMs = 120_000;
/** A scheduler whose /readyz has said the same for this time will not become ready. */
const readySilenceMs = 30 * 60_000;
/** Ports that the example may publish: of those that the embedded agent offers. */
const [firstIngress, lastIngress] = [34_571, 34_970];
/** A delete that has removed nothing for this time will not end. */
const deleteSilenceMs = 10 * 60_000;

const schedulerProgram = join(dist, "cke-scheduler");
const flagsOf = (versions: readonly string[]) =>
  schedulerFlags({
    ...{ port, name: frameworkName, state, mesos: mesosDirectory, top, imagePath, versions },
    further: vm.flags(),
  });

async function startScheduler(): Promise<void> {
  const flags = flagsOf(await builtVersions());
  const digest = await digestOfProgram(schedulerProgram, flags, join(top, "default_cfg"));
  const action = schedulerAction(scheduler.pid() !== undefined, readNote(startedFrom), digest);
  if (action === "replace") {
    say("cke-scheduler is of another build or has other flags: starting the new one; what runs in clusters runs on");
    await scheduler.stop(schedulerGraceMs, say);
  }
  if (action === "keep") say(`cke-scheduler runs (pid ${scheduler.pid()})`);
  else {
    await refuseTakenPort();
    mkdirSync(state, { recursive: true, mode: 0o700 });
    writeFileSync(startedFrom, digest);
    writeFileSync(portNote, String(port));
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
  refuseForeign();
  if (scheduler.pid() === undefined || port !== notedPort) await refuseTakenPort(); // before anything is built
  makeUp.claim();
  writeFileSync(checkoutNote, top);
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

function refuseForeign(): void {
  const owner = readNote(checkoutNote);
  const words = foreignWords(clusterName, owner, top, owner !== undefined && existsSync(owner));
  if (words !== "") throw new Error(words);
}

async function refuseTakenPort(): Promise<void> {
  if (!(await isFree(port, "127.0.0.1"))) throw new Error(takenWords(port));
}

/** The cluster; and the virtual machine, if it is wanted too. */
async function upCluster(withVm: boolean): Promise<void> {
  if (withVm) refuseSecondVm();
  const prepared = await prepare(undefined, true, state);
  await vm.startLibvirt(withVm);
  await bringUp(prepared);
  if (withVm) await vm.bringUp();
}

/** The example VM has a bridge and a name of which a host has one. */
function refuseSecondVm(): void {
  if (clusterName !== defaultName)
    throw new Error(`a virtual machine is brought up by the deployment "${defaultName}" only: leave out CKE_UP_NAME`);
}

/** The virtual machine alone: nothing of Kubernetes is built for it. */
async function upVm(): Promise<void> {
  refuseSecondVm();
  await prepareExecutables();
  await vm.startLibvirt(true);
  await startScheduler();
  await vm.bringUp();
}

async function bringUp(prepared: Prepared): Promise<void> {
  const prefix = await ensureNetwork(networkOf(clusterName));
  await startScheduler();
  const body = exampleCluster(prefix, await firstFree(firstIngress, lastIngress), clusterName);
  await ensureCluster(api, { name: clusterName, body, say, lost: schedulerEnded, deleteSilenceMs });
  await watchBringUp(api, clusterName, say, {
    lost: schedulerEnded,
    standstill: (now) => standstill(now, `${url}/k8s/v1/clusters/${clusterName}`),
  });
  writeFileSync(frameworkNote, frameworksBelow(mesosDirectory).join("\n"));
  await writeKubeconfig();
  writeFileSync(binariesNote, prepared.binaries);
  say("up");
  usage(prepared.binaries);
}

/** For a master that serves now: those that there were may have been removed. */
async function writeKubeconfig(): Promise<void> {
  writeFileSync(kubeconfig, await api.kubeconfig(clusterName), { mode: 0o600 });
  chmodSync(kubeconfig, 0o600);
}

function usage(binaries: string): void {
  console.log(`
CKE            ${url}/k8s/v1/clusters   (help: ${url}/k8s/v1/help)
kubectl        export PATH=${binaries}:$PATH
               export KUBECONFIG=${kubeconfig}
               kubectl get nodes
in a browser   ${url}/k8s/v1/clusters/${clusterName}/console/dashboard
               ${url}/k8s/v1/clusters/${clusterName}/console/kubectl
remove it all  ${makeCommand(clusterName, "down")}`);
}

async function status(): Promise<void> {
  const pid = scheduler.pid();
  const running = runningUp();
  if (running !== undefined) console.log(upWords(running, Date.now()));
  if (pid === undefined) {
    if (running?.pid !== undefined) return; // it starts a scheduler later
    const words = noSchedulerWords(await leftRunning(mesosDirectory, frameworkIds()), existsSync(log), log);
    if (words !== "") console.log(words);
    else if (running === undefined) console.log(notUpWords(clusterName));
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
  if (existsSync(kubeconfig)) {
    await writeKubeconfig().catch(() => {}); // the cluster may be stopped or gone: the file stays
    usage(readFileSync(binariesNote, "utf8"));
  }
  for (const line of await vm.status()) console.log(line);
}

/** Also without a finished `make up`, which would have noted the id. */
const frameworkIds = () => [
  ...new Set([...frameworksBelow(mesosDirectory), ...(readNote(frameworkNote) ?? "").split("\n")].filter(Boolean)),
];

async function down(): Promise<void> {
  refuseWhileUp();
  refuseForeign();
  const byHand = (error: unknown) =>
    say(`${error instanceof Error ? error.message : error}: removing what is left by hand`);
  if (scheduler.pid() !== undefined && (await api.ready())) {
    await vm.deleteAll().catch(byHand);
    await deleteClusters(api, { say, lost: schedulerEnded, silentMs: deleteSilenceMs }).catch(byHand);
  }
  await scheduler.stop(schedulerGraceMs, say);
  const frameworks = frameworkIds();
  for (const framework of frameworks.length === 0 ? [""] : frameworks)
    await removeLeftovers(framework, mesosDirectory, networkOf(clusterName));
  await vm.removeLeftovers();
  rmSync(state, { recursive: true, force: true });
  await command("scripts/docker-engine", ["down", state], { cwd: top, progress: true });
  say("down: nothing of make up is left but caches (dist/, the KubeNode image, downloads, unpacked executors)");
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
  end(error);
}

/** Ends the program with the words of an error: a person reads it. */
function end(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

function orEnd<Value>(make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    return end(error);
  }
}

// The terminal and the dashboard of a cluster, in a real browser: a master and a worker, no console.
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { exampleCluster } from "../../scripts/up/example-cluster.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { TestBrowser } from "./browser.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { waitFor } from "./wait-for.ts";
import { busybox } from "./workload.ts";

const deployment = new Deployment({ name: "console" });
const cluster = clusterName("example");
let browser: TestBrowser;

const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: talker}
spec:
  replicas: 1
  selector: {matchLabels: {app: talker}}
  template:
    metadata: {labels: {app: talker}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: talker
        image: ${busybox}
        imagePullPolicy: IfNotPresent
        command: [sh, -c, 'trap exit TERM; n=0; while :; do n=$((n + 1)); echo "said $n times"; sleep 1 & wait $!; done']
        resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
`;

beforeAll(async () => {
  await deployment.start();
  browser = await TestBrowser.start();
  const body = exampleCluster(deployment.prefix, deployment.publishedPort);
  const kubenodes = body.kubenodes.filter(({ type }) => type !== "console");
  await deployment.api.create({ ...body, cluster_name: cluster, kubenodes, network: deployment.network });
  await deployment.waitUp(cluster);
  await waitFor("service account default", () => kubectl("get", "serviceaccount", "default"));
  await deployment.kubectl(cluster, ["apply", "-f", "-"], manifest);
  await kubectl("rollout", "status", "deployment/talker", "--timeout=600s");
});
afterAll(async () => {
  await browser?.stop();
  await deployment.stop();
});

const kubectl = (...args: readonly string[]) => deployment.kubectl(cluster, args);
const address = (page: string) => `${deployment.url}/k8s/v1/clusters/${cluster}/console/${page}`;
const inMaster = (script: string) => command("docker", ["exec", `cke-${cluster}-master`, "sh", "-c", script]);
/** Command lines of the master that sessions have started. */
const sessionPrograms = () =>
  inMaster("ps -eo args= | grep -E '^(bash|sh -i|kubectl|/usr/bin/script|sleep 9999)' || true");
const nothingLeft = () => expect.poll(sessionPrograms).toBe("");
const pod = async () =>
  (await kubectl("get", "pods", "-l", "app=talker", "-o", "jsonpath={.items[0].metadata.name}")).trim();

test("kubectl in the browser: it answers, changes nothing of the node, and leaves nothing", async () => {
  const kubeconfig = () => inMaster("sha256sum /etc/kubernetes/admin.kubeconfig");
  const before = await kubeconfig();
  const page = await browser.open(address("kubectl"));
  await page.sees("Connected, in node master", "#status");
  await page.types("kubectl get nodes");
  await page.terminalShows(/node0\s+Ready/);
  await page.types("k config set-context --current --namespace=kube-system && k get deployment coredns");
  await page.terminalShows(/coredns\s+\d\/\d/);
  await page.types("(setsid nohup sleep 9999 &) ; trap '' HUP TERM");
  await expect.poll(sessionPrograms).toContain("sleep 9999");
  expect(await inMaster("ls -A /run/cke/console")).toBe("");
  await page.close();
  await nothingLeft();
  expect(await kubeconfig()).toBe(before);
  expect(browser.complaints).toEqual([]);
});

test("a shell in a container, and one in a worker", async () => {
  const inPod = await browser.open(`${address("kubectl")}?pod=${await pod()}`);
  await inPod.sees("Connected", "#status");
  await inPod.types("echo here:$(hostname):$((40 + 2))");
  await inPod.terminalShows(`here:${await pod()}:42`);
  const inWorker = await browser.open(`${address("kubectl")}?node=node0`);
  await inWorker.sees("Connected, in node node0", "#status");
  await inPod.types("(sleep 9999 &); trap '' HUP; echo started-$((1 + 1))");
  await inPod.terminalShows("started-2");
  await inWorker.types("pgrep -x kubelet >/dev/null && echo kubelet-$((40 + 2))");
  await inWorker.terminalShows("kubelet-42");
  await inPod.close();
  await inWorker.close();
  await nothingLeft();
  const left = async () =>
    (await kubectl("exec", await pod(), "--", "ps", "-o", "args")).match(/sh -i|sleep 9999|cke-/g);
  await expect.poll(left).toBeNull();
});

/** kill -9 */
const kill = (victim: "executor" | "scheduler") =>
  victim === "executor" ? deployment.killExecutor("master") : deployment.scheduler.kill();

test.each(["executor", "scheduler"] as const)(
  "the %s is killed: the session ends at once, and the page has a new one by itself",
  async (victim) => {
    const page = await browser.open(address("kubectl"));
    await page.sees("Connected", "#status");
    await page.types("echo first-$((1 + 1)); sleep 9999");
    await page.terminalShows("first-2");
    await kill(victim);
    await expect.poll(sessionPrograms).not.toContain("sleep 9999");
    if (victim === "scheduler") {
      await page.sees("Connecting again", "#status");
      await nothingLeft();
      await deployment.startScheduler();
    }
    await page.terminalShows("A new session in node master");
    await page.types("echo second-$((1 + 2))");
    await page.terminalShows("second-3");
    await page.close();
    await nothingLeft();
  },
);

test("the dashboard lists, scales, shows logs, YAML, events and nodes, and deletes", async () => {
  browser.complaints.length = 0;
  const dashboard = await browser.open(`${address("dashboard")}#/pods`);
  await dashboard.sees(await pod(), "main");
  await dashboard.sees("Running", "main");

  await dashboard.follow("Deployments");
  await dashboard.follow("talker");
  await dashboard.press("Scale");
  await dashboard.page.getByLabel("Replicas").fill("2");
  await dashboard.page.locator("dialog").getByRole("button", { name: "Scale" }).click();
  await dashboard.sees(/Ready2\/2/, "dl");
  expect((await kubectl("get", "deployment", "talker", "-o", "jsonpath={.spec.replicas}")).trim()).toBe("2");
  await dashboard.press("YAML");
  await dashboard.sees(/kind: Deployment[\s\S]*replicas: 2/, "#yaml");
  await dashboard.press("Events");
  await dashboard.sees("ScalingReplicaSet", "table");

  await dashboard.follow("Pods");
  const name = await pod();
  await dashboard.follow(name);
  const link = dashboard.page.locator(".tools").getByRole("link", { name: "Terminal", exact: true });
  const terminal = await browser.open(new URL((await link.getAttribute("href")) ?? "", dashboard.page.url()).href);
  await terminal.sees("Connected", "#status");
  await terminal.types("echo there:$(hostname)");
  await terminal.terminalShows(`there:${name}`);
  await terminal.close();
  await dashboard.press("Log");
  await dashboard.sees(/said \d+ times/, "#log");
  await dashboard.press("Delete");
  await dashboard.page.locator("dialog").getByRole("button", { name: "Delete" }).click();
  await dashboard.sees("There is no such pod", "main");

  await dashboard.follow("Nodes");
  await dashboard.sees(/node0Ready/, "tbody");
  await dashboard.sees(/\d MiB \/ \d+ MiB \/ [\d.]+ (MiB|GiB)/, "tbody");

  await dashboard.page.getByLabel("Namespace").selectOption("kube-system");
  await dashboard.follow("Services");
  await dashboard.sees("kube-dns", "tbody");
  await dashboard.follow("Overview");
  await dashboard.sees("1/1 Nodes ready", "main");
  expect(browser.complaints).toEqual([]);
  await dashboard.close();
});

test("exec over a WebSocket goes through the scheduler too, as watches do", async () => {
  const token = z.object({ AdminToken: z.string() }).parse(await (await fetch(address("../adminToken"))).json());
  const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from(token.AdminToken).toString("base64url")}`;
  const path = `/api/v1/namespaces/default/pods/${await pod()}/exec?command=echo&command=through&stdout=true`;
  const socket = new WebSocket(address(`../apiserver${path}`).replace("http", "ws"), [bearer, "v5.channel.k8s.io"]);
  let text = "";
  socket.on("message", (data) => {
    text += String(data);
  });
  await expect.poll(() => text).toContain("through");
  socket.close();
});

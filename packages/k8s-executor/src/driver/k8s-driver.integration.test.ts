import { readdir } from "node:fs/promises";
import { processReport, unitReport } from "@cke/executor-core/testing/recording-context";
import { ExecutorMessage, SchedulerMessage, sealSecrets } from "@cke/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { type DockerLab, docker } from "../testing/docker-lab.ts";
import { message, nodeId, ready, sleeper, useDriverLab } from "../testing/driver-lab.ts";
import { removalOrder } from "../testing/driver-set-up.ts";
import { launchNode, launchProcess, processOrder } from "../testing/launches.ts";

const { lab: openLab, executor, forget, task } = useDriverLab();
let lab: DockerLab;
beforeAll(() => {
  lab = openLab();
});

describe("a node", () => {
  test("has what its task asks for, runs processes, and leaves nothing when it is killed", async () => {
    const { context, driver } = executor();
    context.onMessage = (data) => {
      const request = ExecutorMessage.decode(data).message;
      if (request?.kind !== "secretsRequest") return;
      const value = sealSecrets(request.value, {
        executorId: context.executorId,
        secrets: { key: new Uint8Array([115]) },
      });
      driver.message(SchedulerMessage.encode({ message: { kind: "secretsResponse", value } }));
    };
    const wanted = task({
      nodeType: "master",
      hostname: "master-0",
      network: lab.network,
      ip: lab.ip(80),
      hosts: [{ name: "reg.example", ip: "10.1.2.3" }],
      environment: [{ name: "A", value: "1" }],
      volumes: [{ path: "/var/lib/etcd" }, { path: "/data", dockerVolume: `${lab.name}-data` }],
      tmpfs: ["/scratch:size=1m"],
      cpuMillis: 500,
      memoryBytes: 512 * 1024 * 1024,
      cfsQuota: true,
      files: [{ path: "/etc/plain", mode: 0o640, content: new Uint8Array([112]) }],
      secrets: [{ name: "key", path: "/etc/pki/key" }],
      registryDomain: "reg.example",
      registryCertificate: new Uint8Array([99]),
      labels: { "cke.kind": "node" },
    });
    driver.launch(launchNode(wanted, nodeId));
    driver.launch(launchProcess(sleeper("sleeper"), "p"));
    await ready(context);
    expect(message(context)).toBe("ready");
    await context.until(() => context.of("p").at(-1)?.healthy === true);
    const pid = processReport(context.of("p").at(-1)?.data)?.pid;
    expect(pid).toBeGreaterThan(1);

    const name = `cke-${lab.name}-n`;
    expect(await lab.inspect(name)).toMatchObject({
      Config: {
        Hostname: "master-0",
        Labels: {
          "cke.framework": lab.frameworkId,
          "cke.cluster": lab.name,
          "cke.node": "n",
          "cke.executor": context.executorId,
          "cke.kind": "node",
        },
        Env: expect.arrayContaining([
          "DOCKER_REGISTRY=reg.example",
          "A=1",
          "CKE_WRAPPER_SOCKET=/run/cke-wrapper/wrapper.sock",
        ]),
      },
      HostConfig: {
        ExtraHosts: ["reg.example:10.1.2.3"],
        Tmpfs: { "/scratch": "size=1m" },
        CpuShares: 512,
        CpuQuota: 50_000,
        Memory: 512 * 1024 * 1024,
        CgroupnsMode: "private",
        RestartPolicy: { Name: "no" },
      },
      NetworkSettings: { Networks: { [lab.network]: { IPAddress: lab.ip(80) } } },
    });
    const look = `const fs = require("fs"); console.log(JSON.stringify(["/etc/plain", "/etc/pki/key", "/etc/docker/certs.d/reg.example/ca.crt"]
      .map((file) => [fs.readFileSync(file, "utf8"), (fs.statSync(file).mode & 0o777).toString(8)])))`;
    expect(JSON.parse(await docker("exec", name, "/node", "-e", look))).toEqual([
      ["p", "640"],
      ["s", "600"],
      ["c", "644"],
    ]);
    expect(await docker("inspect", name)).not.toContain("certs.d");
    expect((await lab.leftovers()).toSorted()).toHaveLength(4);

    driver.message(removalOrder(context.executorId));
    driver.kill(launchNode(wanted, nodeId), {});
    await context.until(({ ended }) => ended);
    expect([context.of(nodeId).at(-1)?.state, context.of("p").at(-1)?.state]).toEqual(["TASK_KILLED", "TASK_KILLED"]);
    expect(await lab.leftovers()).toEqual([]);
    expect((await readdir(lab.runBase)).filter((entry) => entry !== "privilege")).toEqual([]);
  });

  test("B12: a kill that nobody ordered keeps the data, and the next executor's container finds it", async () => {
    const name = `cke-${lab.name}-n`;
    const wanted = task({ nodeType: "master", volumes: [{ path: "/var/lib/etcd" }] });
    const write = `require("fs").writeFileSync("/var/lib/etcd/member", "precious")`;
    const first = executor("1");
    first.driver.launch(launchNode(wanted, nodeId));
    await ready(first.context);
    await docker("exec", name, "/node", "-e", write);
    const began = Date.now();
    first.driver.kill(launchNode(wanted, nodeId), {});
    await first.context.until(({ ended }) => ended);
    expect(Date.now() - began).toBeGreaterThan(5_000);
    expect(message(first.context)).toContain("its data is kept");
    expect(await lab.leftovers()).toEqual([`${name}-var-lib-docker`, `${name}-var-lib-etcd`]);

    const second = executor("2");
    second.driver.launch(launchNode(wanted, nodeId));
    await ready(second.context);
    const read = `console.log(require("fs").readFileSync("/var/lib/etcd/member", "utf8"))`;
    expect(await docker("exec", name, "/node", "-e", read)).toBe("precious");
  });

  test("two lives of a node on one host: the later one stops the earlier one and has data of its own, and each is removed alone", async () => {
    const name = `cke-${lab.name}-n`;
    const volumes = [{ path: "/var/lib/etcd", dockerVolume: `${name}-etcd` }];
    const ofInstance = (instance: string) =>
      task({ nodeType: "master", volumes, labels: { "cke.instance": instance } });
    const inNode = (script: string) => docker("exec", name, "/node", "-e", script);
    const first = executor("1");
    first.driver.launch(launchNode(ofInstance("a1"), nodeId));
    await ready(first.context);
    await inNode(`require("fs").writeFileSync("/var/lib/etcd/member", "precious")`);
    // Its executor is gone, its container runs on.
    await first.driver.detach();

    const second = executor("2");
    second.driver.launch(launchNode(ofInstance("b2"), nodeId));
    await ready(second.context);
    expect(await inNode(`console.log(require("fs").readdirSync("/var/lib/etcd").length)`)).toBe("0");
    const docked = (instance: string) => [`${name}-etcd.${instance}`, `${name}-var-lib-docker.${instance}`];
    const volumesLeft = async () => (await lab.leftovers()).filter((left) => left.startsWith(name)).toSorted();
    expect(await volumesLeft()).toEqual([...docked("a1"), ...docked("b2")].toSorted());
    expect(await lab.leftovers()).toHaveLength(5);
    const target = `${lab.name}/n`;
    expect(second.context.logs().join("\n")).toContain(`cke-k8s-exec -cleanup ${target}@a1`);

    second.driver.message(removalOrder(second.context.executorId));
    second.driver.kill(launchNode(ofInstance("b2"), nodeId), {});
    await second.context.until(({ ended }) => ended);
    expect((await lab.leftovers()).toSorted()).toEqual(docked("a1"));

    const third = executor("3");
    third.driver.launch(launchNode(ofInstance("a1"), nodeId));
    await ready(third.context);
    expect(await inNode(`console.log(require("fs").readFileSync("/var/lib/etcd/member", "utf8"))`)).toBe("precious");
  });

  test("a process is replaced, limited and killed without touching its neighbour", async () => {
    const { context, driver } = executor();
    driver.launch(launchNode(task(), nodeId));
    driver.launch(launchProcess(sleeper("one"), "one"));
    driver.launch(launchProcess(sleeper("two"), "two"));
    await context.until(() => ["one", "two"].every((id) => context.of(id).at(-1)?.healthy === true));
    const pid = processReport(context.of("two").at(-1)?.data)?.pid;
    driver.message(processOrder([{ spec: { ...sleeper("two"), resources: { cpuMillis: 100 } }, version: "slow" }]));
    await context.until(() => processReport(context.of("two").at(-1)?.data)?.resources?.cpuMillis === 100);
    driver.kill(launchProcess(sleeper("one"), "one"), {});
    await context.until(() => context.of("one").at(-1)?.state === "TASK_KILLED");
    driver.launch(launchProcess(sleeper("one"), "one-again"));
    await context.until(() => context.of("one-again").at(-1)?.healthy === true);
    expect(processReport(context.of("two").at(-1)?.data)?.pid).toBe(pid);
  });

  test.each([
    [["rm", "-f"], "container_removed", /^somebody removed the container: it was not CKE \(docker rm\)/],
    [
      ["kill", "--signal", "KILL"],
      "container_killed",
      /^somebody killed the container \(signal KILL, exit code 137\): docker kill/,
    ],
    [["stop"], "container_stopped", /^somebody stopped the container \((signal TERM, )?exit code \d+\): docker stop/],
  ])("docker %s is told as what it is, and no failed launch; the container is removed", async (words, cause, told) => {
    const { context, driver } = executor();
    driver.launch(launchNode(task(), nodeId));
    driver.launch(launchProcess(sleeper("p"), "p"));
    await context.until(() => context.of("p").at(-1)?.healthy === true);
    await docker(...words, `cke-${lab.name}-n`);
    await context.until(({ ended }) => ended);
    const end = context.of(nodeId).at(-1);
    expect(end).toMatchObject({ state: "TASK_FAILED", message: expect.stringMatching(told) });
    expect(end?.reason).toBeUndefined();
    expect(unitReport(end?.data)?.cause).toBe(cause);
    const process = context.of("p").at(-1);
    expect(process?.reason).toBeUndefined();
    if (cause !== "container_stopped") {
      const [headline = ""] = (end?.message ?? "").split(": ");
      expect(process).toMatchObject({ state: "TASK_FAILED", message: `its node ended: ${headline}` });
    }
  });

  test("another executor adopts it and its process keeps its pid", async () => {
    const first = executor("1");
    first.driver.launch(launchNode(task(), nodeId));
    first.driver.launch(launchProcess(sleeper("p"), "p"));
    await first.context.until(() => first.context.of("p").at(-1)?.healthy === true);
    await first.driver.detach();
    forget();
    const second = executor("2");
    second.driver.launch(launchNode(task({ incarnation: "2" }), nodeId));
    second.driver.launch(launchProcess(sleeper("p"), "p"));
    await second.context.until(() => second.context.of("p").at(-1)?.healthy === true);
    expect(message(second.context)).toBe("ready: adopted a running container");
    const pids = [first, second].map(({ context }) => processReport(context.of("p").at(-1)?.data)?.pid);
    expect(pids[0]).toBe(pids[1]);
  });
});

test("the host's networks with their gateways, given or not, and its images of nodes are told", async () => {
  const { context, driver } = executor();
  driver.launch(launchNode(task({ network: lab.network, ip: lab.ip(70) }), nodeId));
  const told = () =>
    context.messages.flatMap((data) => {
      const { message: found } = ExecutorMessage.decode(data);
      return found?.kind === "host" ? [found.value] : [];
    });
  await context.until(() => told().length > 0);
  const [report] = told();
  const subnet = `${lab.ip(0)}/24`;
  expect(report?.networks[0]).toEqual({
    name: lab.network,
    driver: "bridge",
    scope: "local",
    // Made without a gateway: Docker gives it the first address.
    ranges: [{ subnet, gateway: lab.ip(1) }],
  });
  expect(report?.networks.map(({ name }) => name)).not.toContain("host");
  expect(report?.images[0]).toEqual({ name: lab.image, id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
  await ready(context);
});

// What is addressed to the range of Services and no Service takes: a node with a pod and the image's rules, and a host on the node's default
// route that would answer. Each is a network namespace of its own.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BirdLab, birdLabMissing, type LabHost, until } from "../bird/testing/bird-lab.ts";

const missing = birdLabMissing();
const script = fileURLToPath(new URL("../../../../images/kube-node/rootfs/usr/local/bin/cke-network", import.meta.url));
const services = "10.96.0.0/16";
const service = "10.96.0.9";
const node = "10.88.0.21";

let lab: BirdLab;
let worker: LabHost;
let pod: LabHost;

/** Sets up the node's network as its one-shot does. */
async function network(more: string): Promise<void> {
  mkdirSync(join(worker.root, "run/cke"), { recursive: true });
  const variables = `POD_CIDR=10.244.0.0/24 CLUSTER_CIDR=10.244.0.0/16 NODE_IP=${node} CKE_ROOT=${worker.root} ${more}`;
  await worker.sh(
    `${variables} unshare --mount sh -ec 'mount -t tmpfs none /run; mkdir /run/cke; echo nameserver 192.0.2.53 >/run/cke/resolv.conf; exec sh ${script}'`,
  );
}

/** What a client on that host hears at this port of the Service: "refused", or the words of who answers. */
async function heard(host: LabHost, port: number): Promise<string> {
  const line = `timeout 5 bash -c 'exec 3<>/dev/tcp/${service}/${port} && cat <&3' 2>&1 || true`;
  const words = await host.sh(line);
  return words.includes("Connection refused") ? "refused" : words.trim();
}

beforeAll(async () => {
  if (missing !== undefined) return;
  lab = await BirdLab.start();
  const outside = await lab.host("10.88.0.254");
  await outside.sh(`ip route add local ${services} dev lo; ip addr add 203.0.113.1/32 dev lo`);
  const server = (port: number, words: string) =>
    `require("node:net").createServer((socket) => socket.end("${words}")).listen(${port})`;
  outside.run(process.execPath, "-e", `${server(80, "outside")};${server(8080, "a pod of the Service")}`);
  worker = await lab.host(node, "10.244.0.0/24");
  pod = await lab.pod(worker, "10.244.0.5");
  await worker.sh("echo 1 >/proc/sys/net/ipv4/ip_forward; ip route add default via 10.88.0.254");
  // As kube-proxy does for port 8080 of the Service.
  for (const chain of ["PREROUTING", "OUTPUT"])
    await worker.sh(
      `iptables -w 60 -t nat -A ${chain} -d ${service} -p tcp --dport 8080 -j DNAT --to-destination 203.0.113.1:8080`,
    );
  await network("");
  await until("an answer from outside", async () => ((await heard(pod, 80)) === "outside" ? true : undefined));
});
afterAll(async () => {
  await lab?.stop();
});

test.skipIf(missing !== undefined)(
  "a port that no Service has is refused, and not answered by who is outside",
  async () => {
    // Without the rule it is the other way round, so the test can tell.
    expect(await heard(worker, 80)).toBe("outside");
    for (const times of [1, 2]) {
      await network(`SERVICE_CIDR=${services}`);
      expect([times, await heard(pod, 80), await heard(worker, 80)]).toEqual([times, "refused", "refused"]);
      expect([await heard(pod, 8080), await heard(worker, 8080)]).toEqual([
        "a pod of the Service",
        "a pod of the Service",
      ]);
    }
    expect((await worker.sh("iptables -w 60 -S")).match(/-j REJECT/g)).toHaveLength(1);
    expect((await worker.sh("iptables -w 60 -S")).match(/-j CKE-SERVICES/g)).toHaveLength(2);
  },
);

// A Docker container, in the place of a KubeNode, and a VM on another host are on one network: a VXLAN between both hosts is a port of the bridge
// of the container's Docker network, and of the VM's bridge. The other host is a network namespace of its own, with a real guest.
import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { missingHere, tinyGuest } from "@cke/test-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { typeOnSerial } from "../testing/serial-line.ts";
import { missingForGuests, VmLab } from "../testing/vm-lab.ts";

const run = promisify(execFile);
const sh = async (line: string) => (await run("sh", ["-ec", line], { maxBuffer: 2 ** 24 })).stdout.trim();
const engine = await sh("docker version --format '{{.Server.Version}}'").then(
  () => undefined,
  () => "no Docker engine answers: scripts/docker-engine up starts one",
);
const missing = missingHere(missingForGuests() ?? engine);
if (missing !== undefined) console.warn(`a test of a VXLAN is skipped: ${missing}`);

const number = randomInt(2 ** 20);
const name = `ckx${number.toString(16).padStart(5, "0")}`;
const [cable, tunnel] = [`${name}c`, `${name}v`];
const underlay = `10.${randomInt(130, 250)}.${randomInt(0, 250)}`;
const vxlan = (local: string, remote: string) =>
  `type vxlan id ${number + 1} local ${underlay}.${local} remote ${underlay}.${remote} dstport 4789`;

describe.skipIf(missing !== undefined)("a KubeNode and a VM on one VXLAN", () => {
  let lab: VmLab;
  let files = "";
  /** First two bytes of the network's addresses. */
  let prefix = "";
  let node = "";

  beforeAll(async () => {
    lab = await VmLab.open();
    const { busybox } = await tinyGuest();
    files = mkdtempSync(join(tmpdir(), "cke-vxlan-"));
    const program = join(files, "root/bin/busybox");
    mkdirSync(dirname(program), { recursive: true });
    copyFileSync(busybox, program);
    writeFileSync(join(files, "root/index.html"), `of container ${name}\n`);
    await sh(`tar -C ${files}/root -c . | docker import - ${name}`);
    await sh(`docker network create --opt com.docker.network.bridge.name=${name}b ${name}`);
    const subnet = await sh(`docker network inspect --format '{{(index .IPAM.Config 0).Subnet}}' ${name}`);
    prefix = subnet.split(".").slice(0, 2).join(".");
    await sh(`docker run -d --name ${name} --network ${name} ${name} /bin/busybox httpd -f -p 80 -h /`);
    node = await sh(`docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' ${name}`);
    // This host and the other one, with a way between them.
    await sh(`ip link add ${cable} type veth peer name under netns ${lab.server.pid}
      ip address add ${underlay}.1/24 dev ${cable}
      ip link set ${cable} up
      ip link add ${tunnel} ${vxlan("1", "2")} dev ${cable}
      ip link set ${tunnel} master ${name}b up`);
    const [program2, ...args] = lab.server.enter(
      "sh",
      "-ec",
      `ip address add ${underlay}.2/24 dev under
      ip link set under up
      ip link add wide ${vxlan("2", "1")} dev under
      ip link set wide up`,
    );
    await run(program2, args);
  }, 600_000);
  afterAll(async () => {
    await sh(`docker rm -f ${name}; docker network rm ${name}; docker rmi ${name}; ip link delete ${cable}`).catch(
      (error: unknown) => console.warn(`left behind: ${String(error)}`),
    );
    await lab?.clear();
    await lab?.close();
    if (files !== "") rmSync(files, { recursive: true, force: true });
  }, 600_000);

  test("reach each other", async () => {
    const address = `${prefix}.200.9`;
    const plain = lab.definition();
    const commandLine = `${plain.boot?.commandLine ?? ""} cke.ip=${address}/16 cke.http=80 cke.hostname=vm1`;
    const network = { kind: "bridge", value: { bridge: "vmbr", uplink: "wide" } } as const;
    const nics = [{ name: "eth0", network, ip: `${address}/16`, mtu: 1450 }];
    const vm = lab.executor();
    vm.launch({ definition: lab.definition({ boot: { ...plain.boot, commandLine }, nics }) });
    await vm.running();
    await expect.poll(() => lab.console(), { timeout: 900_000, interval: 300 }).toContain("guest: ready");
    await typeOnSerial(vm, "ip link set eth0 mtu 1450; echo small $((40+2))", "small 42");
    // Each pings the other one, and gets a page of it.
    await typeOnSerial(vm, `ping -c 3 -W 60 ${node} | sed 's/^/guest /'`, "3 packets received");
    expect(await typeOnSerial(vm, `wget -q -O - http://${node}/index.html`, `of container ${name}`)).toContain(name);
    const inNode = (line: string) => sh(`docker exec ${name} /bin/busybox ${line}`);
    expect(await inNode(`ping -c 3 -W 60 ${address}`)).toContain("3 packets received");
    expect(await inNode(`wget -q -O - http://${address}/index.html`)).toMatch(/^vm1 /);
    // By the VXLAN and nothing else.
    await sh(`ip link set ${tunnel} down`);
    await expect(inNode(`ping -c 1 -W 5 ${address}`)).rejects.toThrow();
    vm.order();
    vm.kill(0);
    await vm.ended();
    expect(await lab.leftovers()).toEqual([]);
  }, 1_800_000);
});

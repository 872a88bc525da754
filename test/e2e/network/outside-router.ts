// A router outside of a cluster: a container in the cluster's Docker network with a BIRD that knows nothing of CKE.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { command } from "../../../scripts/up/progress/stage.ts";
import type { Deployment } from "../deployment.ts";
import { waitFor } from "../wait-for.ts";
import { containerNamespace } from "./namespaces.ts";

export interface RouterOptions {
  readonly asn: number;
  readonly clusterAsn: number;
  readonly password: string;
  /** Where it is: default is the network of the deployment. */
  readonly place?: { readonly network: string; readonly prefix: string };
  /** Beside 203.0.113.0/24, as statements of a static protocol. */
  readonly announces?: string;
}

export class OutsideRouter {
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
  }

  /** It has the address .2 of the network, takes sessions from all of its addresses, and announces 203.0.113.0/24; 203.0.113.1 answers. */
  static async start(
    image: string,
    deployment: Deployment,
    { asn, clusterAsn, password, place = deployment, announces = "" }: RouterOptions,
  ): Promise<OutsideRouter> {
    const { directory } = deployment;
    const { network, prefix } = place;
    const router = new OutsideRouter(`${network}-router`);
    const file = join(directory, "router.conf");
    writeFileSync(
      file,
      `router id ${prefix}.2;
log stderr all;
protocol device { }
protocol direct { ipv4; interface "eth0"; }
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; merge paths on; }
protocol static outside { ipv4; route 203.0.113.0/24 blackhole; ${announces} }
protocol bfd { interface "*" { interval 200 ms; multiplier 3; }; multihop { interval 200 ms; multiplier 3; }; }
protocol bgp nodes { local ${prefix}.2 as ${asn}; neighbor range ${prefix}.0/24 as ${clusterAsn}; dynamic name "node"; password "${password}";
  bfd graceful; graceful restart on; graceful restart time 0; long lived graceful restart on; long lived stale time 60; error wait time 1, 4; connect delay time 1;
  ipv4 { import all; export all; }; }
`,
    );
    const options = [
      "--network",
      network,
      "--ip",
      `${prefix}.2`,
      "--cap-add",
      "NET_ADMIN",
      "--label",
      "cke.test=router",
    ];
    const run = "ip addr add 203.0.113.1/32 dev lo && mkdir -p /run/bird && exec bird -f -c /etc/bird/router.conf";
    const argv = ["--entrypoint", "/bin/sh", image, "-c", run];
    await command("docker", ["create", "--name", router.#name, ...options, ...argv]);
    try {
      await command("docker", ["cp", file, `${router.#name}:/etc/bird/router.conf`]);
      await command("docker", ["start", router.#name]);
    } catch (error) {
      await router.stop();
      throw error;
    }
    return router;
  }

  inside(...args: readonly string[]): Promise<string> {
    return command("docker", ["exec", this.#name, ...args]);
  }

  /** The blocks that it has in its kernel by BGP, as "10.202.0.0/24 172.30.0.11". */
  async routes(): Promise<readonly string[]> {
    const lines = (await this.inside("ip", "-4", "route", "show", "proto", "bird")).split("\n");
    return lines.flatMap((line) => {
      const [, block, gateway] = /^(\S+\/\d+) via (\S+)/.exec(line) ?? [];
      return block === undefined || gateway === undefined ? [] : [`${block} ${gateway}`];
    });
  }

  /** The path of its network namespace. */
  namespace(): Promise<string> {
    return containerNamespace(this.#name);
  }

  /** Waits until its kernel has exactly these ways to an address. */
  async waysBecome(address: string, wanted: readonly string[]): Promise<void> {
    let last: readonly string[] = [];
    await waitFor(
      `the router to have the ways ${wanted.join(", ")} to ${address}`,
      async () => {
        const shown = await this.inside("ip", "-4", "route", "show", address);
        last = [...shown.matchAll(/via (\S+)/g)].map(([, via = ""]) => via).sort();
        return JSON.stringify(last) === JSON.stringify(wanted.toSorted());
      },
      () => `it has ${last.join(", ")}`,
      { everyMs: 50 },
    );
  }

  async routesBecome(wanted: readonly string[]): Promise<void> {
    let last: readonly string[] = [];
    await waitFor(
      `the router to have ${wanted.join(", ")}`,
      async () => {
        last = (await this.routes()).toSorted();
        return JSON.stringify(last) === JSON.stringify(wanted.toSorted());
      },
      () => `it has ${last.join(", ")}`,
      { everyMs: 50 },
    );
  }

  /** Listens for this block from now on. Call the result for the time (UNIX, in seconds) at which the kernel got it. */
  async watch(block: string): Promise<() => Promise<number>> {
    const argv = ["exec", this.#name, "ip", "-4", "-ts", "monitor", "route"];
    const monitor = spawn("docker", argv, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    monitor.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    await waitFor("ip monitor to listen", async () => {
      await this.inside("sh", "-c", "ip route add blackhole 192.0.2.1 && ip route del blackhole 192.0.2.1");
      return said.includes("192.0.2.1");
    });
    return async () => {
      const line = await waitFor(`the block ${block} at the router`, async () =>
        said.split("\n").find((one) => one.includes(` ${block} via `) || one.includes(`]${block} via `)),
      );
      const ended = once(monitor, "exit");
      monitor.kill("SIGKILL");
      await ended;
      const [, time = ""] = /^\[([^\]]+)\]/.exec(line) ?? [];
      return Date.parse(`${time}Z`) / 1000;
    };
  }

  async stop(): Promise<void> {
    await command("docker", ["rm", "-f", this.#name]);
  }
}

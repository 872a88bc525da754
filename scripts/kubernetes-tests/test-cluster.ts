// The cluster that Kubernetes' own tests run against: one master and two workers, with the images of the tests' pods.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { Deployment } from "../../test/e2e/deployment.ts";
import { command, say } from "../up/progress/stage.ts";

const name = "conformance";
const workers = ["node0", "node1"];
/** The lines of `pod-images`: an image of the archive, and a name under which the tests ask for it. */
const nameLine = /^(\S+) (\S+)$/;

export class TestCluster {
  readonly #deployment = new Deployment({ name });

  /** Brings it up, and gives its nodes the images of `archive`. Resolves with the path of a kubeconfig. */
  async start(archive: string): Promise<string> {
    await this.#deployment.start();
    const { api, network, prefix } = this.#deployment;
    await api.create({
      cluster_name: name,
      network,
      kubenodes: [
        { name: "master", type: "master", host: "*", node_ip: `${prefix}.10` },
        ...workers.map((worker, index) => ({
          name: worker,
          type: "node",
          host: "*",
          node_ip: `${prefix}.${11 + index}`,
        })),
      ],
    });
    await this.#deployment.waitUp(name);
    for (const node of workers) await this.#load(node, archive);
    return await this.#deployment.kubeconfig(name);
  }

  /** "1.37.2" */
  async version(): Promise<string> {
    const text = await this.#deployment.kubectl(name, ["version", "-o", "json"]);
    const { gitVersion } = z
      .object({ serverVersion: z.object({ gitVersion: z.string() }) })
      .parse(JSON.parse(text)).serverVersion;
    return gitVersion.replace(/^v/, "");
  }

  async stop(): Promise<void> {
    await this.#deployment.stop();
  }

  async #load(node: string, archive: string): Promise<void> {
    say(`${node}: the images of the tests' pods`);
    const container = `cke-${name}-${node}`;
    const ctr = ["ctr", "--namespace", "k8s.io", "images"];
    const child = spawn("docker", ["exec", "-i", container, ...ctr, "import", "--local", "-"], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    let words = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words = (words + text).slice(-2_000);
    });
    const exit = once(child, "exit");
    await pipeline(createReadStream(archive), child.stdin);
    const [code] = await exit;
    if (code !== 0) throw new Error(`${node} cannot load the images of the tests: ${words}`);
    for (const line of readFileSync(`${archive}.names`, "utf8").trim().split("\n")) {
      const [, built = "", wanted = ""] = nameLine.exec(line) ?? [];
      await command("docker", ["exec", container, ...ctr, "tag", "--force", built, wanted]);
    }
  }
}

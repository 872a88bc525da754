// The whole way of a terminal without Kubernetes: the API with its pages, a channel that is dialled at it, and a real wrapper with
// real terminals on this machine. Its one node n0 is a master that runs.
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { UnitStreams } from "@cke/executor-core";
import { StreamFixture } from "@cke/k8s-executor/testing/stream-fixture";
import { expect } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { webPages } from "../../../boot/web-pages.ts";
import { ChannelPair } from "../../../channel/testing/channel-pair.ts";
import type { NodeView } from "../../../kubernetes/views/cluster-views.ts";
import { PartNotFoundError } from "../../../workload/plans/part-not-found-error.ts";
import { type ApiFixture, createApiFixture } from "../../testing/api-fixture.ts";
import { Follower } from "../../testing/follower-fixture.ts";

export const checkout = fileURLToPath(new URL("../../../../../..", import.meta.url));
const res = { cpu: 1, mem: 1 };
const node: NodeView = {
  name: "n0",
  type: "master",
  host: "*",
  node_ip: "",
  real_host: "h",
  ingresses: [],
  attributes: [],
  start_time: "",
  status: "running",
  expect: "RUN",
  res,
  total_res: res,
  processes: [],
  reservation: false,
  pod: false,
  labels: {},
  taints: [],
};

export class ConsoleFixture {
  readonly unit: StreamFixture;
  readonly pair: ChannelPair;
  readonly api: ApiFixture;
  readonly follower: Follower;
  readonly url: string;

  private constructor(unit: StreamFixture, pair: ChannelPair, api: ApiFixture, follower: Follower, url: string) {
    this.unit = unit;
    this.pair = pair;
    this.api = api;
    this.follower = follower;
    this.url = url;
  }

  static async start(options: { readonly consoleIdleMs?: number } = {}): Promise<ConsoleFixture> {
    const unit = await StreamFixture.start();
    let url = "";
    const pair = await ChannelPair.start({ units: withHome(unit.streams, unit.wrapper.directory), url: () => url });
    const api = await createApiFixture({
      ...options,
      pages: webPages(checkout),
      services: {
        channels: {
          open: async (_cluster, name, signal) => {
            if (name !== "n0") throw new PartNotFoundError("node", 'cluster "my"', name, ["n0"]);
            return await pair.open(signal);
          },
          dial: (...asked) => pair.channels.dial(...asked),
        },
      },
    });
    api.service.nodes = [node];
    await api.service.create({ cluster_name: "my" });
    const { port } = await api.server.listen("127.0.0.1:0");
    url = `http://127.0.0.1:${port}`;
    const follower = await Follower.start({ id: "follower" });
    follower.follow(url);
    return new ConsoleFixture(unit, pair, api, follower, url);
  }

  /** A session over its WebSocket, as the page has it. */
  open(query: string, base = this.url, cluster = "my"): Session {
    return new Session(`${base.replace("http", "ws")}/k8s/v1/clusters/${cluster}/console/kubectl/ws?${query}`);
  }

  /** Waits until nothing of any session is left in the node. */
  async nothingLeft(): Promise<void> {
    await expect.poll(() => this.unit.wrapper.sessionCgroups()).toEqual([]);
  }

  async stop(): Promise<void> {
    await this.pair.stop();
    await this.follower.api.close();
    await this.api.close();
    await this.unit.dispose();
  }
}

/** Shells that read no profile of this machine's. */
function withHome(units: UnitStreams, home: string): UnitStreams {
  return {
    exec: (start, signal) => {
      const environment = start.environment.map((one) => (one.name === "HOME" ? { ...one, value: home } : one));
      return units.exec({ ...start, environment }, signal);
    },
    tunnel: (...asked) => units.tunnel(...asked),
    file: (...asked) => units.file(...asked),
    files: (...asked) => units.files(...asked),
    probe: (...asked) => units.probe(...asked),
    failureCode: (error) => units.failureCode(error),
  };
}

export class Session {
  readonly socket: WebSocket;
  readonly told: Readonly<Record<string, unknown>>[] = [];
  /** Close code and reason. */
  readonly closed: Promise<string>;
  readonly #open: Promise<unknown>;
  text = "";

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.#open = once(this.socket, "open");
    this.#open.catch(() => {});
    this.closed = once(this.socket, "close").then(([code, reason]) => `${code} ${reason}`);
    this.socket.on("message", (data: Buffer, binary) => {
      if (!binary) this.told.push(z.record(z.string(), z.unknown()).parse(JSON.parse(data.toString())));
      else {
        this.text += data.toString();
        this.socket.send(JSON.stringify({ type: "shown", bytes: data.length }));
      }
    });
  }

  type(text: string): void {
    void this.#open.then(() => this.socket.send(Buffer.from(text)));
  }

  say(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  async sees(text: string | RegExp): Promise<void> {
    await expect.poll(() => this.text).toMatch(text);
  }

  async begun(): Promise<this> {
    await expect.poll(() => this.told[0]?.type).toBe("session");
    return this;
  }
}

// An ApiServer with a fake ClusterService and one executor on disk, for the tests of this folder.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, type Logger, systemClock } from "@cke/foundation";
import type { LightMyRequestResponse } from "fastify";
import { Registry } from "prom-client";

import { ExecFiles } from "../../exec-files/exec-files.ts";
import type { LeaderServices } from "../../leadership/leader-services.ts";

import type { Standing } from "../../leadership/standing.ts";
import { leaderStanding } from "../../leadership/testing/leader-standing.ts";
import { ActivityTracker } from "../../observe/activity-tracker.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { ApiServer, type ApiServerOptions } from "../api-server.ts";
import { AllowedHosts } from "../requests/allowed-hosts.ts";
import { FakeClusterService } from "./fake-cluster-service.ts";
import { FakeProcessService } from "./fake-process-service.ts";

export interface ApiFixture {
  readonly server: ApiServer;
  readonly service: FakeClusterService;
  readonly processes: FakeProcessService;
  readonly store: MemoryStore;
  readonly logger: Logger;
  readonly logLines: string[];
  readonly directory: string;
  readonly execFiles: ExecFiles;
  readonly tracker: ActivityTracker;
  get(url: string): Promise<LightMyRequestResponse>;
  /** A text goes as it is, anything else as JSON. */
  post(url: string, payload: unknown, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  /** Changes the standing; the fixture starts as the leader. */
  setStanding(standing: Standing): void;
  close(): Promise<void>;
}

/** Content of the executor file: 10,000 bytes; neighbouring bytes differ, so that a wrong range shows. */
export const executorBytes = Buffer.from(
  Array.from({ length: 10_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff),
);

export const json = { "content-type": "application/json" };

export async function createApiFixture(
  options: Partial<Pick<ApiServerOptions, "bodyLimit" | "bodyMs" | "clusterLog" | "pages" | "consoleIdleMs">> & {
    readonly id?: string;
    /** Of the leader, beside its cluster service. */
    readonly services?: Partial<Omit<LeaderServices, "service">>;
  } = {},
): Promise<ApiFixture> {
  const directory = mkdtempSync(join(tmpdir(), "cke-api-"));
  writeFileSync(join(directory, "cke-k8s-exec"), executorBytes);
  writeFileSync(join(directory, "secret"), "not for download");
  const logLines: string[] = [];
  const logger = createLogger({ destination: { write: (line) => void logLines.push(line) } });
  const service = new FakeClusterService();
  const processes = new FakeProcessService();
  const store = new MemoryStore();
  const execFiles = new ExecFiles({ directory, names: ["cke-k8s-exec", "cke-vm-exec"], logger });
  await execFiles.start();
  const tracker = new ActivityTracker(systemClock);
  let standing: Standing | undefined;
  const server = await ApiServer.create({
    member: {
      id: options.id ?? "self",
      url: () => "http://127.0.0.1:1",
      standing: () => standing ?? leaderStanding({ service, processes, ...options.services }),
    },
    hosts: new AllowedHosts({ own: [], trusted: ["cke.example"], ofThisHost: () => ["10.0.0.5"] }),
    storage: { type: "sqlite", durable: true, shared: false, healthy: () => store.healthy() },
    execFiles,
    pages: { get: async () => undefined },
    consoleIdleMs: 1_800_000,
    logger,
    clock: systemClock,
    metrics: new Registry(),
    tracker,
    ...options,
  });
  server.open();
  const setStanding = (next: Standing) => {
    standing = next;
  };
  const close = async () => {
    await server.stop(100);
    rmSync(directory, { recursive: true, force: true });
  };
  const get = (url: string) => server.inject({ method: "GET", url });
  const post = (url: string, payload: unknown, headers: Record<string, string> = json) =>
    server.inject({
      method: "POST",
      url,
      headers,
      payload: typeof payload === "string" ? payload : JSON.stringify(payload),
    });
  return {
    get,
    post,
    server,
    service,
    processes,
    store,
    logger,
    logLines,
    directory,
    execFiles,
    tracker,
    setStanding,
    close,
  };
}

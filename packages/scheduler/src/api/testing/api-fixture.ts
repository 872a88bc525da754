// An ApiServer with a fake ClusterService and one executor on disk, for the tests of this folder.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, type Logger, systemClock } from "@cke/foundation";
import type { LightMyRequestResponse } from "fastify";
import { Registry } from "prom-client";
import { noChannels } from "../../channel/testing/no-channels.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import { ExecFiles } from "../../exec-files/exec-files.ts";
import type { Role } from "../../leadership/role.ts";
import { OperationTracker } from "../../observe/operation-tracker.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { ApiServer, type ApiServerOptions } from "../api-server.ts";
import { AllowedHosts } from "../requests/allowed-hosts.ts";
import { FakeClusterService } from "./fake-cluster-service.ts";

export interface ApiFixture {
  readonly server: ApiServer;
  readonly service: FakeClusterService;
  readonly store: MemoryStore;
  readonly logger: Logger;
  readonly logLines: string[];
  readonly directory: string;
  readonly execFiles: ExecFiles;
  readonly tracker: OperationTracker;
  get(url: string): Promise<LightMyRequestResponse>;
  /** A text goes as it is, anything else as JSON. */
  post(url: string, payload: unknown, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  /** Changes the role; the fixture starts as the leader. */
  setRole(role: Role): void;
  close(): Promise<void>;
}

/** Content of the executor file: 10,000 bytes; neighbouring bytes differ, so that a wrong range shows. */
export const executorBytes = Buffer.from(
  Array.from({ length: 10_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff),
);

export const json = { "content-type": "application/json" };

export async function createApiFixture(
  options: Pick<ApiServerOptions, "bodyLimit" | "clusterLog"> & {
    readonly id?: string;
    readonly channels?: WorkloadChannels;
  } = {},
): Promise<ApiFixture> {
  const directory = mkdtempSync(join(tmpdir(), "cke-api-"));
  writeFileSync(join(directory, "cke-k8s-exec"), executorBytes);
  writeFileSync(join(directory, "secret"), "not for download");
  const logLines: string[] = [];
  const logger = createLogger({ destination: { write: (line) => void logLines.push(line) } });
  const service = new FakeClusterService();
  const store = new MemoryStore();
  const execFiles = new ExecFiles({ directory, names: ["cke-k8s-exec", "cke-vm-exec"], logger });
  await execFiles.start();
  const tracker = new OperationTracker(systemClock);
  let role: Role | undefined;
  const server = await ApiServer.create({
    member: {
      id: options.id ?? "self",
      url: () => "http://127.0.0.1:1",
      role: () => role ?? { kind: "leader", service, channels: options.channels ?? noChannels },
    },
    hosts: new AllowedHosts({ own: [], trusted: ["cke.example"], ofThisHost: () => ["10.0.0.5"] }),
    storage: { type: "sqlite", durable: true, shared: false, healthy: () => store.healthy() },
    execFiles,
    logger,
    clock: systemClock,
    metrics: new Registry(),
    tracker,
    ...options,
  });
  server.open();
  const setRole = (next: Role) => {
    role = next;
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
  return { get, post, server, service, store, logger, logLines, directory, execFiles, tracker, setRole, close };
}

// cke-scheduler from its flags to its end: every part is made and wired here by hand, started in order, and stopped
// in the reverse one. A part that fails to start takes those before it down again.
import { randomUUID } from "node:crypto";
import { networkInterfaces } from "node:os";
import { fileURLToPath } from "node:url";
import { build, createLogger, LineWriter, type Logger, systemClock, version } from "@cke/foundation";
import { parseMasterAddress, SchedulerConnection } from "@cke/mesos";
import { masterDetector } from "@cke/mesos/master-detection";
import { Registry } from "prom-client";
import { ApiServer } from "./api/api-server.ts";
import { noAuthenticationWarning } from "./api/routes/readiness.ts";
import { type EmbeddedMesos, startEmbeddedMesos } from "./boot/embedded-mesos.ts";
import { checkFlagCombinations, checkLocalVersions } from "./boot/flag-combinations.ts";
import { startLeaderWork } from "./boot/leader-runtime.ts";
import { readMesosAccess } from "./boot/mesos-access.ts";
import { loadRegistryCertificate } from "./boot/registry-certificate.ts";
import { allowedHosts } from "./boot/scheduler-hosts.ts";
import { executorBaseUrl, serviceUrl } from "./boot/service-address.ts";
import { webPages } from "./boot/web-pages.ts";
import { execDirectory } from "./exec-files/exec-directory.ts";
import { ExecFiles } from "./exec-files/exec-files.ts";
import type { Flags, ParsedFlags } from "./flags/flags.ts";
import { durationMs } from "./flags/flags-values.ts";
import { frameworkOptions, logLevelOf, vmOptions } from "./flags/framework-options.ts";
import { storageOptions } from "./flags/storage-options.ts";
import { loadConfigurations } from "./kubernetes/configuration/configuration-directory.ts";
import { sortedVersions } from "./kubernetes/configuration/versions.ts";
import { Leadership } from "./leadership/leadership.ts";
import type { Standing } from "./leadership/standing.ts";
import { ActivityTracker } from "./observe/activity-tracker.ts";
import { addChannelMetrics } from "./observe/channel-metrics.ts";
import { addLeadershipMetrics, leaderChanges } from "./observe/leadership-metrics.ts";
import { addProcessMetrics } from "./observe/process-metrics.ts";
import type { Storage } from "./store/election.ts";
import { openStorage, startStorage, storageTraits } from "./store/storage/open-storage.ts";

export interface RunningScheduler {
  /** `http://host:port` of the REST API. */
  readonly url: string;
  /** Rejects when the scheduler can never work again (another one took over, Mesos removed the framework). */
  readonly failed: Promise<never>;
  /** Drains and stops everything; tasks go on running. */
  stop(): Promise<void>;
}

type Stop = () => Promise<void> | void;

/** How long a start waits to learn who leads. */
const settleMs = 3_000;

/** Starts everything. Throws CkeErrors whose message is for the operator. */
export async function startScheduler({ values: flags, given }: ParsedFlags): Promise<RunningScheduler> {
  // The reader of the lines may be slow, which must not delay this program.
  const lines = new LineWriter(2);
  const logger = createLogger({ level: logLevelOf(flags), destination: lines });
  const stops: Stop[] = [];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) {
      try {
        await stop();
      } catch (error) {
        logger.error("a part did not stop well", { error });
      }
    }
    await lines.flush();
  };
  try {
    return await start(flags, given, logger, stops, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function start(
  flags: Flags,
  given: ParsedFlags["given"],
  logger: Logger,
  stops: Stop[],
  stopAll: () => Promise<void>,
): Promise<RunningScheduler> {
  const clock = systemClock;
  const masterFlag = await checkFlagCombinations({ values: flags, given });
  const connection = await readMesosAccess(flags, logger);
  // Its thread comes up beside the reading of the configuration, which takes about as long.
  const storageStart = await startStorage(flags.storage_type);
  stops.push(() => storageStart.end());
  const configurations = await loadConfigurations(flags.k8s_config);
  const registryCertificate = await loadRegistryCertificate(
    { source: flags.k8s_registry_cert, configured: given.has("k8s_registry_cert") },
    logger,
  );
  // Opened below, and closed after the API: its last requests still write.
  let storage: Storage | undefined;
  stops.push(() => storage?.close());

  const checkout =
    typeof import.meta.url === "string" ? fileURLToPath(new URL("../../..", import.meta.url)) : undefined;
  const execFiles = new ExecFiles({
    directory: execDirectory(flags.exec_dir, process.execPath, checkout),
    names: [flags.k8s_executor, flags.vm_executor],
    logger,
  });
  await execFiles.start();

  const metrics = new Registry();
  stops.push(addProcessMetrics(metrics));
  const channelObserver = addChannelMetrics(metrics);
  const tracker = new ActivityTracker(clock);

  let mesos: EmbeddedMesos | undefined;
  stops.push(() => mesos?.stop());
  let ownUrl = "";
  const executorUrl = () => executorBaseUrl(flags.executor_url, ownUrl);
  const options = frameworkOptions({ flags, registryCertificate, configurations, ownUrl: () => ownUrl, executorUrl });
  checkLocalVersions(options.localVersions ?? [], sortedVersions(configurations));

  // Follower and leader answer at the same address, so it listens before it takes part; and before a store is opened or
  // Mesos started, so that a port that is taken leaves nothing behind.
  let leadership: Leadership | undefined;
  const id = randomUUID();
  const standing = (): Standing => leadership?.standing() ?? { kind: "starting" };
  const api = await ApiServer.create({
    member: { id, url: () => ownUrl, standing },
    hosts: allowedHosts(flags),
    storage: { ...storageTraits(flags.storage_type), healthy: async () => (await storage?.healthy()) ?? false },
    execFiles,
    pages: webPages(checkout),
    consoleIdleMs: durationMs(flags.console_idle),
    logger,
    clock,
    metrics,
    tracker,
  });
  stops.push(() => api.stop(flags.drain_timeout * 1000));
  const bound = await api.listen(flags.listen);
  const openAddress = api.openAddress();
  if (openAddress !== undefined) logger.warning(noAuthenticationWarning(openAddress));
  ownUrl = serviceUrl({
    serviceHost: flags.service_host,
    servicePort: flags.service_port,
    listen: flags.listen,
    boundPort: bound.port,
    interfaces: networkInterfaces(),
  });

  const opened = await openStorage(storageOptions(flags), logger, storageStart);
  storage = opened;
  if (masterFlag === "local") mesos = await startEmbeddedMesos(flags, clock, logger);
  const master = mesos?.masterAddress ?? masterFlag;
  // Nodes in ZooKeeper do not say how their masters speak: who names authorities expects TLS.
  const secure = connection.ca !== undefined;
  const address = parseMasterAddress(master);
  const detector = () => masterDetector(address, { clock, logger, secure });
  const acting = new Leadership({
    election: opened.election,
    self: { id, url: ownUrl },
    lead: (term) =>
      tracker.track("start of the framework", () =>
        startLeaderWork(term, {
          options,
          vm: vmOptions(flags),
          connect: (hooks) => new SchedulerConnection({ ...connection, ...hooks, detector: detector(), clock, logger }),
          // A download server of one's own need not know content-addressed URLs.
          execFiles: flags.executor_url === undefined ? execFiles : undefined,
          ownUrl: () => ownUrl,
          channelObserver,
          clock,
          logger,
        }),
      ),
    onStepDown: () => api.stepDown(),
    onChange: leaderChanges(metrics),
    clock,
    logger,
  });
  leadership = acting;
  // Resigned before the API goes: what is asked meanwhile is passed on to the next leader.
  stops.push(() => acting.stop());
  addLeadershipMetrics(metrics, standing);
  acting.start();
  // What is wrong with the store shows now and is a failed start; one that does not answer yet is waited for elsewhere.
  const late = Promise.withResolvers<void>();
  const cancel = opened.shared ? clock.after(settleMs, late.resolve) : () => undefined;
  await Promise.race([acting.settled, acting.failed, late.promise]);
  cancel();
  api.open();
  logger.info("cke-scheduler is up", {
    version,
    build,
    listen: `${bound.host}:${bound.port}`,
    url: ownUrl,
    executorUrl: executorUrl(),
    master,
    storage: flags.storage_type,
    kubernetes: sortedVersions(configurations),
  });
  return {
    url: ownUrl,
    failed: acting.failed,
    stop: async () => {
      api.drain();
      logger.info("cke-scheduler is stopping; every task goes on running");
      await stopAll();
      logger.info("cke-scheduler has stopped");
    },
  };
}

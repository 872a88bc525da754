#!/usr/bin/env node
// cke-wrapper: first program of the KubeNode image (tini -> cke-node-init -> cke-wrapper). It adopts nothing at its start: when
// it dies, the init that started it ends too, and with it the container and everything in it.
// -version and -help answer without loading the server.
import { nameProcess } from "@cke/foundation/process-name";
import { versionLine } from "@cke/foundation/version";
import { type Flags, helpText, parseFlags } from "./flags.ts";

async function main(): Promise<void> {
  nameProcess("cke-wrapper");
  const parsed = parseFlags(process.argv.slice(2), process.env);
  switch (parsed.kind) {
    case "version":
      process.stdout.write(`${versionLine("cke-wrapper")}\n`);
      return;
    case "help":
      process.stdout.write(helpText());
      return;
    case "refused":
      process.stderr.write(`cke-wrapper: ${parsed.message}\n`);
      process.exitCode = 2;
      return;
    case "run":
      // Two threads for files are enough, and each one costs memory; libuv reads this before it starts the first.
      process.env.UV_THREADPOOL_SIZE ??= "2";
      await run(parsed.flags);
  }
}

async function run(flags: Flags): Promise<void> {
  const [{ WrapperServer }, { createLogger }, { systemClock }, { messageOf }] = await Promise.all([
    import("./rpc/wrapper-server.ts"),
    import("@cke/foundation/logger"),
    import("@cke/foundation/clock"),
    import("@cke/foundation/cke-error"),
  ]);
  const logger = createLogger({ level: flags.logLevel, context: { component: "cke-wrapper" } });
  const server = new WrapperServer({ ...flags, clock: systemClock, logger });
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info(`${signal}: stopping all processes`);
    server.stop(flags.stopTimeoutMs).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error(`cannot stop: ${messageOf(error)}`, { error });
        process.exit(1);
      },
    );
  };
  // Before the start: a signal that comes early must not leave processes without their wrapper.
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  // The terminal of a person who started the container is not the container's life.
  process.on("SIGHUP", () => {});
  try {
    await server.start();
  } catch (error) {
    process.stderr.write(`cke-wrapper: ${messageOf(error)}\n`);
    process.exit(1);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`cke-wrapper: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});

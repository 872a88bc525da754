// cke-scheduler: flags first, so that -help, -version and mistakes cost nothing; everything else is loaded after that.
// Exit codes: 0 stopped on request, 1 could not start or go on, 2 wrong flags.
import { nameProcess } from "@cke/foundation/process-name";
import { versionLine } from "@cke/foundation/version";
import { type ParsedFlags, parseFlags } from "./flags/flags.ts";

const program = "cke-scheduler";
/** Longest stop of a scheduler that has failed. */
const failedStopMs = 5_000;

async function main(): Promise<void> {
  nameProcess(program);
  const outcome = parseFlags(process.argv.slice(2), process.env);
  switch (outcome.kind) {
    case "version":
      console.log(versionLine(program));
      return;
    case "help": {
      const { flagsHelp } = await import("./flags/flags-text.ts");
      process.stdout.write(flagsHelp(program));
      return;
    }
    case "refused":
      console.error(`${program}: ${outcome.message}`);
      process.exitCode = 2;
      return;
    case "run":
      // Everything is stopped; should a handle be left all the same, it must not keep an operator waiting.
      process.exit(await run(outcome.flags));
  }
}

/** Runs until a signal or a failure; the exit code. */
async function run(flags: ParsedFlags): Promise<number> {
  const { promise: signalled, resolve: signal } = Promise.withResolvers<void>();
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    // An operator who asks twice does not want to wait for the drain.
    if (signals > 1) process.exit(1);
    signal();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  const { startScheduler } = await import("./program.ts");
  const fail = (error: unknown) => {
    console.error(`${program}: ${wordsOf(error)}`);
    return isWrongFlag(error) ? 2 : 1;
  };
  let scheduler: Awaited<ReturnType<typeof startScheduler>>;
  try {
    scheduler = await startScheduler(flags);
  } catch (error) {
    return fail(error);
  }
  try {
    await Promise.race([signalled, scheduler.failed]);
    return 0;
  } catch (error) {
    const code = fail(error);
    // What must not go on does not wait for requests that run, or for a store that does not answer.
    setTimeout(() => process.exit(code), failedStopMs).unref();
    return code;
  } finally {
    await scheduler.stop();
  }
}

/** A mistake in the command line or in a file that it names: trying again will not help, as with an unknown flag. */
function isWrongFlag(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^flag_/.test(String(error.code));
}

/** One line; a programming error keeps its stack, nobody else could place it. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? error.message.replaceAll("\n", " ") : (error.stack ?? error.message);
}

if (import.meta.main) void main();

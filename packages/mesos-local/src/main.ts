// The cke-mesos-local program: the embedded Mesos in a process of its own.
// What runs is loaded after the flags are read, so that -version and -help answer at once.
import { CkeError, messageOf } from "@cke/foundation/cke-error";
import { nameProcess } from "@cke/foundation/process-name";
import { versionLine } from "@cke/foundation/version";
import { parseFlags, usage } from "./flags.ts";

async function main(): Promise<void> {
  nameProcess("cke-mesos-local");
  const flags = parseFlags(process.argv.slice(2));
  if (flags === "help") process.stdout.write(usage());
  else if (flags === "version") process.stdout.write(`${versionLine("cke-mesos-local")}\n`);
  else {
    const { run } = await import("./run.ts");
    await run(flags);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`cke-mesos-local: ${messageOf(error)}\n`);
  process.exit(error instanceof CkeError && error.code === "invalid_flag" ? 2 : 1);
});

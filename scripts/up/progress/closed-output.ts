// What a command does when the reader of its output has ended, as in `make status | head`.

/** Exit code of a program that SIGPIPE has ended, as shells show it. */
const brokenPipe = 141;

/**
 * From now on the program ends without a word when nobody reads its output any more: well when it is the result that nobody reads, and
 * with the code of SIGPIPE when it is the progress, for the work is not done then.
 */
export function endWithReader(): void {
  const end = (code: number) => (error: Error) => {
    if (!("code" in error && error.code === "EPIPE")) throw error;
    process.exit(code);
  };
  process.stdout.on("error", end(0));
  process.stderr.on("error", end(brokenPipe));
}

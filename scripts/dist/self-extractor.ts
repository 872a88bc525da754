// The form in which agents fetch an executor: a shell script followed by the gzipped executable. In a Mesos sandbox it
// unpacks itself once per host to a path with its hash and runs the unpacked file; meanwhile its copy goes from the sandbox.
// So ten executors on a host share one file and its page cache.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, stat, writeFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

/** SHA-256 of a file, hex. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

/** What the unpacked executable is. */
export interface Unpacked {
  readonly name: string;
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * The script in front of the payload. It finds its own length by counting lines, so it must end with exactly one
 * newline.
 */
export function header(unpacked: Unpacked): string {
  const lines = script(unpacked, 0).split("\n").length;
  return script(unpacked, lines);
}

// A power cut may leave a file that was linked and never written. So data is flushed before the link, and what is there is looked at:
// its size at every start, its checksum at the first one after each boot of the host.
function script({ name, sha256, bytes }: Unpacked, payloadLine: number): string {
  return `#!/bin/sh
# ${name}, packed: unpacks once per host below CKE_CACHE_DIR (default /var/cache/cke/exec), then runs that copy.
{
set -eu
cache=\${CKE_CACHE_DIR:-/var/cache/cke/exec}
directory=$cache/${sha256}
program=$directory/${name}
boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo unknown)
# Notes that the program was found intact in this boot of the host. Without a right to write there it is looked at again.
verified() {
  ( umask 022; echo "$boot" >"$directory/.verified.$$" && mv -f "$directory/.verified.$$" "$directory/.verified" ) 2>/dev/null || true
}
intact() {
  [ -x "$program" ] && [ "$(wc -c <"$program")" -eq ${bytes} ] || return 1
  if [ "$(cat "$directory/.verified" 2>/dev/null || true)" != "$boot" ]; then
    [ "$(sha256sum <"$program" | cut -d' ' -f1)" = ${sha256} ] || return 1
    verified
  fi
}
unpack() {
  new=$(mktemp "$directory/.new.XXXXXX")
  trap 'rm -f "$new"' EXIT
  sum=$(tail -n +${payloadLine} "$0" | gzip -dc | tee "$new" | sha256sum | cut -d' ' -f1)
  if [ "$(wc -c <"$new")" -ne ${bytes} ]; then
    echo "${name}: cannot unpack to $directory: is the disk full, or the download torn?" >&2; exit 1
  fi
  if [ "$sum" != ${sha256} ]; then
    echo "${name}: the unpacked file has another checksum than ${sha256}: fetch it again" >&2; exit 1
  fi
  chmod 755 "$new"
  sync "$new" 2>/dev/null || sync
  if [ -e "$program" ] && ! intact; then
    echo "${name}: $program is damaged (another size or checksum): it is replaced" >&2
    mv -f "$new" "$program"
  else
    ln "$new" "$program" 2>/dev/null || [ -x "$program" ]
  fi
  rm -f "$new"
  trap - EXIT
  sync "$directory" "$cache" 2>/dev/null || sync
  verified
}
if ! intact; then
  # Whatever the agent's umask is: all may run what is in there, and its owner alone may put something there.
  ( umask 022; mkdir -p "$directory" ) || { echo "${name}: cannot make $directory: set CKE_CACHE_DIR to a writable directory" >&2; exit 1; }
  # One unpacks, and others that start at once wait for it. After 20 s, or without flock, each does it alone: an agent waits a minute for
  # its executor (--executor_registration_timeout).
  (
    umask 022
    flock -w 20 9 2>/dev/null || true
    if ! intact; then unpack; fi
  ) 9<"$directory"
fi
# Beside the program, and no child of it: nothing waits for this.
( {
  set +e
  touch -c "$directory"
  # Of one that was killed while it unpacked. What is written now is younger.
  find "$directory" -maxdepth 1 -type f -name '.new.*' -mmin +10 -exec rm -f {} +
  find "$cache" -mindepth 1 -maxdepth 1 -type d -mtime +30 ! -path "$directory" -exec rm -rf {} +
  if [ "\${MESOS_SANDBOX:-}" ] && [ "$(dirname "$(readlink -f "$0")")" = "$(readlink -f "$MESOS_SANDBOX")" ] && [ "$(find "$0" -size +16k)" ]; then
    head -n ${payloadLine - 1} "$0" >"$0.short" && chmod 755 "$0.short" && mv "$0.short" "$0"
  fi
} </dev/null >/dev/null 2>&1 & )
exec "$program" "$@"
}
`;
}

/** Writes the packed form of `executable` to `target` atomically. The same input gives the same bytes. */
export async function pack(
  name: string,
  executable: string,
  target: string,
): Promise<{ bytes: number; sha256: string }> {
  const sha256 = await sha256OfFile(executable);
  const unfinished = `${target}.unfinished`;
  const { size } = await stat(executable);
  await writeFile(unfinished, header({ name, sha256, bytes: size }), { mode: 0o755 });
  await pipeline(
    createReadStream(executable, { highWaterMark: 1 << 20 }),
    createGzip({ level: 6 }),
    createWriteStream(unfinished, { flags: "a" }),
  );
  await rename(unfinished, target);
  return { bytes: (await stat(target)).size, sha256 };
}

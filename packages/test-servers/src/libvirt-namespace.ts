// The namespaces of a private libvirt daemon: its directories lie over those of the system, and everything that was started in there ends
// together.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** libvirt's fixed directories, by the name of the private directory that lies over each. */
const directories = {
  run: "/run/libvirt",
  lib: "/var/lib/libvirt",
  cache: "/var/cache/libvirt",
  log: "/var/log/libvirt",
  etc: "/etc/libvirt",
};

/**
 * Lives until its input ends, be it that the test process was killed: then it ends every process of its mount namespace (the
 * daemon, its guests), removes the control groups of those guests, the group of all guests with the last namespace that needs it, and the
 * private directory.
 */
const script = `set -eu
top=$1
machines() { find /sys/fs/cgroup -maxdepth 2 -type d -name machine 2>/dev/null; }
if [ "$3" = groups ]; then
  # Held by each of these namespaces, and by one alone that removes the groups. It says whether tests have made them.
  lock=\${TMPDIR:-/tmp}/cke-libvirt-groups.lock
  while :; do
    exec 9>>"$lock"
    flock -s 9
    [ "$(stat -Lc %i /proc/self/fd/9)" = "$(stat -c %i "$lock" 2>/dev/null)" ] && break
  done
  [ -n "$(machines)" ] || echo ours >&9
fi
for pair in ${Object.entries(directories)
  .map(([name, path]) => `${name}:${path}`)
  .join(" ")}; do
  mkdir -p "$top/\${pair%%:*}" "\${pair#*:}"
  mount --bind "$top/\${pair%%:*}" "\${pair#*:}"
done
[ "$2" = host ] || ip link set lo up
if [ "$2" = taps ]; then
  # Held by one of these namespaces at a time. Each has another range of numbers for its links: those before it are used up.
  slot=0
  while :; do
    numbers=\${TMPDIR:-/tmp}/cke-libvirt-links-$slot.lock
    exec 8>>"$numbers"
    flock -n 8 && [ "$(stat -Lc %i /proc/self/fd/8)" = "$(stat -c %i "$numbers" 2>/dev/null)" ] && break
    slot=$((slot + 1))
  done
  if [ $slot -gt 0 ]; then
    for number in $(seq $((slot * 100))); do echo "link add name used$number group 7 type veth peer name also$number"; done | ip -batch -
    ip link delete group 7
  fi
fi
echo ready
read -r _ || true
me=$(readlink /proc/$$/ns/mnt)
groups=
again=1
while [ $again = 1 ]; do
  again=0
  for process in /proc/[0-9]*; do
    pid=\${process#/proc/}
    [ "$pid" = $$ ] && continue
    [ "$(readlink "$process/ns/mnt" 2>/dev/null)" = "$me" ] || continue
    groups="$groups $(grep -o '[^/]*[.]libvirt-qemu' "$process/cgroup" 2>/dev/null | sort -u || true)"
    kill -9 "$pid" 2>/dev/null && again=1
  done
done
for group in $groups; do
  find /sys/fs/cgroup -depth -type d -path "*/$group*" -exec rmdir {} + 2>/dev/null || true
done
rm -rf "$top"
[ "$2" = taps ] && rm -f "$numbers"
if [ "$3" = groups ] && flock -nx 9; then
  # libvirt makes the group of all guests, and leaves it.
  if [ -s "$lock" ]; then machines | xargs -r rmdir 2>/dev/null || true; fi
  rm -f "$lock"
fi
`;

export interface NamespaceOptions {
  /** "own": its own network namespace too, with nothing but a loopback interface. "taps": with numbers of links that no other one has. */
  readonly network: "host" | "own" | "taps";
  /** Its guests get control groups. */
  readonly groups: boolean;
}

export class LibvirtNamespace {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "exit");
  }

  static async make(directory: string, { network, groups }: NamespaceOptions): Promise<LibvirtNamespace> {
    const unshare = ["--mount", ...(network === "host" ? [] : ["--net"])];
    const child = spawn("unshare", [...unshare, "sh", "-c", script, "sh", directory, network, groups ? "groups" : ""], {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true, // a Ctrl-C in the terminal is for the tests; it ends with their end of the pipe
    });
    const namespace = new LibvirtNamespace(child);
    let words = "";
    child.stderr?.on("data", (chunk) => {
      words += chunk;
    });
    const ready = new Promise<void>((resolve, reject) => {
      child.stdout?.once("data", () => resolve());
      child.once("error", reject);
      child.once("exit", (code) =>
        reject(new Error(`a private libvirt needs root and mount namespaces (${code}): ${words}`)),
      );
    });
    await ready;
    return namespace;
  }

  /** Command and arguments that run a program in here, by the same process. */
  enter(...argv: readonly string[]): [string, ...string[]] {
    return ["nsenter", `--target=${this.pid}`, "--mount", "--net", ...argv];
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Ends everything in it and removes its directory. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.#exited;
  }
}

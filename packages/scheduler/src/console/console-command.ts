// The command of a terminal in a node. Pure. No secret is in it: the node has the administrator's kubeconfig already, and a
// session works with a copy of its own.
import type { ExecStartInit } from "@cke/protocol";
import type { ConsoleQuery } from "./console-request.ts";

/** Where a session has its files. Each session sees its own ones there. */
const home = "/run/cke/console";

/** Where the images of KubeNodes have the kubeconfig of an administrator: masters, consoles. */
const kubeconfigs = ["/etc/kubernetes/admin.kubeconfig", "/root/.kube/config"];

/**
 * Makes the session's files on a tmpfs that only this session's processes see: the kernel drops it with the last of them, however
 * they end. Then runs its arguments.
 */
const privately = `set -eu
umask 077
mkdir -p ${home}
mount -t tmpfs -o size=32m,mode=0700,nosuid,nodev cke-console ${home}
for file in ${kubeconfigs.join(" ")}; do if [ -r "$file" ]; then cp "$file" ${home}/kubeconfig; break; fi; done
[ -e ${home}/kubeconfig ] || { echo "this node has no kubeconfig of an administrator" >&2; exit 1; }
printf '%s\\n' 'alias k=kubectl' 'PS1="$CKE_CLUSTER:\\w# "' 'HISTFILE=' >${home}/.bashrc
export HOME=${home} KUBECONFIG=${home}/kubeconfig
cd ${home}
exec "$@"`;

/** In a container: a shell whose processes carry the session's mark in their environment, whatever they do. */
const markedShell = `CKE_SESSION=$1; export CKE_SESSION; if command -v bash >/dev/null; then exec bash -i; else exec sh -i; fi`;

/**
 * In a container, beside the shell: when the session's input ends, all that carries its mark is killed. A runtime leaves a program with a
 * terminal alone when its client has gone, and one without a terminal sees the end of its input. It needs nothing but sh.
 */
const guard = `echo ready
while read -r _; do :; done
for process in /proc/[0-9]*; do
  while IFS= read -r text || [ -n "$text" ]; do
    case $text in *"CKE_SESSION=$1"*) kill -9 "\${process#/proc/}" ;; esac
  done 2>/dev/null <"$process/environ"
done 2>/dev/null`;

/** The guard first, so that there is no shell without it. A line now and then keeps its connection from being taken for idle. */
const inContainer = `shell=$1 guard=$2
shift 2
id=$(cat /proc/sys/kernel/random/uuid)
mkfifo ready
while sleep 300; do echo; done | kubectl exec --stdin "$@" -- /bin/sh -c "$guard" cke-guard "$id" >ready 2>/dev/null &
read -r _ <ready || true
exec kubectl exec --stdin --tty "$@" -- /bin/sh -c "$shell" cke-shell "$id"`;

const shell = "if command -v bash >/dev/null; then exec bash -i; else exec sh -i; fi";
const loginShell = "if command -v bash >/dev/null; then exec bash -l; else exec sh -l; fi";

/** The command for the wrapper, on a terminal of the asked size. */
export function consoleCommand(cluster: string, query: ConsoleQuery): ExecStartInit {
  const { rows, columns, node } = query;
  const environment = [
    { name: "TERM", value: "xterm-256color" },
    { name: "COLORTERM", value: "truecolor" },
    { name: "LANG", value: "C.UTF-8" },
    { name: "CKE_CLUSTER", value: cluster },
    ...(node === undefined ? [] : [{ name: "HOME", value: "/root" }]),
  ];
  return { command: commandOf(query), environment, tty: true, size: { rows, columns } };
}

function commandOf(query: ConsoleQuery): string[] {
  if (query.node !== undefined) return ["/bin/sh", "-c", `cd; ${loginShell}`];
  return ["unshare", "--mount", "/bin/sh", "-c", privately, "cke-console", ...kubectlCommand(query)];
}

function kubectlCommand({ pod, container, namespace = "default", attach }: ConsoleQuery): string[] {
  if (pod === undefined) return ["/bin/sh", "-c", shell];
  const where = [`--namespace=${namespace}`, ...(container === undefined ? [] : [`--container=${container}`]), pod];
  if (attach === "true") return ["kubectl", "attach", "--stdin", "--tty", ...where];
  return ["/bin/sh", "-c", inContainer, "cke-container", markedShell, guard, ...where];
}

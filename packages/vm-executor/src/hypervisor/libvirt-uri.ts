// Which daemon of libvirt is meant: URIs of libvirt for a daemon of this host. Pure.
import { CkeError } from "@cke/foundation";

export interface DaemonAddress {
  /** UNIX sockets, in the order in which they are tried. */
  readonly socketPaths: readonly string[];
  /** The driver that the daemon is to open. */
  readonly uri: string;
}

/** The one daemon of older versions, and the daemon for QEMU alone of newer ones. */
const systemSockets = ["/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"];

const allowed =
  "allowed is qemu:///system, or qemu:///system?socket=/path for a daemon of this host with another socket";

/** "" is the system's daemon. Throws CkeError `libvirt_uri` for what is no daemon of this host. */
export function parseLibvirtUri(text: string): DaemonAddress {
  const refuse = () =>
    new CkeError("libvirt_uri", `the libvirt URI is ${JSON.stringify(text.slice(0, 200))}: ${allowed}`);
  if (text === "") return { socketPaths: systemSockets, uri: "qemu:///system" };
  const [, scheme, path, query = ""] = /^(qemu|test)(?:\+unix)?:\/\/(\/[a-z]+)(?:\?(.*))?$/.exec(text) ?? [];
  if (scheme === undefined || path === undefined) throw refuse();
  const parameters = [...new URLSearchParams(query)];
  const sockets = parameters.filter(([name]) => name === "socket").map(([, value]) => value);
  if (sockets.length !== parameters.length || sockets.length > 1 || !sockets.every((one) => one.startsWith("/")))
    throw refuse();
  return { socketPaths: sockets.length === 0 ? systemSockets : sockets, uri: `${scheme}://${path}` };
}

/** Why no daemon could be reached, and what to do. `code`: of the system's error for its socket. */
export function unreachableWords(address: DaemonAddress, code: string, words: string): string {
  const where = address.socketPaths.join(" or ");
  switch (code) {
    case "ENOENT":
      return `there is no libvirt daemon on this host (no socket ${where}): install libvirt and QEMU (Debian: apt-get install libvirt-daemon-system qemu-system-x86 qemu-utils) and start it (systemctl start libvirtd), or say where it is with the scheduler's -vm_libvirt_uri`;
    case "ECONNREFUSED":
      return `the libvirt daemon of ${where} does not run: start it (systemctl start libvirtd)`;
    case "EACCES":
    case "EPERM":
      return `this executor may not use the libvirt daemon of ${where}: run it as root (the framework's user), or as a member of the group libvirt`;
    default:
      return `the libvirt daemon of ${where} does not answer: ${words}`;
  }
}

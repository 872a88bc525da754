// The definition of a running guest on its way to another host: its paths become those of that host, and there it is looked whether it
// names anything else. Pure.

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("'", "&apos;");
const pattern = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** `moves`: directories of the one host and of the other. What begins with one of them and is an attribute or a whole text is moved. */
export function movedText(xml: string, moves: readonly (readonly [from: string, to: string])[]): string {
  const to = new Map(moves.map(([one, other]) => [escaped(one), escaped(other)]));
  // The longer one first: directories may lie in each other.
  const known = [...to.keys()].toSorted((a, b) => b.length - a.length).map(pattern);
  if (known.length === 0) return xml;
  const path = new RegExp(`(['">])(${known.join("|")})(?=[/'"<])`, "g");
  return xml.replace(path, (_whole, before: string, found: string) => `${before}${to.get(found) ?? found}`);
}

/**
 * Without the limit of memory, which the new host's executor sets when it adopts the guest: an emulator that is started with one needs a right
 * that a host may lack (CAP_SYS_RESOURCE).
 */
export const withoutMemoryLimit = (xml: string): string => xml.replace(/<memtune>.*?<\/memtune>\s*/s, "");

export interface AllowedPaths {
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

/** What libvirt and QEMU bring along themselves. */
const ofTheSystem = [
  // The group of all guests.
  /^\/machine(?:\.slice)?$/,
  /^\/usr\/(?:local\/)?(?:s?bin|libexec|lib)\/(?:[A-Za-z0-9_.-]+\/)*qemu[A-Za-z0-9_.-]*$/,
  /^\/dev\/(?:urandom|random|null|pts\/\d+|net\/tun|tap\d+)$/,
  /^\/(?:var\/lib|run)\/libvirt\/qemu\/[A-Za-z0-9_./-]+$/,
];

/** Why a host takes no guest of this definition, which another host has made; undefined when it may. */
export function strangeness(xml: string, { directories, files }: AllowedPaths): string | undefined {
  const [forbidden] = /<(?:\w+:)?(?:hostdev|filesystem|shmem|commandline|capabilities|deprecation)\b/.exec(xml) ?? [];
  if (forbidden !== undefined) return `it has an element ${forbidden}>`;
  // Texts of operators, and of the guest's kernel.
  const bare = xml.replace(
    /<metadata>.*?<\/metadata>|<title>[^<]*<\/title>|<cmdline>[^<]*<\/cmdline>|<serial>[^<]*<\/serial>/gs,
    "",
  );
  for (const [, attribute, text] of bare.matchAll(/=\s*['"](\/[^'"]*)['"]|>\s*(\/[^<]*?)\s*</g)) {
    const path = attribute ?? text ?? "";
    const mayHave =
      !path.split("/").includes("..") &&
      (directories.some((directory) => path.startsWith(`${escaped(directory)}/`)) ||
        files.some((file) => path === escaped(file)) ||
        ofTheSystem.some((one) => one.test(path)));
    if (!mayHave) return `it names ${path.slice(0, 200)}, which is not the VM's own on this host`;
  }
  return undefined;
}

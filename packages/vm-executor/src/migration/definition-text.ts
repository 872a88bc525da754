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

export interface TakenDomain {
  readonly directories: readonly string[];
  readonly files: readonly string[];
  readonly name: string;
  readonly uuid: string;
}

/** What libvirt and QEMU bring along themselves. */
const ofTheSystem = [
  // The group of all guests.
  /^\/machine(?:\.slice)?$/,
  /^\/usr\/(?:local\/)?(?:s?bin|libexec|lib)\/(?:[A-Za-z0-9_.-]+\/)*qemu[A-Za-z0-9_.-]*$/,
  /^\/dev\/(?:urandom|random|null|pts\/\d+|net\/tun|tap\d+)$/,
];
/** Sockets of channels: libvirt cuts the name off. */
const ofTheDomain = (name: string) =>
  new RegExp(
    `^/(?:var/lib|run)/libvirt/qemu/channel/(?:target/)?(?:domain-)?\\d+-${pattern(name.slice(0, 20))}[A-Za-z0-9_.-]*/[A-Za-z0-9_.-]+$`,
  );

/** One tag, with what stands before it. Comments, declarations, sections and instructions are none. */
const tags = /([^<]*)<(\/?)([A-Za-z][\w.:-]*)((?:\s+[A-Za-z][\w.:-]*\s*=\s*(?:'[^'<]*'|"[^"<]*"))*)\s*(\/?)>/y;
const attributes = /([\w.:-]+)\s*=\s*(?:'([^']*)'|"([^"]*)")/g;

const forbidden = new Set([
  ...["hostdev", "filesystem", "shmem", "capabilities", "deprecation", "commandline"],
  ...["redirdev", "smartcard", "tpm", "lease", "pstore", "parallel", "egd"],
]);
const storage: ReadonlySet<string> = new Set(["file", "block"]);
const characters: ReadonlySet<string> = new Set(["unix", "pty", "null"]);
/** Kinds that a host takes, of elements that could lead to something else of it. */
const kinds = new Map<string, ReadonlySet<string>>([
  ...["disk", "backingStore", "mirror", "dataStore"].map((name) => [name, storage] as const),
  ...["serial", "console", "channel"].map((name) => [name, characters] as const),
  ["interface", new Set(["bridge", "ethernet", "direct"])],
  ["graphics", new Set(["vnc"])],
  ["seclabel", new Set(["dynamic", "none"])],
]);
/** Texts of operators, and of the guest's kernel. */
const words = new Set(["title", "description", "cmdline", "serial"]);

/** Why a host takes no guest of this definition, which another host has made; undefined when it may. */
export function strangeness(xml: string, { directories, files, ...own }: TakenDomain): string | undefined {
  const system = [...ofTheSystem, ofTheDomain(own.name)];
  const mayName = (path: string) =>
    !path.split("/").includes("..") &&
    (directories.some((directory) => path.startsWith(`${escaped(directory)}/`)) ||
      files.some((file) => path === escaped(file)) ||
      system.some((one) => one.test(path)));
  const problemOf = (text: string, isPath: boolean) => {
    if (text.includes("&#")) return "it writes characters as numbers";
    if (!isPath && !text.startsWith("/")) return undefined;
    return mayName(text) ? undefined : `it names ${text.slice(0, 200)}, which is not the VM's own on this host`;
  };
  const open: string[] = [];
  const said = { name: 0, uuid: 0 };
  let at = 0;
  for (const [whole, before = "", closing, tag = "", rest = "", empty] of xml.matchAll(new RegExp(tags, "gy"))) {
    at += whole.length;
    const inside = open.at(-1) ?? "";
    const isNote = open[1] === "metadata";
    const spoken = words.has(inside) ? undefined : problemOf(before.trim(), false);
    if (!isNote && spoken !== undefined) return spoken;
    if (closing !== "") {
      if (open.length === 2 && (tag === "name" || tag === "uuid")) {
        if (before.trim() !== own[tag]) return `it has the ${tag} ${before.trim().slice(0, 200)}, and not the VM's`;
        said[tag] += 1;
      }
      if (open.pop() !== tag) return "its elements are not closed in their order";
      continue;
    }
    if (empty === "") open.push(tag);
    if (isNote) continue;
    if (tag.includes(":") || forbidden.has(tag)) return `it has an element <${tag}>`;
    const given = new Map([...rest.matchAll(attributes)].map(([, name = "", one, two]) => [name, one ?? two ?? ""]));
    const kind = given.get("type");
    if (kind !== undefined && kinds.get(tag)?.has(kind) === false) return `it has an element <${tag}> of type ${kind}`;
    if (tag === "backend" && given.get("model") === "egd") return "it has a source of random numbers of another host";
    for (const [name, value] of given) {
      const isPath = name === "file" || (name === "dev" && tag === "source" && storedIn.has(inside));
      const problem = problemOf(value, isPath);
      if (problem !== undefined) return problem;
    }
  }
  if (xml.slice(at).trim() !== "" || open.length > 0) return "it is not readable";
  return said.name === 1 && said.uuid === 1 ? undefined : "it has not one name and one uuid";
}

/** The same for a cookie of libvirt, which has the definition of the guest's next start in it. */
export function cookieStrangeness(cookie: Uint8Array, own: TakenDomain): string | undefined {
  const text = Buffer.from(cookie).toString("utf8");
  if (text.includes("<!")) return "its cookie is not readable";
  const [from, to] = [text.indexOf("<domain"), text.lastIndexOf("</domain>")];
  if (from < 0 && to < 0) return undefined;
  return to < from ? "its cookie is not readable" : strangeness(text.slice(from, to + "</domain>".length), own);
}

const storedIn: ReadonlySet<string> = new Set(["disk", "backingStore", "mirror", "dataStore"]);

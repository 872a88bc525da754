// What a domain carries of CKE: whose it is, and from which definition the guest that runs was made. So another executor knows
// what it adopts, whatever files are left. Pure.
import { VmDefinition } from "@cke/protocol";
import { element, renderXml, type XmlElement } from "./xml.ts";

export const metadataUri = "urn:cke:vm:1";
export const metadataKey = "cke";

/** Labels that CKE itself reads; others are for operators. */
export const vmLabels = {
  framework: "cke.framework",
  vm: "cke.workload",
  instance: "cke.instance",
  incarnation: "cke.incarnation",
  /** The directory below which its data lies. */
  data: "cke.vm-data",
} as const;

export interface DomainMetadata {
  readonly labels: Readonly<Record<string, string>>;
  /** The definition that the guest follows: as it was started, with what was changed live. */
  readonly definition: VmDefinition;
  /** Targets of the disks by name, the seed's too. */
  readonly targets: ReadonlyMap<string, string>;
  readonly acceleration: string;
}

/** For a domain's definition. */
export function metadataXml(metadata: DomainMetadata): XmlElement {
  return metadataElement(metadata, `${metadataKey}:`, { [`xmlns:${metadataKey}`]: metadataUri });
}

/** For Domains.setMetadata: without any namespace, because libvirt gives each element that of the call. */
export function metadataText(metadata: DomainMetadata): string {
  return renderXml(metadataElement(metadata, "", {})).trim();
}

function metadataElement(
  { labels, definition, targets, acceleration }: DomainMetadata,
  prefix: string,
  namespace: Readonly<Record<string, string>>,
): XmlElement {
  const namespaced = (name: string) => `${prefix}${name}`;
  return element(
    namespaced("vm"),
    { ...namespace, acceleration },
    ...Object.entries(labels)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => element(namespaced("label"), { name, value })),
    ...[...targets].map(([name, target]) => element(namespaced("disk"), { name, target })),
    element(namespaced("definition"), {}, Buffer.from(VmDefinition.encode(definition)).toString("base64")),
  );
}

const unescapes: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const unescapeXml = (text: string) =>
  text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-f]{1,6}));/gi, (whole, name, decimal, hex) => {
    if (name !== undefined) return unescapes[String(name).toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

/** Undefined for what is not of CKE, or not readable by this version. Reads what `metadataXml` writes, in libvirt's own layout. */
export function readMetadata(xml: string | undefined): DomainMetadata | undefined {
  if (xml === undefined || xml.length > 1_000_000) return undefined;
  const pairs = (name: string, key: string, value: string): [string, string][] =>
    [...xml.matchAll(new RegExp(`<(?:\\w+:)?${name}((?:\\s+[\\w:]+=(?:"[^"]*"|'[^']*'))*)\\s*/?>`, "g"))].map(
      ([, text = ""]) => [attribute(text, key), attribute(text, value)],
    );
  const labels = Object.fromEntries(pairs("label", "name", "value"));
  const targets = new Map(pairs("disk", "name", "target"));
  const [, encoded] = /<(?:\w+:)?definition>\s*([A-Za-z0-9+/=\s]*)<\/(?:\w+:)?definition>/.exec(xml) ?? [];
  if (encoded === undefined || labels[vmLabels.instance] === undefined) return undefined;
  const [, root = ""] = /<(?:\w+:)?vm((?:\s+[\w:]+=(?:"[^"]*"|'[^']*'))*)\s*>/.exec(xml) ?? [];
  try {
    const definition = VmDefinition.decode(Buffer.from(encoded, "base64"));
    return { labels, targets, definition, acceleration: attribute(root, "acceleration") };
  } catch {
    return undefined;
  }
}

function attribute(text: string, name: string): string {
  const [, double, single] = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)')`).exec(text) ?? [];
  return unescapeXml(double ?? single ?? "");
}

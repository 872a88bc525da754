// What CommandInfo.uris ask for, decided before anything is fetched. Pure. Facts: recording fetcher.json: identical URIs
// are fetched once, a query string stays in the file name, `executable` wins over `extract`.
import { normalize } from "node:path";
import { CkeError } from "@cke/foundation";
import type { URI } from "@cke/mesos";

export interface FetchItem {
  readonly uri: string;
  /** Path inside the sandbox, without a leading slash; ends in a slash when the URI names no file. */
  readonly outputFile: string;
  readonly extract: boolean;
  readonly executable: boolean;
  readonly cache: boolean;
}

/** Throws CkeError `output_file_outside_sandbox`. Apache Mesos refuses only absolute paths; `..` is refused here too. */
export function planFetch(uris: readonly URI[]): FetchItem[] {
  const items = new Map<string, FetchItem>();
  for (const uri of uris) {
    const item = {
      uri: uri.value,
      outputFile: uri.output_file ?? baseName(uri.value),
      executable: uri.executable ?? false,
      extract: (uri.extract ?? true) && uri.executable !== true,
      cache: uri.cache ?? false,
    };
    if (uri.output_file !== undefined && !isInside(uri.output_file)) {
      throw new CkeError("output_file_outside_sandbox", "URI output file must be within the sandbox directory");
    }
    items.set(JSON.stringify(item), item);
  }
  return [...items.values()];
}

/** The part after the last slash, query included. */
export function baseName(uri: string): string {
  return uri.slice(uri.lastIndexOf("/") + 1);
}

function isInside(path: string): boolean {
  const clean = normalize(path);
  return path !== "" && !path.startsWith("/") && clean !== ".." && !clean.startsWith("../") && !path.includes("\0");
}

export type ArchiveKind = "tar" | "tar.gz" | "tar.bz2" | "tar.xz" | "zip" | "gz";

const archiveKinds: readonly (readonly [RegExp, ArchiveKind])[] = [
  [/\.(tar\.gz|tgz)$/, "tar.gz"],
  [/\.(tar\.bz2|tbz2)$/, "tar.bz2"],
  [/\.(tar\.xz|txz)$/, "tar.xz"],
  [/\.tar$/, "tar"],
  [/\.zip$/, "zip"],
  [/\.gz$/, "gz"],
];

/** What the extension of a file name says; undefined when it is no archive. */
export function archiveKind(name: string): ArchiveKind | undefined {
  return archiveKinds.find(([pattern]) => pattern.test(name))?.[1];
}

type UriKind =
  | { readonly kind: "http"; readonly url: URL }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "refused"; readonly problem: string };

/** How a URI is fetched. */
export function uriKind(uri: string): UriKind {
  if (/^https?:\/\//i.test(uri)) {
    const url = URL.parse(uri);
    return url === null ? { kind: "refused", problem: "Malformed URI" } : { kind: "http", url };
  }
  if (uri.startsWith("file://")) {
    const path = uri.replace(/^file:\/\/(localhost)?/, "");
    if (path.startsWith("/")) return { kind: "file", path };
    return { kind: "refused", problem: "File URI only supports absolute paths" };
  }
  if (uri.startsWith("/")) return { kind: "file", path: uri };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1];
  if (scheme !== undefined) return { kind: "refused", problem: `URI scheme '${scheme}' is not supported` };
  const problem =
    "A relative path was passed for the resource but the Mesos framework home was not specified. " +
    "Please either provide this config option or avoid using a relative path";
  return { kind: "refused", problem };
}

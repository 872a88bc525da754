// Version of this build. `pnpm dist` puts the build's content hash in; a checkout that runs from source says "source".

declare const CKE_BUILD: string | undefined;

export const version = "0.1.0";
/** First 12 hex digits of the bundle's SHA-256, or "source". */
export const build: string = typeof CKE_BUILD === "string" ? CKE_BUILD : "source";

/** What `-version` prints: `cke-wrapper 0.1.0 (build 3f2a…)`. */
export function versionLine(program: string): string {
  return `${program} ${version} (build ${build})`;
}

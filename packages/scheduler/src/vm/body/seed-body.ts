// cloud-init in bodies: what is made into a NoCloud seed disk. What is secret of it leaves here as a secret, and nothing else keeps it.
import { parseDocument } from "yaml";
import { z } from "zod";
import type { SeedSpec } from "./vm-spec.ts";

/** More does not fit into what executors are sent. */
const mostCharacters = 128 * 1024;

const isMapping = (text: string) => {
  const document = parseDocument(text, { logLevel: "silent" });
  if (document.errors.length > 0) return false;
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  return typeof value === "object" && value !== null && !Array.isArray(value);
};
/** The first lines that cloud-init knows beside that of YAML. */
const otherStarts = [
  "#!",
  "#include",
  "#cloud-boothook",
  "#part-handler",
  "#upstart-job",
  "## template: jinja",
  "content-type: multipart",
  "mime-version:",
];
const isUserData = (text: string) => {
  const start = text.trimStart().toLowerCase();
  return start.startsWith("#cloud-config") ? isMapping(text) : otherStarts.some((one) => start.startsWith(one));
};

const line = (words: string) => z.string().regex(/^[^\r\n\p{C}]*$/u, words);
const sshKey = z
  .string()
  .transform((text) => text.trim())
  .refine(
    (text) => text.length <= 16_384 && /^(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]{16,}(?: [^\r\n]*)?$/.test(text),
    'a public key in one line, like "ssh-ed25519 AAAA… name"',
  );

export const seedBody = z.object({
  hostname: z
    .string()
    .regex(/^[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*$/, "a host name")
    .max(253, "at most 253 characters")
    .optional(),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "a user name: lower-case letters, digits, _ and -")
    .optional(),
  password: line("a text of one line").min(1).max(512, "at most 512 characters").optional(),
  sshKeys: z
    .union([sshKey.transform((key) => [key]), z.array(sshKey).max(64)], "a public key, or a list of them")
    .default([]),
  userData: z
    .string()
    .max(mostCharacters, `at most ${mostCharacters} characters`)
    .refine(isUserData, "user data of cloud-init: #cloud-config with YAML, or a script with #!")
    .optional(),
  networkConfig: z
    .string()
    .max(mostCharacters, `at most ${mostCharacters} characters`)
    .refine(isMapping, "a network configuration of cloud-init: YAML with a mapping")
    .optional(),
});
export type SeedBody = z.infer<typeof seedBody>;

/** The fields that are secret, and what executors ask for them by. */
export const seedSecretFields = [
  ["password", "password"],
  ["userData", "user-data"],
  ["networkConfig", "network-config"],
] as const satisfies readonly (readonly [keyof SeedBody, string])[];

/** `defaultHostname`: of a body without one. */
export function seedSpec(body: SeedBody, defaultHostname: string): SeedSpec {
  return {
    hostname: body.hostname ?? defaultHostname,
    user: body.user ?? "",
    sshKeys: body.sshKeys,
    password: body.password !== undefined,
    userData: body.userData !== undefined,
    networkConfig: body.networkConfig !== undefined,
    secretsVersion: 0,
  };
}

/** The secrets of a seed by name, as executors ask for them. `hash`: makes a password's hash. */
export function seedSecrets(body: SeedBody, hash: (password: string) => string): ReadonlyMap<string, string> {
  return new Map(
    seedSecretFields.flatMap(([field, name]) => {
      const value = body[field];
      return value === undefined ? [] : [[name, field === "password" ? hash(value) : value] as const];
    }),
  );
}

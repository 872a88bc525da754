// The seed of a VM after a PATCH or a PUT. `…/json` prints no secrets, so those that a body does not name stay; null removes one. Pure.
import { isPassword } from "../body/password.ts";
import { seedSecretFields } from "../body/seed-body.ts";
import type { SeedSpec, VmSpec } from "../body/vm-spec.ts";

export interface NextSeed {
  readonly seed: SeedSpec | undefined;
  /** All that the VM has from now on. Undefined: they stay as they are. */
  readonly secrets: ReadonlyMap<string, string> | undefined;
  /** It is kept without a seed too: one that is added again must not be taken for the one that was removed. */
  readonly secretsVersion: number;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const sameSecrets = (left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>) =>
  left.size === right.size && [...left].every(([name, value]) => right.get(name) === value);

/** `read`, `named`: the seed and the secrets of the body; `given`: its field cloudInit. */
export function nextSeed(
  read: SeedSpec | undefined,
  named: ReadonlyMap<string, string>,
  given: unknown,
  {
    spec,
    secrets,
  }: { readonly spec: Pick<VmSpec, "seed" | "secretsVersion">; readonly secrets: ReadonlyMap<string, string> },
): NextSeed {
  const version = Math.max(spec.secretsVersion, spec.seed?.secretsVersion ?? 0);
  if (read === undefined) return { seed: undefined, secrets: new Map(), secretsVersion: version };
  const fields = isObject(given) ? given : {};
  const next = new Map<string, string>();
  for (const [field, name] of seedSecretFields) {
    const before = secrets.get(name);
    const own = named.get(name);
    // The hash of the same password has another salt each time.
    const isSame = field === "password" && before !== undefined && isPassword(fields[field], before);
    const value = own === undefined ? (fields[field] === undefined ? before : undefined) : isSame ? before : own;
    if (value !== undefined) next.set(name, value);
  }
  const has = Object.fromEntries(seedSecretFields.map(([field, name]) => [field, next.has(name)]));
  const same = sameSecrets(next, secrets);
  const secretsVersion = same ? version : version + 1;
  return { seed: { ...read, ...has, secretsVersion }, secrets: same ? undefined : next, secretsVersion };
}

/** Which of its secrets a VM keeps, and when a changed seed counts, in words. `hasBooted`: its guest has run once. */
export function seedWords({ seed }: Pick<VmSpec, "seed">, hasBooted: boolean): string {
  if (seed === undefined) return "cloudInit: the VM has no seed from its next start on, and no secrets are kept";
  const kept = seedSecretFields.flatMap(([field]) => (seed[field] ? [field] : []));
  const secrets = kept.length === 0 ? "the seed has no secrets" : `the seed has ${kept.join(", ")}`;
  const when = hasBooted
    ? "it is written anew with the next start, and cloud-init takes most of it at the first boot of a guest only: in one that has booted, change users, passwords and keys there, or let cloud-init begin anew (cloud-init clean)"
    : "cloud-init takes it at the guest's first boot";
  return `cloudInit: ${secrets}; ${when}`;
}

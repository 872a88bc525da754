// The contents of stores that earlier commits of CKE wrote, for the tests of migrations.
import { readFileSync } from "node:fs";
import { z } from "zod";

const fixture = z.object({ store: z.array(z.object({ key: z.string(), value: z.unknown() })) });

function entriesOf(file: string): ReadonlyMap<string, unknown> {
  const url = new URL(`../../../framework/tests/fixtures/${file}`, import.meta.url);
  return new Map(fixture.parse(JSON.parse(readFileSync(url, "utf8"))).store.map(({ key, value }) => [key, value]));
}

/** Clusters that run, wait, fail and are being deleted; reservations. */
export const storeOf28ee906 = () => entriesOf("store-28ee906.json");
/** A moved worker with its superseded launch, a pod, a stopped cluster, a pause and a skip, a removal that is still to be done. */
export const storeOf4831b99 = () => entriesOf("store-4831b99.json");

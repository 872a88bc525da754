// What a host takes of a definition that another host has made, before its libvirt gets it.
import { CkeError } from "@cke/foundation";
import type { VmDefinition, VmTask } from "@cke/protocol";
import type { VmHost } from "../host/vm-host.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import { cookieStrangeness, strangeness } from "./definition-text.ts";
import { cannotMoveCode } from "./migration-messages.ts";

interface TakingParts {
  readonly host: Pick<VmHost, "firmware">;
  readonly place: VmPlace;
  readonly machine: { readonly domainName: string };
  readonly task: VmTask;
}

/** Resolves to what the VM is by its scheduler. Throws CkeError `cannot_move_live`: the guest is not taken. */
export async function takenDefinition(
  { xml, cookie }: { readonly xml?: string; readonly cookie: Uint8Array },
  { host, place, machine, task: { definition, uuid } }: TakingParts,
): Promise<VmDefinition> {
  if (definition === undefined) throw new CkeError(cannotMoveCode, "the new host does not know the VM's definition");
  const firmware = await host.firmware(definition);
  const files = [...definition.disks.map(({ path }) => path), firmware?.code ?? "", firmware?.template ?? ""];
  const own = {
    directories: [place.directory, place.runDirectory],
    files: files.filter((path) => path !== ""),
    name: machine.domainName,
    uuid,
  };
  const strange = (xml === undefined ? undefined : strangeness(xml, own)) ?? cookieStrangeness(cookie, own);
  if (strange === undefined) return definition;
  throw new CkeError(cannotMoveCode, `its definition is not taken there: ${strange}`);
}

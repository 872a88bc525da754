// The errors with which requests about virtual machines are refused, each with its HTTP status.
import { CkeError } from "@cke/foundation";

export class VmNotFoundError extends CkeError {
  constructor(name: string) {
    super("vm_not_found", `there is no VM "${name}"`, { status: 404 });
  }
}

export class VmExistsError extends CkeError {
  constructor(name: string, why = "exists already") {
    super("vm_exists", `VM "${name}" ${why}`, { status: 409 });
  }
}

export class SnapshotNotFoundError extends CkeError {
  /** `why`: to follow the snapshot. */
  constructor(vm: string, snapshot: string, why: string) {
    super("snapshot_not_found", `VM "${vm}" has no snapshot "${snapshot}": ${why}`, { status: 404 });
  }
}

/** 409: the request is not possible for a VM that is being deleted. */
export class VmDeletingError extends CkeError {
  constructor(name: string) {
    super("vm_deleting", `VM "${name}" is being deleted`, { status: 409 });
  }
}

/** 409: it is not possible in the state in which the VM is now. */
export class VmStateError extends CkeError {
  constructor(name: string, why: string) {
    super("vm_state", `VM "${name}" ${why}`, { status: 409 });
  }
}

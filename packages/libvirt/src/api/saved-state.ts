// A guest's memory and devices in a file: save, restore, and the managed save that the next start takes up.
import type { CallOptions } from "./call.ts";
import type { DomainRef } from "./domain.ts";

export interface SaveOptions extends CallOptions {
  /** Another definition in the file than the running one. */
  readonly xml?: string;
  /** Without the host's page cache. */
  readonly bypassCache?: boolean;
  /** State of the guest after it is restored; without a word, that of now. */
  readonly afterwards?: "running" | "paused";
}

export interface SavedState {
  /** virDomainSaveFlags, since 0.9.4. The guest ends. `path` is absolute, on the daemon's host. */
  save(domain: DomainRef, path: string, options?: SaveOptions): Promise<void>;
  /** virDomainRestoreFlags, since 0.9.4. The domain must not run. */
  restore(path: string, options?: SaveOptions): Promise<void>;
  /** virDomainSaveImageGetXMLDesc, since 0.9.4: the definition in a file. */
  xml(path: string, options?: CallOptions): Promise<string>;
  /** virDomainManagedSave, since 0.8.0. The guest ends; `Domains.start` takes its state up again. */
  managedSave(domain: DomainRef, options?: Omit<SaveOptions, "xml">): Promise<void>;
  /** virDomainHasManagedSaveImage, since 0.8.0. */
  hasManagedSave(domain: DomainRef, options?: CallOptions): Promise<boolean>;
  /** virDomainManagedSaveRemove, since 0.8.0. */
  removeManagedSave(domain: DomainRef, options?: CallOptions): Promise<void>;
  /** virDomainCoreDumpWithFormat, since 1.2.3. `memoryOnly` writes an ELF file that crash and gdb read. */
  dump(
    domain: DomainRef,
    path: string,
    options?: CallOptions & { readonly memoryOnly?: boolean; readonly live?: boolean },
  ): Promise<void>;
}

// The storage flags as the store wants them.
import type { StorageOptions } from "../store/storage/open-storage.ts";
import type { Flags } from "./flags.ts";

export function storageOptions(flags: Flags): StorageOptions {
  return {
    type: flags.storage_type,
    servers: flags.storage_servers,
    name: flags.name,
    prefix: flags.storage_prefix,
    leaderTtl: flags.leader_ttl,
    caFile: flags.storage_ca_file,
    certFile: flags.storage_cert_file,
    keyFile: flags.storage_key_file,
    user: flags.storage_user,
    passwordFile: flags.storage_password_file,
  };
}

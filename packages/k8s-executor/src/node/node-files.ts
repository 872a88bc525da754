// The files that a node must have before its first process starts. Pure.
import type { KubeNodeTask } from "@cke/protocol";
import type { PutFile } from "../wrapper/wrapper-client.ts";

/** The node's own files and the registry's certificate, where the node's dockerd looks for it. */
export function plainFiles(task: KubeNodeTask): readonly PutFile[] {
  const files = task.files.map(({ path, mode, content }) => ({ path, mode: mode === 0 ? 0o644 : mode, content }));
  if (task.registryDomain === "" || task.registryCertificate.length === 0) return files;
  const path = `/etc/docker/certs.d/${task.registryDomain}/ca.crt`;
  return [...files, { path, mode: 0o644, content: task.registryCertificate }];
}

export function secretNames(task: KubeNodeTask): readonly string[] {
  return [...new Set(task.secrets.map(({ name }) => name))];
}

/** Secrets are for root only. */
export function secretFiles(task: KubeNodeTask, secrets: ReadonlyMap<string, Uint8Array>): readonly PutFile[] {
  return task.secrets.flatMap(({ name, path }) => {
    const content = secrets.get(name);
    return content === undefined ? [] : [{ path, mode: 0o600, content }];
  });
}

// Docker's words → one clear sentence, Docker's words, and what to do. Pure; the table was made from the answers of real
// engines (docker-failure.test.ts holds them).
import { CkeError, messageOf } from "@cke/foundation";
import { buildCommand, isLocalImage } from "@cke/protocol";
import { EngineError } from "../docker/engine.ts";
import type { LaunchStep } from "../reports/launch-step.ts";
import { NodeFailure } from "../reports/node-failure.ts";

/** What the failed step was about, for the sentence. */
export interface FailureSubject {
  readonly step: LaunchStep;
  readonly image: string;
  readonly network: string;
  readonly ip: string;
  readonly container: string;
  /** Which container or gateway has the address, like "container x"; absent when that is not known. */
  readonly holder?: string | undefined;
}

interface Rule {
  readonly code: string;
  readonly when: (error: EngineError, subject: FailureSubject) => boolean;
  readonly say: (subject: FailureSubject) => string;
  readonly advice: (subject: FailureSubject) => string;
  readonly retryable: boolean;
  /** True when the words are CKE's own and not the engine's. */
  readonly ownWords?: boolean;
}

const says =
  (pattern: RegExp) =>
  (error: EngineError): boolean =>
    pattern.test(error.message);

const unreachableCodes = new Set([
  "ECONNREFUSED",
  "ENOENT",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENOTFOUND",
]);

const rules: readonly Rule[] = [
  {
    code: "docker_permission",
    when: (error) => error.status === 0 && error.code === "EACCES",
    say: () => "the Docker engine may not be used by this executor",
    advice: () => "run the Mesos agent as root or put its user into the docker group",
    retryable: false,
  },
  {
    code: "docker_down",
    when: (error) => error.status === 0 && unreachableCodes.has(error.code),
    say: () => "the Docker engine does not answer",
    advice: () => "start it on this host (systemctl start docker), or set DOCKER_HOST for the agent",
    retryable: true,
  },
  {
    code: "disk_full",
    when: says(/no space left on device|disk quota exceeded/i),
    say: () => "the host has no space left for Docker",
    advice: () => "free space on the file system of Docker's data root (docker system df)",
    retryable: true,
  },
  {
    code: "image_denied",
    when: (error, { step }) =>
      step === "image" && says(/pull access denied|denied:|unauthorized|authentication required|no basic auth/i)(error),
    say: ({ image }) => `image ${image} is not on this host and the registry refuses it`,
    advice: () => "check the image's name in cke.conf and -k8s_image_path, and log this host in to the registry",
    retryable: false,
  },
  {
    code: "image_missing",
    when: (error, { step }) =>
      says(/no such image|manifest unknown|manifest for .* not found|not found: manifest|repository .* not found/i)(
        error,
      ) ||
      (step === "image" && error.status === 404),
    say: ({ image }) =>
      isLocalImage(image)
        ? `image ${image} is not on this host, and a local image is pulled from nowhere`
        : `image ${image} is neither on this host nor in its registry`,
    advice: ({ image }) =>
      isLocalImage(image)
        ? localImageAdvice(image)
        : "check the image's name in cke.conf and -k8s_image_path, or load the image on this host",
    retryable: false,
  },
  {
    code: "pull_stalled",
    when: (error, { step }) => step === "image" && says(/^pull of .* made no progress for /)(error),
    say: ({ image }) => `image ${image} stopped coming from its registry`,
    advice: () => "look at the registry and at this host's way to it; the pull is tried again by itself",
    retryable: true,
    ownWords: true,
  },
  {
    code: "registry_unreachable",
    when: (_error, { step }) => step === "image",
    say: ({ image }) => `image ${image} cannot be pulled`,
    advice: () =>
      "check that this host reaches the registry and trusts its certificate, or load the image on this host",
    retryable: true,
  },
  {
    code: "network_missing",
    when: says(/network .* not found|could not find (a )?network|No such network/i),
    say: ({ network }) => `Docker network ${network} does not exist on this host`,
    advice: ({ network }) => `create it (docker network create --subnet <subnet> ${network}) or name another network`,
    retryable: false,
  },
  {
    code: "port_taken",
    when: says(
      /port is already allocated|bind: address already in use|failed to bind (host )?port|bind for .* failed/i,
    ),
    say: () => "a published port is taken on this host",
    advice: () => "choose another ingress port, or end what listens on it (ss -lntp)",
    retryable: true,
  },
  {
    code: "address_in_use",
    when: says(/address already in use|address .* (is )?(already )?(in use|allocated)/i),
    say: ({ ip, network, holder }) =>
      `address ${ip} of network ${network} is in use${holder === undefined ? "" : ` by ${holder}`}`,
    advice: ({ network }) =>
      `give the node another node_ip, or remove what holds it (docker network inspect ${network})`,
    retryable: true,
  },
  {
    code: "address_outside",
    when: says(
      /no configured subnet .*contain|invalid IPv[46] address|Invalid address .*: It does not belong|not (within|in) .*subnet|does not belong to any of this network/i,
    ),
    say: ({ ip, network }) => `address ${ip} is not in a subnet of network ${network}`,
    advice: ({ network }) => `give the node a node_ip of that network (docker network inspect ${network})`,
    retryable: false,
  },
  {
    code: "static_address_unsupported",
    when: says(/user specified IP address is supported/i),
    say: ({ ip, network }) => `network ${network} cannot give the fixed address ${ip}`,
    advice: () => "use a user-defined network that was created with --subnet",
    retryable: false,
  },
  {
    code: "name_taken",
    when: says(/name .* is already in use by container|Conflict\. The container name/i),
    say: ({ container }) => `a container that is not this node's is already called ${container}`,
    advice: ({ container }) => `remove or rename it (docker rm ${container}) or name the cluster differently`,
    retryable: false,
  },
  {
    code: "container_removed",
    when: says(/No such container/i),
    say: () => "somebody removed the container while it was made",
    advice: () => "it was not CKE (docker rm)",
    retryable: true,
  },
  {
    code: "mount_failed",
    when: says(/invalid mount config|bind source path does not exist|error mounting|failed to mount/i),
    say: () => "a directory cannot be mounted into the node",
    advice: () => "check the volumes of the node, -k8s_docker_path and -k8s_lxcfs on this host",
    retryable: false,
  },
  {
    code: "image_unsuitable",
    when: says(/unable to start container process: exec:|no command specified/i),
    say: ({ image }) => `image ${image} is not a KubeNode image: its first program cannot be started`,
    advice: () => "name an image that was built from images/kube-node",
    retryable: false,
  },
  {
    code: "privileges_missing",
    when: says(/unable to apply caps/i),
    say: () => "the Docker engine may not give the node the privileges that a Kubernetes node needs",
    advice: () => "run Docker with all capabilities, not inside a restricted container",
    retryable: false,
  },
];

function localImageAdvice(image: string): string {
  return `build it here (${buildCommand(image)}), or load it (docker load), or name a registry that has it (-k8s_image_path)`;
}

const steps: Readonly<Record<LaunchStep, string>> = {
  engine: "the Docker engine cannot be used",
  image: "the image cannot be provided",
  network: "the network cannot be used",
  container: "the container cannot be created",
  wrapper: "the wrapper in the container does not answer",
  secrets: "the secrets did not arrive",
  files: "the node's files cannot be written",
};

/** The failure of a launch step in words. A CkeError passes unchanged, because its words are CKE's own. */
export function dockerFailure(thrown: unknown, subject: FailureSubject): CkeError {
  if (thrown instanceof CkeError) return thrown;
  if (!(thrown instanceof EngineError)) {
    return new NodeFailure("launch_failed", `${steps[subject.step]}: ${messageOf(thrown)}`, { cause: thrown });
  }
  const rule = rules.find((candidate) => candidate.when(thrown, subject));
  const words = `Docker: ${thrown.message.trim()}`;
  if (rule === undefined) {
    const retryable = thrown.status >= 500;
    return new NodeFailure("docker_failed", steps[subject.step], { words, retryable, cause: thrown });
  }
  const { code, retryable, ownWords = false } = rule;
  return new NodeFailure(code, rule.say(subject), {
    advice: rule.advice(subject),
    words: ownWords ? thrown.message : words,
    retryable,
    cause: thrown,
  });
}

/** True for the error of an engine that cannot give all privileges. */
export function lacksPrivilege(thrown: unknown): boolean {
  return thrown instanceof EngineError && /unable to apply caps: operation not permitted/i.test(thrown.message);
}

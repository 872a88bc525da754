// Which deployment `make up` is about: its name, where its files are, and its port. A machine may have several beside each other.
import { homedir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

export interface Deployment {
  /** Name of its cluster, and a part of the names of all that it has on this host. */
  readonly name: string;
  /** Its files; `make down` removes all of them. */
  readonly state: string;
  /** The port that was asked for; undefined: the one that it has had, or the default. */
  readonly port: number | undefined;
}

export const defaultName = "example";
export const defaultPort = 8512;

/**
 * The deployment that an environment chooses: `CKE_UP_NAME` (default: example), `CKE_UP_PORT` and `XDG_STATE_HOME`. Throws for what is
 * no name or no port. Pure but for the home directory.
 */
export function chosenDeployment(environment: Environment): Deployment {
  const name = environment.CKE_UP_NAME || defaultName;
  // The name is a part of names of containers, networks and network interfaces.
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(name) || name.endsWith("-"))
    throw new Error(
      `CKE_UP_NAME must be 1 to 30 lower-case letters, digits and "-", with a letter first and no "-" last; given is "${name}"`,
    );
  const home = environment.XDG_STATE_HOME || join(homedir(), ".local/state");
  const state = join(home, "cke", name === defaultName ? "up" : `up-${name}`);
  return { name, state, port: portOf(environment.CKE_UP_PORT ?? "") };
}

function portOf(text: string): number | undefined {
  if (text === "") return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Error(`CKE_UP_PORT must be a port from 1 to 65535; given is "${text}"`);
  return port;
}

/** The command of a deployment, with its name where it is not the default one: "CKE_UP_NAME=second make down". Pure. */
export const makeCommand = (name: string, word: string) =>
  `${name === defaultName ? "" : `CKE_UP_NAME=${name} `}make ${word}`;

/** The text of `make status` where this deployment is not up. Pure. */
export const notUpWords = (name: string) =>
  name === defaultName
    ? "not up (make up); a deployment with a name is shown by CKE_UP_NAME=<name> make status"
    : `${name} is not up (${makeCommand(name, "up")}); others are shown by their names (CKE_UP_NAME), ${defaultName} without one`;

/** The words in which another deployment is asked for. */
const anotherOne = (name: string, port: number) => `CKE_UP_NAME=${name} CKE_UP_PORT=${port} make up`;

/**
 * Why this checkout must leave a deployment alone, with what to do; "" when it need not. `owner`: directory of the checkout whose
 * `make up` made it; undefined: nobody knows, or there is none. One whose directory is gone owns nothing any more. Pure.
 */
export function foreignWords(name: string, owner: string | undefined, checkout: string, ownerIsThere: boolean): string {
  if (owner === undefined || owner === checkout || !ownerIsThere) return "";
  return `${name} is of make up in ${owner}: run make there. For one of its own beside it, this checkout takes another name and port: ${anotherOne(`${name.slice(0, 28)}-2`, defaultPort + 1)}`;
}

/** The text when the port is taken by something that is not the scheduler of the deployment. Pure. */
export const takenWords = (port: number) =>
  `port ${port} of 127.0.0.1 is taken by something that is not the scheduler of this make up: end that, or take another port: CKE_UP_PORT=${port === 65_535 ? port - 1 : port + 1} make up`;
